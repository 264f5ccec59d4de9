"""`idp policy explain`: what the rules say of a login, and how they came to say it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import click

from idp.assurance import factor
from idp.authenticators.table import open_authenticators
from idp.cli import explanation
from idp.cli.context import Opened, find_user, in_tenant
from idp.cli.show import json_option, show_json
from idp.config.mistake import suggest
from idp.config.rule_names import OWN_SERVICES
from idp.countries import open_countries
from idp.flow import exposure
from idp.flow.gathering import counted, looked_at
from idp.policy import Attempt, Given
from idp.policy.explain import explain
from storage import Transaction
from storage.records import User

Address = IPv4Address | IPv6Address

PORTAL = "portal"
KNOWN, CERTIFICATE = "known", "certificate"


class IPAddress(click.ParamType[Address]):
    """An address, IPv4 or IPv6."""

    name = "IP"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Address:
        try:
            return ip_address(str(value))
        except ValueError:
            self.fail(f"{value} is no IP address", param, ctx)


class Proof(click.ParamType[tuple[str, int]]):
    """An authenticator, and how many seconds ago it was passed: `matrix` or `matrix=3600`."""

    name = "NAME[=SECONDS]"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, int]:
        name, _, age = str(value).partition("=")
        if age and not age.isdecimal():
            self.fail("must be a name, or a name and seconds, for example matrix=3600", param, ctx)
        return name, int(age or 0)


@click.command("explain")
@click.option("--user", "-u", required=True, metavar="U", help="Who signs in.")
@click.option("--service", "-s", required=True, metavar="S", help="Where; portal for our own pages.")
@click.option("--address", "-a", type=IPAddress(), required=True, help="From where.")
@click.option(
    "--at", metavar="TIME", help="When, by the tenant's clocks: 2027-01-31 09:00. Now, if not given."
)
@click.option("--protocol", metavar="P", help="By which door, where the service has several.")
@click.option(
    "--device",
    "devices",
    multiple=True,
    metavar="D",
    help="known: the browser; certificate: it shows one; or the AAGUID of a passkey. More than once.",
)
@click.option("--proof", "proofs", multiple=True, type=Proof(), help="What the session has proven.")
@json_option
@in_tenant
async def explain_(
    opened: Opened,
    /,
    user: str,
    service: str,
    address: Address,
    at: str | None,
    protocol: str | None,
    devices: tuple[str, ...],
    proofs: tuple[tuple[str, int], ...],
    as_json: bool,
) -> None:
    """Show which rules are tried, which condition fails on what, and what follows. Nothing is written."""
    door = protocol or _door(opened, service)
    moment = _moment(at, opened)
    given = await _given(opened, proofs, devices)
    async with opened.snapshot() as tx:
        found = await find_user(tx, user, opened.tenant.settings.domains)
        attempt = Attempt(door, service, address, moment, found, given)
        attempt = await _gather(opened, tx, attempt, found, devices)
    explained = explain(opened.tenant.rules, attempt)
    if as_json:
        show_json(explanation.row(opened, attempt, explained))
    else:
        for line in explanation.lines(opened, attempt, explained):
            click.echo(line)


def _door(opened: Opened, service: str) -> str:
    doors = opened.doors
    if service in doors:
        return doors[service]
    if service in OWN_SERVICES:
        return PORTAL
    known = suggest(service, {*doors, *OWN_SERVICES})
    raise click.ClickException(f"no service is called {service}, {known}")


def _moment(at: str | None, opened: Opened) -> int:
    if at is None:
        return opened.now
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        raise click.BadParameter("must be a time such as 2027-01-31 09:00", param_hint="--at") from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=ZoneInfo(opened.tenant.settings.time_zone))
    return int(moment.timestamp())


async def _given(
    opened: Opened, proofs: Sequence[tuple[str, int]], devices: Collection[str]
) -> tuple[Given, ...]:
    """The proofs as rules see them; a model of a passkey goes with one of it."""
    models = [_model(each) for each in devices if each not in (KNOWN, CERTIFICATE)]
    names = dict(proofs) | ({"passkey": dict(proofs).get("passkey", 0)} if models else {})
    sections = opened.tenant.authenticators
    for name in names:
        if name not in sections:
            raise click.ClickException(f"no authenticator is called {name}, {suggest(name, sections)}")
    if not names:
        return ()
    known = open_authenticators({name: sections[name] for name in names}, await opened.vault())
    model = {"passkey": models[0]} if models else {}
    return tuple(Given(name, age, factor(known[name]), model.get(name, "")) for name, age in names.items())


def _model(text: str) -> str:
    try:
        return str(UUID(text))
    except ValueError:
        words = f"{text} is neither {KNOWN} nor {CERTIFICATE}, nor the AAGUID of a passkey"
        raise click.BadParameter(words, param_hint="--device") from None


async def _gather(
    opened: Opened, tx: Transaction, attempt: Attempt, user: User, devices: Collection[str]
) -> Attempt:
    """What a login would find out, as far as the database knows it now."""
    needs = opened.tenant.rules.needs
    country_of = open_countries(opened.configuration.country_database)
    return Attempt(
        attempt.protocol,
        attempt.service,
        attempt.address,
        attempt.at,
        user,
        attempt.proofs,
        looked_at(user, needs.attributes),
        country_of(attempt.address),
        KNOWN in devices,
        CERTIFICATE in devices,
        await exposure.logins(tx, user),
        await counted(tx, attempt, needs.requests, user.login_name, opened.now, count=False),
    )

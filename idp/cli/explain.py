"""`idp policy explain`: what the rules say of a login, and how they came to say it."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any
from zoneinfo import ZoneInfo

import click

from idp.authenticators import Authenticator
from idp.authenticators.table import open_authenticators
from idp.cli import explanation
from idp.cli.chosen import choose
from idp.cli.context import Opened, find_user, in_tenant
from idp.cli.folder import read_configuration
from idp.cli.show import json_option, show_json
from idp.config.mistake import suggest
from idp.config.rule_names import OWN_DOORS, OWN_SERVICES
from idp.countries import open_countries
from idp.doors import names as door_names
from idp.flow import supposing
from idp.flow.supposing import Supposed, door_of
from idp.policy.explain import explain

Address = IPv4Address | IPv6Address

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
        try:
            return supposing.proof(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


@click.command("explain")
@click.option("--user", "-u", required=True, metavar="U", help="Who signs in.")
@click.option(
    "--service", "-s", required=True, metavar="S", help="Where; portal, account or console for our own pages."
)
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
@click.option("--files", is_flag=True, help="By the rules of the files, where a revision is in force.")
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
    files: bool,
    as_json: bool,
) -> None:
    """Show which rules are tried, which condition fails on what, and what follows. Nothing is written."""
    opened = _chosen(opened, files=files)
    supposed = Supposed(
        service,
        _named(protocol) if protocol else _door(opened, service),
        address,
        _moment(at, opened),
        dict(proofs),
        _model(devices),
        KNOWN in devices,
        CERTIFICATE in devices,
    )
    known, rules = await _authenticators(opened, supposed.given), opened.tenant.rules
    country_of = open_countries(opened.configuration.country_database)
    async with opened.snapshot() as tx:
        found = await find_user(tx, user, opened.tenant.settings.domains)
        attempt = await supposing.suppose(tx, found, supposed, rules, known, country_of, opened.now)
    explained = explain(rules, attempt)
    if as_json:
        show_json(explanation.row(opened, attempt, explained))
    else:
        for line in explanation.lines(opened, attempt, explained):
            click.echo(line)


def _chosen(opened: Opened, *, files: bool) -> Opened:
    """By the files, or by what is in force: then say that the files have other rules, which somebody may have meant."""
    if opened.configuration.home is None:
        return opened  # the files are in force
    try:
        configuration = read_configuration(opened.configuration.own_folder)
        edited = choose(configuration, opened.tenant.name)
    except click.ClickException:
        if files:
            raise
        return opened
    if files:
        return dataclasses.replace(opened, configuration=configuration, tenant=edited)
    if edited.rules != opened.tenant.rules:
        click.echo("The files have other rules than the revision in force: --files asks them.", err=True)
    return opened


def _door(opened: Opened, service: str) -> str:
    door = door_of(service, opened.doors)
    if door is None:
        known = suggest(service, {*opened.doors, *OWN_SERVICES})
        raise click.ClickException(f"no service is called {service}, {known}")
    return door


def _named(door: str) -> str:
    known = {*door_names(), *OWN_DOORS.values()}
    if door not in known:
        raise click.ClickException(f"no door is called {door}, {suggest(door, known)}")
    return door


def _moment(at: str | None, opened: Opened) -> int:
    if at is None:
        return opened.now
    try:
        return supposing.moment(at, ZoneInfo(opened.tenant.settings.time_zone))
    except (ValueError, OverflowError):
        raise click.BadParameter("must be a time such as 2027-01-31 09:00", param_hint="--at") from None


def _model(devices: Collection[str]) -> str:
    """Of a passkey, if the devices name one."""
    models = [each for each in devices if each not in (KNOWN, CERTIFICATE)]
    found = ""
    for each in reversed(models):
        try:
            found = supposing.model(each)
        except ValueError:
            words = f"{each} is neither {KNOWN} nor {CERTIFICATE}, nor the AAGUID of a passkey"
            raise click.BadParameter(words, param_hint="--device") from None
    return found


async def _authenticators(opened: Opened, names: Collection[str]) -> Mapping[str, Authenticator]:
    sections = opened.tenant.authenticators
    for name in names:
        if name not in sections:
            raise click.ClickException(f"no authenticator is called {name}, {suggest(name, sections)}")
    if not names:
        return {}
    return open_authenticators({name: sections[name] for name in names}, await opened.vault())

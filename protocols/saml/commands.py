"""`idp saml`: what this door lends to the command line; `preview` is here, `metadata` in its own room."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final

import click

from idp.authenticators.table import open_authenticators
from idp.cli.context import Opened, find_user, in_tenant
from idp.cli.noun import Noun
from idp.config.mistake import suggest
from idp.custody.certification import Certification
from idp.custody.derivation import find_key
from idp.flow.gathering import looked_at
from idp.policy import Attempt, Deny, Require
from idp.policy.decide import ready
from idp.policy.explain import explain
from keys.seal import Vault
from protocols.saml import authn_context, name_id
from protocols.saml.assertion import Envelope, encryption_certificate, success
from protocols.saml.entity import DOOR, Party, entity_id
from protocols.saml.errors import SAMLError
from protocols.saml.message import Statement
from protocols.saml.metadata.acceptance import in_force
from protocols.saml.metadata.commands import metadata
from protocols.saml.preview import Home, authenticated, foresee, warnings
from protocols.saml.server import build_assertion
from protocols.saml.settings import ServiceSettings, TenantSettings
from protocols.saml.statement import Teller
from protocols.saml.xml import indented
from storage import Transaction
from storage.records import User

Address = IPv4Address | IPv6Address

# A signed assertion is a login: what is printed must be over, for every clock.
WIRE_AGE_SECONDS: Final = 86400
NEVER_RAN: Final = "no server has run with this configuration yet: its keys are made at the first start"


def _address(context: click.Context, option: click.Parameter, given: str | None) -> Address:
    """Without one, the address that is in no network of the rules."""
    try:
        return ip_address(given) if given is not None else IPv4Address(0)
    except ValueError:
        raise click.BadParameter(f"{given} is no IP address", context, option) from None


@click.group(cls=Noun)
def saml() -> None:
    """SAML service providers: their metadata, and what they would be told."""


saml.add_command(metadata)


@saml.command()
@click.option("--service", "-s", required=True, metavar="S", help="The service that would be told.")
@click.option("--user", "-u", required=True, metavar="U", help="The user, by name.")
@click.option("--address", callback=_address, help="From where, for rules that look at networks.")
@click.option("--wire", is_flag=True, help="The response as it is sent, signed and encrypted; a day old.")
@in_tenant
async def preview(opened: Opened, service: str, user: str, address: Address, wire: bool) -> None:
    """Print the assertion that a service would be sent if USER signed in now. Nothing is written.

    The rule that decides, and what to see to, go to standard error. With --wire it is what nobody can sign in with,
    because it has expired.
    """
    settings = _settings(opened, service)
    async with opened.snapshot() as tx:
        party = await _party(opened, tx, service, settings)
        if not await tx.data_keys.list():  # to open the vault would make some
            raise click.ClickException(NEVER_RAN)
    vault = await opened.vault()
    async with opened.snapshot() as tx:
        found = await find_user(tx, user, opened.tenant.settings.domains)
        verdict = _verdict(opened, service, found, address)
        home = await _home(opened, tx, vault)
        now = opened.now - WIRE_AGE_SECONDS * wire
        try:
            said = await foresee(tx, home, party, authenticated(home, found, verdict, now), now)
        except SAMLError as error:
            raise click.ClickException(f"nothing would be sent: {error.words}") from None
        held = {each.authenticator for each in await tx.credentials.list(found.id)}
        for words in warnings(party, said, held, verdict):
            click.echo(f"warning: {_printable(words)}", err=True)
        text = await _wire(tx, vault, party, said) if wire else indented(build_assertion(said))
    click.echo(_printable(text))


def _settings(opened: Opened, service: str) -> ServiceSettings:
    services = {name: each for name, each in opened.tenant.services.items() if DOOR in each.doors}
    if service not in services:
        raise click.ClickException(
            f"no service with a saml section is called {service}, {suggest(service, services)}"
        )
    if not services[service].enabled:
        raise click.ClickException(f"nothing would be sent: {service} is disabled")
    settings: ServiceSettings = services[service].doors[DOOR]
    return settings


def _verdict(opened: Opened, service: str, user: User, address: Address) -> Require:
    """What the rules say, told in one line."""
    if user.disabled_at is not None:
        raise click.ClickException(f"nothing would be sent: {user.login_name} is disabled")
    rules = opened.tenant.rules
    about = looked_at(user, ready(rules).needs.attributes)
    explained = explain(rules, Attempt(DOOR, service, address, opened.now, user, attributes=about))
    verdict = explained.decision.verdict
    passed = [f"{each.rule} ({each.failed[0].condition})" for each in explained.tried if each.failed]
    why = f"; not {', '.join(passed)}" if passed else ""
    if isinstance(verdict, Deny):
        raise click.ClickException(f"nothing would be sent: rule {verdict.rule} denies{why}")
    asked = ", then ".join(verdict.authenticators) or "nothing more"
    click.echo(f"rule {verdict.rule} asks for {asked}{why}", err=True)
    return verdict


async def _home(opened: Opened, tx: Transaction, vault: Vault) -> Home:
    settings = opened.tenant.settings
    ours = TenantSettings.model_validate(getattr(settings, DOOR, None) or {})
    key = await find_key(tx, vault, name_id.KEY)
    if key is None:
        raise click.ClickException(NEVER_RAN)
    return Home(
        Teller(entity_id(ours, settings.base_url), authn_context.known(ours.authn_contexts)),
        key,
        open_authenticators(opened.tenant.authenticators, vault),
        settings.session.absolute_seconds,
    )


async def _party(opened: Opened, tx: Transaction, service: str, settings: ServiceSettings) -> Party:
    """The service by the metadata in force."""
    found = await tx.service_metadata.find(service)
    if found is None or not found.document:
        waits = f"see idp saml metadata diff {service}" if found and found.pending else ""
        hint = waits or f"idp saml metadata refresh {service}"
        raise click.ClickException(f"nothing would be sent: the metadata of {service} is not there, {hint}")
    if found.valid_until is not None and found.valid_until <= opened.now:
        ended = opened.time(found.valid_until)
        raise click.ClickException(f"nothing would be sent: the metadata of {service} expired {ended}")
    if found.pending:
        click.echo(
            f"warning: changed metadata wait for consent, see idp saml metadata diff {service}", err=True
        )
    return Party(service, settings, in_force(found))


async def _wire(tx: Transaction, vault: Vault, party: Party, said: Statement) -> str:
    """The response by the ring that signs now."""
    ring = await Certification(vault).load(tx)
    envelope = Envelope(said.issuer, said.recipient, said.in_response_to, said.issued_at)
    try:
        return success(envelope, party, ring, said, encryption_certificate(party)).decode()
    except SAMLError as error:
        raise click.ClickException(f"nothing would be sent: {error.words}") from None
    except LookupError:
        raise click.ClickException(NEVER_RAN) from None


def _printable(text: str) -> str:
    """The same XML; what users and services wrote must not steer the terminal of whoever reads it."""
    return "".join(c if c.isprintable() or c in "\n\t" else f"&#{ord(c)};" for c in text)

"""`idp saml metadata`: what services publish about themselves, and what of it is in force."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import click

from idp.cli.context import Opened, in_tenant
from idp.cli.noun import Noun
from idp.cli.show import json_option, show, show_json, show_record
from idp.config.mistake import suggest
from idp.web.outbound import Outbound
from protocols.saml.metadata import acceptance, difference
from protocols.saml.metadata.acceptance import Outcome
from protocols.saml.metadata.keeper import Keeper
from protocols.saml.settings import ServiceSettings, TenantSettings
from storage.service_metadata import PublishedMetadata

COLUMNS = ("service", "state", "entity_id", "source", "fetched_at", "ends", "failure")
RESULTS = {
    "unchanged": "unchanged, in force",
    "accepted": "in force",
    "waiting": "waits for your consent",
    "failed": "failed",
}


@click.group(cls=Noun)
def metadata() -> None:
    """What services publish about themselves: list, show, diff, accept, refresh."""


@metadata.command("list")
@json_option
@in_tenant
async def list_(opened: Opened, as_json: bool) -> None:
    """List services with metadata; what waits for consent, and what ends."""
    rows = [
        _row(opened, await _find(opened, name) or PublishedMetadata(name, settings.source))
        for name, settings in _services(opened).items()
    ]
    show(rows, COLUMNS, as_json=as_json)


@metadata.command("show")
@click.argument("name")
@json_option
@in_tenant
async def show_(opened: Opened, name: str, as_json: bool) -> None:
    """Show what is in force for a service: certificates, endpoints, flags."""
    found = await _one(opened, name)
    lines = difference.describe(acceptance.in_force(found)) if found.document else []
    if as_json:
        show_json({**_row(opened, found), "metadata": lines})
        return
    show_record(_row(opened, found), as_json=False)
    _echo(lines)


@metadata.command()
@click.argument("name")
@in_tenant
async def diff(opened: Opened, name: str) -> None:
    """Show how what waits for consent differs from what is in force."""
    found = await _one(opened, name)
    if not found.pending:
        click.echo(f"{name}: nothing waits")
        return
    _echo(map(str, difference.changes(acceptance.in_force(found), acceptance.pending(found))))


@metadata.command()
@click.argument("names", nargs=-1, metavar="NAME...")
@click.option("--all", "everything", is_flag=True, help="All that waits.")
@in_tenant
async def accept(opened: Opened, names: tuple[str, ...], everything: bool) -> None:
    """Agree to what waits; running servers take it over within seconds."""
    keeper = _keeper(opened)
    if everything:
        async with opened.snapshot() as tx:
            versions = (await tx.service_metadata.versions()).values()
        names = tuple(
            each.service for each in versions if each.pending_digest and each.service in keeper.services
        )
        if not names:
            click.echo("nothing waits")
    elif not names:
        raise click.UsageError("name a service, or --all; nothing is done otherwise")
    for name in names:
        _check_name(opened, name)
        outcome = await keeper.accept(name, opened.now)
        if outcome is None:
            raise click.ClickException(f"{name}: nothing waits")
        _tell(name, outcome)


@metadata.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@in_tenant
async def refresh(opened: Opened, names: tuple[str, ...]) -> None:
    """Look for metadata now, of these services or of all."""
    keeper = _keeper(opened)
    for name in names:
        _check_name(opened, name)
    wanted = list(dict.fromkeys(names or keeper.services))
    # A file that was taken just now would be called unchanged if it were looked at again.
    taken = await keeper.prepare(opened.now)
    looked = await keeper.refresh([name for name in wanted if name not in taken], opened.now)
    outcomes = {name: (taken if name in taken else looked)[name] for name in wanted}
    for name, outcome in outcomes.items():
        _tell(name, outcome)
    if any(outcome.result == "failed" for outcome in outcomes.values()):
        raise SystemExit(1)


def _tell(name: str, outcome: Outcome) -> None:
    reason = f": {outcome.metadata.failure}" if outcome.result == "failed" else ""
    waits = outcome.result == "unchanged" and outcome.metadata.pending
    click.echo(f"{name}: {RESULTS['waiting' if waits else outcome.result]}{reason}")
    _echo(map(str, outcome.changes))


def _echo(lines: Iterable[str]) -> None:
    for line in lines:
        click.echo("  " + "".join(c if c.isprintable() else "?" for c in line))


def _services(opened: Opened) -> dict[str, ServiceSettings]:
    sections = {name: service.doors.get("saml") for name, service in opened.tenant.services.items()}
    return {name: section for name, section in sections.items() if isinstance(section, ServiceSettings)}


def _keeper(opened: Opened) -> Keeper:
    settings = TenantSettings.model_validate(getattr(opened.tenant.settings, "saml", None) or {})
    outbound = Outbound(settings.outbound_allow, is_demo=opened.tenant.settings.demo)
    return Keeper(opened.tenant.name, opened.storage, _services(opened), settings, outbound)


def _check_name(opened: Opened, name: str) -> None:
    services = _services(opened)
    if name not in services:
        raise click.ClickException(
            f"no service with a saml section is called {name}, {suggest(name, services)}"
        )


async def _find(opened: Opened, name: str) -> PublishedMetadata | None:
    async with opened.snapshot() as tx:
        return await tx.service_metadata.find(name)


async def _one(opened: Opened, name: str) -> PublishedMetadata:
    _check_name(opened, name)
    found = await _find(opened, name)
    if found is None:
        raise click.ClickException(
            f"{name}: nobody has looked for its metadata yet, idp saml metadata refresh {name}"
        )
    return found


def _row(opened: Opened, found: PublishedMetadata) -> dict[str, Any]:
    def time(at: int | None) -> str | None:
        return opened.time(at) if at is not None else None

    return {
        "service": found.service,
        "state": _state(found, opened.now),
        "entity_id": found.entity_id,
        "source": found.source,
        "accepted_at": time(found.accepted_at),
        "fetched_at": time(found.fetched_at),
        "valid_until": time(found.valid_until),
        "ends": f"{found.ending} {time(found.ends_at)}" if found.ends_at is not None else None,
        "failure": found.failure,
    }


def _state(found: PublishedMetadata, now: int) -> str:
    if found.pending:
        return "waits for consent"
    if not found.document:
        return "none"
    return "expired" if found.valid_until is not None and found.valid_until <= now else "in force"

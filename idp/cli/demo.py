"""`idp demo`: how to log in to the demo tenant."""

from __future__ import annotations

import hashlib
from pathlib import Path

import click
import pyotp

from idp.authenticators.totp import TotpSettings
from idp.cli.chosen import choose
from idp.cli.folder import config_option, read_configuration
from idp.cli.noun import Noun
from idp.config.configuration import TenantConfiguration
from idp.config.people import DemoUser

tenant_option = click.option("--tenant", metavar="T", help="Needed where there are several.")


@click.group(cls=Noun)
def demo() -> None:
    """Help with the demo tenant: guide, code."""


@demo.command()
@config_option
@tenant_option
def guide(config: Path, tenant: str | None) -> None:
    """Print where to log in, and as whom."""
    chosen = _demo(config, tenant)
    listen = read_configuration(config).server.listen
    click.echo(f"Open {chosen.settings.base_url}/ and log in as one of these:\n")
    for person in chosen.people:
        click.echo(f"  {person.user}  ({', '.join(person.groups) or 'no group'})")
        for name, given in person.credentials.items():
            click.echo(f"    {name}: {_advice(name, person, given[next(iter(given))].reveal())}")
    click.echo("\nServices:\n")
    for service in chosen.services.values():
        if service.launch_url:
            click.echo(f"  {service.service}  {service.launch_url}")
    for address in listen.radius:
        for service in chosen.services.values():
            if (nas := service.doors.get("radius")) is not None:
                _radius(address, service.service, nas.secret.reveal(), chosen)


@demo.command()
@click.argument("name")
@config_option
@tenant_option
def code(name: str, config: Path, tenant: str | None) -> None:
    """Print the one-time code that the token of a demo user shows now."""
    chosen = _demo(config, tenant)
    given = next((person.credentials.get("totp") for person in chosen.people if person.user == name), None)
    settings = chosen.authenticators.get("totp")
    if given is None or not isinstance(settings, TotpSettings):
        raise click.ClickException(f"{name} has no token in this demo")
    totp = pyotp.TOTP(
        given["secret"].reveal(),
        digits=settings.digits,
        digest=getattr(hashlib, settings.algorithm.lower()),
        interval=settings.period_seconds,
    )
    click.echo(totp.now())


def _radius(address: str, service: str, secret: str, chosen: TenantConfiguration) -> None:
    """A line that asks as a NAS does; radclient comes with freeradius-utils."""
    click.echo(
        f"  {service}  RADIUS at {address}, secret {secret}; {chosen.settings.base_url}/webtoken shows a table"
    )
    asked = f"User-Name={chosen.people[0].user},User-Password=matrix,Message-Authenticator=0x00"
    click.echo(f"       echo '{asked}' | radclient -x {address} auth {secret}")


def _demo(config: Path, tenant: str | None) -> TenantConfiguration:
    chosen = choose(read_configuration(config), tenant)
    if not chosen.people:
        raise click.ClickException(f"tenant {chosen.name} is no demo")
    return chosen


def _advice(authenticator: str, person: DemoUser, secret: str) -> str:
    if authenticator == "matrix":
        return f"type the digits in the cells {secret}"
    if authenticator == "totp":
        return f"type what `idp demo code {person.user}` prints, or put {secret} into an app"
    return secret

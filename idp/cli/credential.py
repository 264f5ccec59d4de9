"""`idp credential`: what people prove themselves with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from idp.authenticators import Authenticator, Refused
from idp.authenticators.matrix import Matrix
from idp.authenticators.password import Password
from idp.authenticators.totp import Totp
from idp.cli.asking import ask, given_or_asked
from idp.cli.context import Change, Opened, in_tenant
from idp.cli.counted import counted
from idp.cli.issue import issue
from idp.cli.noun import Noun
from idp.cli.proof import called
from idp.cli.show import json_option, show
from idp.credentials import activation
from idp.custody.authority import note_revoked
from idp.logout.revocation import end_all
from idp.mail.queue import changed, post
from keys.secret import Secret

COLUMNS = ("authenticator", "name", "id", "created_at", "last_used_at")
# What an authenticator makes itself where nothing is given: it is never asked for.
MADE = frozenset(("secret",))


@click.group(cls=Noun)
def credential() -> None:
    """What people prove themselves with: set, issue, activate, list, reset."""


credential.add_command(issue)


@credential.command("set")
@click.argument("name")
@click.argument("authenticator")
@click.option("--pattern", metavar="CELLS", help='matrix: cells in order, for example "A1 F2 K3 L4 C2 G1".')
@click.option("--phrase", metavar="TEXT", help="matrix: typed beside the digits.")
@click.option("--secret", metavar="BASE32", help="totp: of a token that exists; otherwise one is made.")
@click.option("--pin", metavar="TEXT", help="totp: typed after the code.")
@click.option("--must-change", is_flag=True, help="password: for the next login only, then he chooses one.")
@in_tenant
async def set_(
    opened: Opened, /, name: str, authenticator: str, must_change: bool, **options: str | None
) -> None:
    """Give a user a credential in place of what he had for the same authenticator.

    A password, a pattern that is not given, and whatever is given as `-` is asked for, or read from standard input: a
    line for each. It stands in no history of a shell then.
    """
    prover = await opened.authenticator(authenticator)
    if must_change and not isinstance(prover, Password):
        raise click.UsageError(
            f"--must-change is for {Password.name}; for {Matrix.name}: idp credential issue"
        )
    given = _given(prover, options)
    letterbox = await opened.letterbox()
    async with opened.changing(name) as about:
        person = about.user
        try:
            fresh = prover.enrol(person, given, opened.now)
        except Refused as refused:
            raise click.ClickException(refused.words) from None
        if must_change and isinstance(prover, Password):
            fresh = prover.initial(fresh)
        replaced = await about.tx.credentials.delete(person.id, authenticator)
        await about.tx.credentials.add(fresh)
        must = {"must_change": True} if must_change else {}
        await about.record("credential.set", authenticator=authenticator, replaced=replaced, **must)
        if letterbox and replaced:
            await changed(about.tx, letterbox, called(authenticator), person, opened.now)
    click.echo(f"set {authenticator} of {person.login_name}")
    if isinstance(prover, Totp) and "secret" not in given:
        issuer = next(iter(opened.tenant.settings.display_name.values()))
        click.echo(prover.provisioning(fresh, person.login_name, issuer).reveal())


@credential.command()
@click.argument("name")
@click.argument("authenticator", type=click.Choice([Totp.name]))
@click.option("--mail", "by_mail", is_flag=True, help="Mail it to the user instead of printing it here.")
@in_tenant
async def activate(opened: Opened, name: str, authenticator: str, by_mail: bool) -> None:
    """Print or mail an address at which a user activates his app, once or a few times.

    The address before it, and the apps activated so far, open nothing any more; sessions end. Hardware tokens stay.
    """
    prover, letterbox = await opened.authenticator(authenticator), await opened.letterbox()
    assert isinstance(prover, Totp)
    if by_mail and letterbox is None:
        raise click.ClickException("the tenant has no mail server, set mail.host in tenant.yaml")
    async with opened.changing(name) as about:
        if by_mail and not about.user.email:
            raise click.ClickException(f"{about.user.login_name} has no mail address")
        secret = await activation.issue(about.tx, prover, about.user, opened.now)
        sessions = await end_all(about.tx, opened.doors, about.user.id, opened.now, reason="new address")
        url = f"{opened.tenant.settings.base_url.rstrip('/')}{activation.PATH}?code={secret.reveal()}"
        if by_mail and letterbox:
            until = opened.now + prover.settings.activation_days * activation.DAY
            told: dict[str, Any] = {"url": url, "until": until}
            await post(about.tx, letterbox, "activation", about.user, opened.now, last_at=until, **told)
    click.echo(f"mailed to {about.user.email}" if by_mail else url)
    days = counted(prover.settings.activation_days, "day")
    click.echo(f"valid for {days}, ended {counted(sessions, 'session')}", err=True)


@credential.command("list")
@click.argument("name")
@json_option
@in_tenant
async def list_(opened: Opened, name: str, as_json: bool) -> None:
    """List what a user holds; never a secret."""
    async with opened.reading(name) as (tx, person):
        held = await tx.credentials.list(person.id)
    rows = [
        {
            "authenticator": each.authenticator,
            "name": each.name,
            "id": each.id,
            "created_at": opened.time(each.created_at),
            "changed_at": opened.time(each.changed_at),
            "last_used_at": None if each.last_used_at is None else opened.time(each.last_used_at),
        }
        for each in held
    ]
    show(rows, COLUMNS, as_json=as_json)


@credential.command()
@click.argument("name")
@click.argument("authenticator")
@click.option(
    "--id", "which", metavar="ID", help="Only this one of several, as idp credential list shows it."
)
@in_tenant
async def reset(opened: Opened, name: str, authenticator: str, which: str | None) -> None:
    """Take a credential away, and end the sessions that may stand on it."""
    letterbox = await opened.letterbox()
    async with opened.changing(name) as about:
        person = about.user
        if not await _delete(about, authenticator, which):
            raise click.ClickException(f"{person.login_name} has no such credential for {authenticator}")
        await note_revoked(about.tx, person.id, opened.now)
        sessions = await end_all(about.tx, opened.doors, person.id, opened.now, reason="credential reset")
        await about.record("credential.reset", authenticator=authenticator, sessions=sessions)
        if letterbox:
            await changed(about.tx, letterbox, called(authenticator), person, opened.now)
    click.echo(f"reset {authenticator} of {person.login_name}, ended {counted(sessions, 'session')}")


async def _delete(about: Change, authenticator: str, which: str | None) -> bool:
    """All that the user holds for it, or one; whether there was any."""
    if which is None:
        return bool(await about.tx.credentials.delete(about.user.id, authenticator))
    held = await about.tx.credentials.list(about.user.id, authenticator)
    return any(each.id == which for each in held) and await about.tx.credentials.delete_one(which)


def _given(prover: Authenticator, options: Mapping[str, Any]) -> dict[str, Secret]:
    """The fields of an enrolment, from options, the terminal or standard input."""
    for name, value in options.items():
        if value is not None and name not in prover.fields:
            raise click.UsageError(f"--{name} is not for {prover.name}")
    given = {name: given_or_asked(name, value) for name, value in options.items() if value is not None}
    if not prover.fields:
        path = getattr(prover, "account_path", None) or "his account page"
        raise click.ClickException(f"{prover.name} is given to nobody, its owner adds it at {path}")
    needed = prover.fields[0]
    if needed not in given and needed not in MADE:
        given[needed] = ask(needed)
    return given

"""`idp mail`: what waits to be sent, what could not be, and how it looks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from idp import audit
from idp.cli.chosen import choose
from idp.cli.context import Opened, in_tenant
from idp.cli.counted import counted
from idp.cli.folder import config_option, read_configuration
from idp.cli.identifier import Identifying
from idp.cli.noun import Noun
from idp.cli.show import json_option, show, show_record
from idp.mail.queue import GIVEN_UP_SECONDS
from idp.mail.specimen import VALUES, specimen
from idp.web.letters import Letters
from idp.web.pages import Pages
from storage.mails import Mail

COLUMNS = ("id", "kind", "user", "written_at", "next_try_at", "attempts", "failure")
MANY = 1000


@click.group(cls=Noun)
def mail() -> None:
    """Mail to people: list, show, retry, delete, preview."""


@mail.command("list")
@click.option("--dead", is_flag=True, help="Those that nobody tries to send any more.")
@json_option
@in_tenant
async def list_(opened: Opened, dead: bool, as_json: bool) -> None:
    """List what waits to be sent, and why it was not yet. A mail "forgotten" is a request for a link."""
    async with opened.snapshot() as tx:
        waiting = await tx.mails.list(limit=MANY, dead=dead)
        people = {each.user_id: await tx.users.find(each.user_id) for each in waiting}
    names = {user_id: person.login_name for user_id, person in people.items() if person}
    show([_row(opened, each, names.get(each.user_id)) for each in waiting], COLUMNS, as_json=as_json)


@mail.command("show", cls=Identifying)
@click.argument("mail_id", metavar="ID")
@json_option
@in_tenant
async def show_(opened: Opened, mail_id: str, as_json: bool) -> None:
    """Show one mail, without what it says: that may hold a secret of the user's."""
    async with opened.snapshot() as tx:
        found = await tx.mails.find(mail_id)
        person = await tx.users.find(found.user_id) if found else None
    if found is None:
        raise _unknown(mail_id)
    row = _row(opened, found, person.login_name if person else None) | {
        "address": person.email if person else None,
        "locale": found.locale,
        "dead_since": None if found.dead_at is None else opened.time(found.dead_at),
        "tried_until": opened.time(found.last_at),
        "deleted_at": opened.time(found.expires_at),
    }
    show_record(row, as_json=as_json)


@mail.command(cls=Identifying)
@click.argument("mail_id", metavar="[ID]", required=False)
@click.option("--all", "everything", is_flag=True, help="All that are dead.")
@in_tenant
async def retry(opened: Opened, mail_id: str | None, everything: bool) -> None:
    """Have a mail sent again, now, by the running servers."""
    if (mail_id is None) != everything:
        raise click.UsageError("give the ID of one mail, or --all")
    async with opened.transaction() as tx:
        ids = (
            [each.id for each in await tx.mails.list(limit=MANY, dead=True)] if mail_id is None else [mail_id]
        )
        for each in ids:
            if not await tx.mails.revive(each, opened.now, opened.now + GIVEN_UP_SECONDS):
                raise _unknown(each)
            await audit.record(tx, "mail.retried", opened.now, mail=each)
    click.echo(f"{counted(len(ids), 'mail')} to be sent again")


@mail.command(cls=Identifying)
@click.argument("mail_id", metavar="ID")
@in_tenant
async def delete(opened: Opened, mail_id: str) -> None:
    """Delete a mail that was not sent."""
    async with opened.transaction() as tx:
        if not await tx.mails.delete(mail_id):
            raise _unknown(mail_id)
        await audit.record(tx, "mail.deleted", opened.now, mail=mail_id)
    click.echo(f"deleted {mail_id}")


@mail.command()
@click.argument("kind", type=click.Choice(sorted(VALUES)))
@click.option("--locale", metavar="L", help="Language; the tenant's first unless given.")
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="Also write it as .eml, to open."
)
@click.option("--tenant", metavar="T", help="Needed where there are several.")
@config_option
def preview(kind: str, locale: str | None, out: Path | None, tenant: str | None, config: Path) -> None:
    """Print a mail as the tenant's theme writes it, with made-up content; nothing is sent."""
    configuration = read_configuration(config)
    settings = choose(configuration, tenant).settings
    chosen = locale or settings.locales[0]
    if chosen not in settings.locales:
        raise click.UsageError(f"the tenant speaks {', '.join(settings.locales)}")
    message = specimen(Letters(Pages(configuration.themes_folder)), kind, settings, chosen)
    if out is not None:
        out.write_bytes(message.as_bytes())
    for name in ("From", "To", "Reply-To", "Subject"):
        if message[name]:
            click.echo(f"{name}: {message[name]}")
    body = message.get_body(("plain",))
    click.echo(f"\n{body.get_content() if body else ''}", nl=False)


def _row(opened: Opened, each: Mail, username: str | None) -> dict[str, Any]:
    return {
        "id": each.id,
        "kind": each.kind,
        "user": username,
        "written_at": opened.time(each.created_at),
        "next_try_at": None if each.dead_at is not None else opened.time(each.due_at),
        "attempts": each.attempts,
        "failure": each.failure,
    }


def _unknown(mail_id: str) -> click.ClickException:
    return click.ClickException(f"no mail is called {mail_id}, see idp mail list")

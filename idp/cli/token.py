"""`idp token`: hardware tokens, from the maker's list to the drawer of lost ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from idp import audit
from idp.authenticators import Refused
from idp.authenticators.totp import Totp
from idp.cli.asking import ask, given_or_asked
from idp.cli.context import Opened, in_tenant
from idp.cli.counted import counted
from idp.cli.noun import Noun
from idp.cli.show import json_option, show
from idp.hardware import inventory, listed, pskc
from idp.hardware.container_key import Needed
from idp.hardware.delivery import LARGEST, Delivery, Fault
from idp.logout.revocation import end_all
from keys.secret import Secret
from storage import Transaction
from storage.hardware import Held

COLUMNS = ("serial", "kind", "manufacturer", "user", "state", "changed_at")
PAGE = 500


@click.group(cls=Noun)
def token() -> None:
    """Hardware tokens: import, list, assign, unassign, resync, lost."""


@token.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--dry-run", is_flag=True, help="Say what would be imported, and what is wrong; change nothing."
)
@in_tenant
async def import_(opened: Opened, file: Path, dry_run: bool) -> None:
    """Take tokens from a maker's list: PSKC (RFC 6030) or CSV with headings.

    All of them or, where one has a mistake, none. A key or password of the list is asked for, or read from
    standard input.
    """
    delivery, vault = _read(file), await opened.vault()  # here and in no thread: it may ask for a key
    async with opened.transaction() as tx:
        for each in await inventory.known(tx, delivery.tokens):
            delivery.fault(each.line, f"token {each.device.serial} is in the inventory already")
        if delivery.faults:
            raise click.ClickException(_faults(file, delivery.faults))
        if not dry_run:
            await inventory.add(tx, vault, delivery.tokens, opened.now)
            await audit.record(
                tx, "token.imported", opened.now, serials=[one.device.serial for one in delivery.tokens]
            )
    click.echo(f"{'would import' if dry_run else 'imported'} {counted(len(delivery.tokens), 'token')}")


@token.command("list")
@json_option
@in_tenant
async def list_(opened: Opened, as_json: bool) -> None:
    """List all tokens and who has them; never a secret."""
    rows, after = [], ""
    async with opened.snapshot() as tx:
        while page := await tx.hardware_tokens.list(after, PAGE):
            rows += [await _row(opened, tx, each) for each in page]
            after = page[-1].token.serial
    show(rows, COLUMNS, as_json=as_json)


@token.command()
@click.argument("serial")
@click.argument("name")
@click.option("--pin", metavar="TEXT", default="", help="Typed after the code, for now; - asks for it.")
@in_tenant
async def assign(opened: Opened, serial: str, name: str, pin: str) -> None:
    """Give a token to a user, beside what he has."""
    totp, vault, secret = await _totp(opened), await opened.vault(), given_or_asked("pin", pin)
    async with opened.changing(name) as about:
        held, person = await _find(about.tx, serial), about.user
        try:
            given = await inventory.assign(about.tx, totp, vault, held, person, secret, opened.now)
        except Refused as refused:
            raise click.ClickException(refused.words) from None
        if not given:
            raise click.ClickException(f"token {serial} is {await _state(about.tx, held)}")
        await about.record("token.assigned", serial=serial)
    click.echo(f"assigned {serial} to {person.login_name}")


@token.command()
@click.argument("serial")
@in_tenant
async def unassign(opened: Opened, serial: str) -> None:
    """Take a token back, for somebody else."""
    async with opened.transaction() as tx:
        held = await _find(tx, serial)
        if not await tx.credentials.delete_one(held.token.credential_id):
            raise click.ClickException(f"nobody has token {serial}")
        await _record(opened, tx, "token.unassigned", held)
    click.echo(f"took back {serial}")


@token.command()
@click.argument("serial")
@click.argument("codes", nargs=2, metavar="CODE CODE")
@in_tenant
async def resync(opened: Opened, serial: str, codes: tuple[str, str]) -> None:
    """Set a token's counter or clock by two codes that it showed one after the other."""
    vault = await opened.vault()
    async with opened.transaction() as tx:
        held = await _find(tx, serial)
        if not await inventory.resynchronise(tx, vault, held, codes, opened.now):
            raise click.ClickException(
                "these are no two codes of it that follow each other, or were used before"
            )
        await _record(opened, tx, "token.resynchronised", held)
    click.echo(f"resynchronised {serial}")


@token.command()
@click.argument("serial")
@in_tenant
async def lost(opened: Opened, serial: str) -> None:
    """Mark a token lost: it opens nothing any more, and its user's sessions end."""
    async with opened.transaction() as tx:
        held = await _find(tx, serial)
        if not await tx.hardware_tokens.mark_lost(serial, opened.now):
            raise click.ClickException(f"token {serial} was lost before")
        await tx.credentials.delete_one(held.token.credential_id)
        user_id, sessions = held.user_id, 0
        if user_id:
            sessions = await end_all(tx, opened.doors, user_id, opened.now, reason="token lost")
        await _record(opened, tx, "token.lost", held, sessions=sessions)
    click.echo(f"{serial} is lost, ended {counted(sessions, 'session')}")


def _read(file: Path) -> Delivery:
    if file.stat().st_size > LARGEST:
        raise click.ClickException(f"{file} is larger than {LARGEST} bytes")
    document = file.read_bytes()
    if document.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return pskc.read(document, _ask)
    try:
        return listed.read(document.decode("utf-8"))
    except UnicodeDecodeError:
        raise click.ClickException(f"{file} is no UTF-8") from None


def _ask(needed: Needed) -> Secret:
    return ask(needed, confirm=False)


def _faults(file: Path, faults: list[Fault]) -> str:
    lines = [f"{file}:{each.line}: {each.words}" for each in sorted(faults, key=lambda fault: fault.line)]
    return "\n".join(["nothing was imported", *lines])


async def _totp(opened: Opened) -> Totp:
    found = await opened.authenticator(Totp.name)
    assert isinstance(found, Totp)
    return found


async def _find(tx: Transaction, serial: str) -> Held:
    held = await tx.hardware_tokens.find(serial)
    if held is None:
        raise click.ClickException(f"there is no token {serial}")
    return held


async def _state(tx: Transaction, held: Held) -> str:
    if held.token.lost_at is not None:
        return "lost"
    user = await tx.users.find(held.user_id) if held.user_id else None
    return f"with {user.login_name}" if user else "in stock"


async def _row(opened: Opened, tx: Transaction, held: Held) -> dict[str, str | None]:
    user = await tx.users.find(held.user_id) if held.user_id else None
    state = "lost" if held.token.lost_at is not None else "assigned" if user else "in stock"
    return {
        "serial": held.token.serial,
        "kind": held.token.kind,
        "manufacturer": held.token.manufacturer,
        "user": user.login_name if user else None,
        "state": state,
        "changed_at": opened.time(held.token.changed_at),
    }


async def _record(opened: Opened, tx: Transaction, event: str, held: Held, **details: Any) -> None:
    await audit.record(tx, event, opened.now, user_id=held.user_id, serial=held.token.serial, **details)

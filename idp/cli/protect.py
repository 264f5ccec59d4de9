"""`idp protect`: whose logins are protected by which device, and what to do when it is lost."""

from __future__ import annotations

import click

from idp.cli.context import Opened, in_tenant
from idp.cli.counted import counted
from idp.cli.noun import Noun
from idp.cli.show import json_option, show
from storage import Transaction
from storage.releases import ReleaseKey

COLUMNS = ("user", "device", "id", "created_at", "last_used_at")
PAGE = 500


@click.group(cls=Noun)
def protect() -> None:
    """Login protect: list, remove."""


@protect.command("list")
@json_option
@in_tenant
async def list_(opened: Opened, as_json: bool) -> None:
    """List the devices that release logins, and whose."""
    rows, after = [], ""
    async with opened.snapshot() as tx:
        while page := await tx.releases.list_keys(after, PAGE):
            rows += [await _row(opened, tx, key) for key in page]
            after = page[-1].id
    rows.sort(key=lambda row: (row["user"] or "", row["created_at"] or ""))
    show(rows, COLUMNS, as_json=as_json)


@protect.command()
@click.argument("name")
@in_tenant
async def remove(opened: Opened, name: str) -> None:
    """Forget all devices that release a user's logins: none of them can any more. They still show codes.

    Where protection is required the user then gets in by a new device only: idp credential activate.
    """
    async with opened.changing(name) as about:
        removed = await about.tx.releases.delete_keys(about.user.id)
        await about.record("protect.removed", devices=removed)
    click.echo(f"removed {counted(removed, 'device')} of {about.user.login_name}")


async def _row(opened: Opened, tx: Transaction, key: ReleaseKey) -> dict[str, str | None]:
    user = await tx.users.find(key.user_id)
    held = await tx.credentials.list(key.user_id)
    return {
        "user": user.login_name if user else None,
        "device": next((each.name for each in held if each.id == key.credential_id), ""),
        "id": key.id,
        "created_at": opened.time(key.created_at),
        "last_used_at": None if key.last_used_at is None else opened.time(key.last_used_at),
    }

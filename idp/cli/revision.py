"""`idp config plan`, `apply` and the rest: the configuration as revisions."""

from __future__ import annotations

import getpass
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from idp.cli.desk import Desk, Unusable, at_desk
from idp.cli.plan_words import print_plan
from idp.cli.show import json_option, show
from idp.config.bundle import short
from idp.config.drift import drift
from idp.config.in_force import InForce
from idp.config.plan import Plan, plan
from storage.revisions import Revision

COLUMNS = ("revision", "at", "author", "reason", "hash", "restores")
FIRST = "There is no revision: the files of each node are in force, until the first apply."


def _me() -> str:
    """Who types: sudo keeps the name of whoever used it."""
    return os.environ.get("SUDO_USER") or getpass.getuser()


def reasons(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds who and why, and what must be in force, to a command that makes a revision."""
    options = (
        click.option("--why", required=True, metavar="TEXT", help="Kept with the revision."),
        click.option(
            "--by", default=_me, metavar="NAME", help="Who does it; otherwise the user of the system."
        ),
        click.option(
            "--expect-revision",
            "expected",
            metavar="REV",
            help="Only if this one is in force; 0 stands for none.",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


@click.command("plan")
@json_option
@at_desk
async def plan_(desk: Desk, as_json: bool) -> None:
    """Show what an apply of the files would change. Nothing is done."""
    before, after = await desk.active(), desk.files()
    if before is None:
        click.echo(FIRST)
        return
    print_plan(plan(before, after), as_json=as_json)


@click.command()
@reasons
@click.option("--allow-removals", is_flag=True, help="Even if something would be removed.")
@at_desk
async def apply(desk: Desk, why: str, by: str, expected: str | None, allow_removals: bool) -> None:
    """Make the files a revision: it comes into force on every node within a second."""
    number, after = await desk.expect(expected), desk.files()
    tenants = {tenant.name for tenant in after.configuration.tenants}
    proposed = await _proposed(desk, after, allow_removals=allow_removals)
    if proposed is not None:
        print_plan(proposed, as_json=False)
        if proposed.is_empty:
            return
        if proposed.removals and not allow_removals:
            raise click.ClickException(
                "something would be removed, nothing was done: say --allow-removals if it shall"
            )
        tenants = _concerned(proposed, tenants)
    revision = Revision(number + 1, after.bundle.hash, desk.now, by, why)
    await desk.put(revision, after.bundle, sorted(tenants))


async def _proposed(desk: Desk, after: InForce, *, allow_removals: bool) -> Plan | None:
    """None where there is nothing to compare with."""
    try:
        before = await desk.active()
    except Unusable as unusable:  # to be mended by the very next revision
        if not allow_removals:
            raise
        click.echo(f"{unusable.message}\nWhat would change cannot be seen.", err=True)
        return None
    if before is None:
        click.echo(FIRST)
        return None
    return plan(before, after)


def _concerned(proposed: Plan, tenants: set[str]) -> set[str]:
    """In whose audit log it is written: of all, where something changes for all."""
    changed = {change.tenant for change in proposed.changes}
    return tenants if "" in changed or not changed else changed


@click.command()
@json_option
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True)
@at_desk
async def history(desk: Desk, limit: int, as_json: bool) -> None:
    """List revisions, newest first: the first is in force."""
    rows = [
        {
            "revision": each.number,
            "at": datetime.fromtimestamp(each.created_at, UTC).isoformat(sep=" ", timespec="seconds"),
            "author": each.author,
            "reason": each.reason,
            "hash": short(each.hash),
            "restores": each.restores,
        }
        for each in await desk.revisions.list(limit)
    ]
    show(rows, COLUMNS, as_json=as_json)


@click.command()
@click.argument("a", metavar="A")
@click.argument("b", metavar="B")
@json_option
@at_desk
async def diff(desk: Desk, a: str, b: str, as_json: bool) -> None:
    """Show what changes from revision A to revision B. Each is named by its number or its hash."""
    before, after = [desk.open(await desk.named(name)) for name in (a, b)]
    print_plan(plan(before, after), as_json=as_json)


@click.command()
@click.argument("rev", metavar="REV")
@reasons
@at_desk
async def rollback(desk: Desk, rev: str, why: str, by: str, expected: str | None) -> None:
    """Put the files of an earlier revision in force again, as a new revision. Your own files stay as they are."""
    number, stored = await desk.expect(expected), await desk.named(rev)
    after = desk.open(stored)
    tenants = {tenant.name for tenant in after.configuration.tenants}
    proposed = await _proposed(desk, after, allow_removals=True)
    if proposed is not None:
        print_plan(proposed, as_json=False)
        tenants = _concerned(proposed, tenants)
    revision = Revision(number + 1, stored.bundle.hash, desk.now, by, why, restores=stored.revision.number)
    await desk.put(revision, stored.bundle, sorted(tenants))
    click.echo("The files of this node still say something else, see idp config plan and idp config export.")


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@click.option("--revision", "rev", metavar="REV", help="Otherwise the one in force.")
@click.option("--replace", is_flag=True, help="Over what lies there; what the revision does not have stays.")
@at_desk
async def export(desk: Desk, folder: Path, rev: str | None, replace: bool) -> None:
    """Write the files of a revision into a folder. Secrets are in no revision: they stay where they are."""
    if not replace:
        _check_empty(folder)
    number = await desk.revisions.newest()
    if rev is None and not number:
        raise click.ClickException(FIRST)
    stored = await (desk.named(rev) if rev is not None else desk.numbered(number))
    stored.bundle.lay_out(folder)
    click.echo(f"Revision {stored.revision.number}: {len(stored.bundle.files)} files are in {folder}.")
    for words in drift(folder, stored.bundle, desk.open(stored).configuration):
        click.echo(f"{words}: the revision does not have it")


def _check_empty(folder: Path) -> None:
    if folder.exists() and any(folder.iterdir()):
        raise click.ClickException(f"{folder} is not empty: name another, or say --replace")

"""`idp config plan`, `history`, `diff` and `export`: look at revisions."""

from __future__ import annotations

import dataclasses
from datetime import datetime
from pathlib import Path

import click

from idp.cli.desk import MOST, Ask, Desk, at_desk
from idp.cli.plan_words import print_plan
from idp.cli.rehearsal import print_rehearsal, rehearse, since_option, told
from idp.cli.show import json_option, show, show_json
from idp.config.bundle import short
from idp.config.drift import drift
from idp.config.in_force import InForce
from idp.config.load import FILE
from idp.config.plan import plan

COLUMNS = ("revision", "at", "author", "reason", "hash", "restores")
FIRST = "There is no revision: the files of each node are in force, until the first idp config apply (docs/changes.md)."


async def both(desk: Desk) -> tuple[InForce | None, InForce, int]:
    """What is in force, what the files say, and the time."""
    return await desk.active(), desk.files(), desk.now


@click.command("plan")
@since_option
@click.option(
    "--no-rehearsal", is_flag=True, help="Do not look at what other rules would have done to people."
)
@json_option
@at_desk
def plan_(ask: Ask, since: int, no_rehearsal: bool, as_json: bool) -> None:
    """Show what an apply of the files would change, and what that would have done to people. Nothing is done."""
    before, after, now = ask(both)
    if before is None:
        if as_json:
            raise click.ClickException(FIRST)
        click.echo(FIRST)
        return
    proposed = plan(before, after)
    if not as_json:
        print_plan(proposed)
    found = [] if no_rehearsal else rehearse(before.configuration, after.configuration, now - since, now + 1)
    if as_json:
        show_json(dataclasses.asdict(proposed) | {"rehearsal": told(found)})
    elif found:
        print_rehearsal(found)


@click.command()
@json_option
@click.option("--limit", type=click.IntRange(1, MOST), default=20, show_default=True)
@at_desk
def history(ask: Ask, limit: int, as_json: bool) -> None:
    """List revisions, newest first: the first is in force. Times are those of this machine, with their zone."""
    rows = [
        {
            "revision": each.number,
            "at": datetime.fromtimestamp(each.created_at).astimezone().isoformat(sep=" ", timespec="seconds"),
            "author": each.author,
            "reason": each.reason,
            "hash": short(each.hash),
            "restores": each.restores,
        }
        for each in ask(lambda desk: desk.revisions.list(limit))
    ]
    show(rows, COLUMNS, as_json=as_json)


@click.command()
@click.argument("a", metavar="A")
@click.argument("b", metavar="B")
@json_option
@at_desk
def diff(ask: Ask, a: str, b: str, as_json: bool) -> None:
    """Show what changes from revision A to revision B. Each is named by its number or its hash."""

    async def opened(desk: Desk) -> list[InForce]:
        return [desk.open(await desk.named(name)) for name in (a, b)]

    proposed = plan(*ask(opened))
    if as_json:
        show_json(dataclasses.asdict(proposed))
    else:
        print_plan(proposed)


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@click.option("--revision", "rev", metavar="REV", help="Otherwise the one in force.")
@click.option(
    "--replace",
    is_flag=True,
    help="Over what lies there, but for idp.yaml; what the revision does not have stays.",
)
@at_desk
def export(ask: Ask, folder: Path, rev: str | None, replace: bool) -> None:
    """Write the files of a revision into a folder. Secrets are in no revision: they stay where they are."""
    if not replace and folder.exists() and any(folder.iterdir()):
        raise click.ClickException(f"{folder} is not empty: name another, or say --replace")

    async def write(desk: Desk) -> None:
        number = await desk.revisions.newest()
        if rev is None and not number:
            raise click.ClickException(FIRST)
        stored = await (desk.named(rev) if rev is not None else desk.numbered(number))
        (stored.bundle.without(FILE) if (folder / FILE).exists() else stored.bundle).lay_out(folder)
        click.echo(f"Wrote the files of revision {stored.revision.number} to {folder}")
        for difference in drift(folder, stored.bundle, desk.open(stored).configuration):
            click.echo(f"{difference}: left as it is")

    ask(write)

"""`idp user import`, `idp user export`: people as a CSV list with headings."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import click

from idp import attributes, audit
from idp.attribute_types import OWN, find
from idp.cli.context import Opened, in_tenant
from idp.cli.counted import counted
from idp.cli.naming import named
from idp.cli.roster import COLUMN, Line, read
from idp.cli.slices import slices
from idp.cli.written import replaced_file
from idp.everyone import everyone
from idp.spreadsheet import MARK, row, shield
from keys.token import new_id
from storage import Duplicate, StorageError, Transaction
from storage.records import User

GROUPS: Final = "groups"
DISABLED: Final = "disabled"
ATTRIBUTE: Final = {"display_name": "name"}  # columns that attributes call otherwise
FIXED: Final = (COLUMN, "display_name", "email", GROUPS, DISABLED)  # behind them an attribute each
ENCODINGS: Final = {"utf-8": "utf-8", "shift_jis": "cp932"}


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE.csv")
@click.option(
    "--dry-run", is_flag=True, help="Say how many would be added, and what is wrong; change nothing."
)
@in_tenant
async def import_(opened: Opened, file: Path, dry_run: bool) -> None:
    """Add the people of a list: all of them or, where a line has a mistake, nobody.

    CSV in UTF-8 or Shift_JIS, whose first line names the columns: username and, as far as wanted, display_name, email,
    groups (divided by commas), disabled (true or false), and whatever `idp user set` takes.
    """
    lines = read(file, lambda headings: _check(opened, file, headings))
    async with opened.snapshot() as tx:
        people = await _people(opened, tx, lines)
    done = 0
    for some in slices([] if dry_run else people):
        try:
            async with opened.transaction() as tx:
                for person in some:
                    await _add(opened, tx, person)
        except StorageError as error:
            why = "somebody else adds people too" if isinstance(error, Duplicate) else str(error)
            there = f"the first {counted(done, 'user')} of the list are added, go on without these lines"
            raise click.ClickException(f"{why}: {there if done else 'nobody was added'}") from None
        done += len(some)
    click.echo(f"{'would add' if dry_run else 'added'} {counted(len(people), 'user')}")


@click.command()
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Default: standard output.")
@click.option("--encoding", type=click.Choice(list(ENCODINGS)), default="utf-8", show_default=True)
@in_tenant
async def export(opened: Opened, out: Path | None, encoding: str) -> None:
    """Write all people as a list that `idp user import` takes; it has nothing that they prove themselves with."""
    async with opened.snapshot() as tx:
        people = [_cells(each) async for each in everyone(tx)]
    names = (*FIXED, *sorted({name for cells in people for name in cells} - set(FIXED)))
    rows = [names, *([shield(cells.get(name, "")) for name in names] for cells in people)]
    text = (MARK if encoding == "utf-8" else "") + "".join(map(row, rows))
    try:
        body = text.encode(ENCODINGS[encoding])
    except UnicodeEncodeError as error:
        lacking = text[error.start]
        raise click.ClickException(f"{encoding} has no {lacking}, use --encoding utf-8") from None
    if out is None:
        click.echo(body, nl=False)
        return
    with replaced_file(out) as target:
        target.write(body)


def _check(opened: Opened, file: Path, headings: Sequence[str]) -> None:
    """Raises ClickException for a column that nobody would read, and for one that stands there twice."""
    names = [ATTRIBUTE.get(heading, heading) for heading in headings]
    for name in names:
        if name in (COLUMN, GROUPS, DISABLED):
            continue
        if not name.isprintable():
            raise click.ClickException(f"{file}:1: the heading {name!r} has characters that cannot be seen")
        try:
            find(name, opened.tenant.settings.attributes)
        except ValueError as unknown:
            raise click.ClickException(f"{file}:1: {unknown}") from None
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise click.ClickException(f"{file}:1: there are two columns of {twice}")


async def _people(opened: Opened, tx: Transaction, lines: Sequence[Line]) -> Sequence[User]:
    """Raises ClickException with all mistakes, each with its line."""
    found: dict[str, User] = {}
    faults = []
    for line in lines:
        try:
            person = _person(opened, line)
            known = person.login_name in found or await tx.users.find_by_name(person.username, person.domain)
            if known:
                raise click.ClickException(f"there is a user {person.login_name} already")
        except click.ClickException as fault:
            faults += [f"{line.place}{words}" for words in fault.message.splitlines()]
            continue
        found[person.login_name] = person
    if faults:
        raise click.ClickException("\n".join(faults))
    return list(found.values())


def _person(opened: Opened, line: Line) -> User:
    """Raises ClickException."""
    cells = {name: cell for name, cell in line.cells.items() if cell}
    username, domain = named(opened, line.name, None)
    groups = frozenset(filter(None, map(str.strip, cells.pop(GROUPS, "").split(","))))
    if not all(map(str.isprintable, groups)):
        raise click.ClickException("a group has characters that cannot be seen")
    try:
        is_disabled = OWN["boolean"](cells.pop(DISABLED, "false").lower())
    except ValueError as error:
        raise click.ClickException(f"{DISABLED} {error}") from None
    person = User(
        id=new_id(),
        username=username,
        created_at=opened.now,
        domain=domain,
        groups=groups,
        disabled_at=opened.now if is_disabled else None,
    )
    declared = opened.tenant.settings.attributes
    given = {ATTRIBUTE.get(name, name): text for name, text in cells.items()}
    for name, text in given.items():
        if find(name, declared) is OWN["boolean"]:
            given[name] = text.lower()  # spreadsheets write TRUE
    try:
        filled = attributes.assign(person, given, declared, opened.now)
    except attributes.Refused as refused:
        raise click.ClickException("\n".join(refused.mistakes)) from None
    return dataclasses.replace(filled, changed_at=None)


async def _add(opened: Opened, tx: Transaction, person: User) -> None:
    await tx.users.add(person)
    about: dict[str, Any] = {"user_id": person.id, "username": person.login_name}
    await audit.record(tx, "user.added", opened.now, **about, groups=sorted(person.groups), by="import")
    if person.disabled_at is not None:
        await audit.record(tx, "user.disabled", opened.now, **about, sessions=0, grants=0)


def _cells(person: User) -> Mapping[str, str]:
    """What is known of him by column. Raises ClickException for a group that could not be read again."""
    split = next((group for group in sorted(person.groups) if "," in group), None)
    if split is not None:
        raise click.ClickException(
            f"the group {split} of {person.login_name} has a comma, which divides groups"
        )
    cells = {COLUMN: person.login_name, "display_name": person.display_name, "email": person.email or ""}
    cells[GROUPS] = ",".join(sorted(person.groups))
    cells[DISABLED] = "true" if person.disabled_at is not None else ""
    for name, value in attributes.kept(person).items():
        match value:
            case dict():  # an address
                cells |= {f"{name}.{member}": text for member, text in value.items()}
            case list():
                cells[name] = ",".join(value)
            case bool():
                cells[name] = str(value).lower()
            case _:
                cells[name] = str(value)
    return cells

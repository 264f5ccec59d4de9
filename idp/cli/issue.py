"""`idp credential issue`: initial patterns for one user or for many, mailed, printed or shown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import click

from idp import audit
from idp.authenticators import Refused
from idp.authenticators.matrix import Issued, Matrix
from idp.cli.context import Letterbox, Opened, find_user, in_tenant
from idp.cli.proof import called
from idp.cli.roster import Line, read
from idp.cli.slices import slices
from idp.cli.written import new_file
from idp.mail.queue import changed, post
from idp.web.pages import Pages
from idp.web.paper import Sheet, write
from storage import Transaction
from storage.records import User

DAY = 86400


@click.command()
@click.argument("names", nargs=-1)
@click.argument("authenticator", type=click.Choice([Matrix.name]))
@click.option("--days", type=click.IntRange(1, 365), default=7, show_default=True, help="How long they work.")
@click.option("--mail", "by_mail", is_flag=True, help="Mail them to the users instead of showing them here.")
@click.option(
    "--from",
    "list_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE.csv",
    help="Also to the users in the column username, UTF-8 or Shift_JIS.",
)
@click.option(
    "--print",
    "paper",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE.html",
    help="Write them to a new file, a sheet for each user, to print from a browser.",
)
@in_tenant
async def issue(
    opened: Opened,
    names: tuple[str, ...],
    authenticator: str,
    days: int,
    by_mail: bool,
    list_file: Path | None,
    paper: Path | None,
) -> None:
    """Give users initial patterns in place of what they had: all of them or, where one cannot get one, nobody.

    Each works until its end; at his first sign-in its user sets one of his own.
    """
    if by_mail and paper is not None:
        raise click.UsageError("either --mail or --print")
    lines = [Line(name, "") for name in names] + (read(list_file) if list_file else [])
    if not lines:
        raise click.UsageError("give the NAMES of users, or --from a list of them")
    matrix, letterbox = await opened.authenticator(authenticator), await opened.letterbox()
    assert isinstance(matrix, Matrix)
    if by_mail and letterbox is None:
        raise click.ClickException("the tenant has no mail server, set mail.host in tenant.yaml")
    until = opened.now + days * DAY
    async with opened.snapshot() as tx:
        people = await _people(opened, tx, lines, by_mail=by_mail)
    given = [(person, _drawn(matrix, person, opened.now, until)) for person in people]
    if paper is not None:
        _print(opened, paper, given)
    for some in slices(given):
        async with opened.transaction() as tx:
            kept = [one for one in some if await _keep(opened, tx, matrix, *one, letterbox, by_mail)]
        for person, issued in kept:  # at once: whatever ends this, nobody holds a pattern that was not shown
            click.echo(f"issued {authenticator} of {person.login_name}, it works until {opened.time(until)}")
            if not by_mail and paper is None:
                click.echo("\n" + "\n".join(issued.grid) + f"\n\n{issued.cells.reveal()}")


async def _people(opened: Opened, tx: Transaction, lines: Sequence[Line], *, by_mail: bool) -> Iterable[User]:
    """Everybody once. Raises ClickException with all mistakes, each with its line."""
    found: dict[str, User] = {}
    faults = []
    for line in lines:
        try:
            person = await find_user(tx, line.name, opened.tenant.settings.domains)
        except click.ClickException as unknown:
            faults.append(f"{line.place}{unknown.message}")
            continue
        if by_mail and not person.email:
            faults.append(f"{line.place}{person.login_name} has no mail address")
        found[person.id] = person
    if faults:
        raise click.ClickException("\n".join(faults))
    return found.values()


def _drawn(matrix: Matrix, person: User, now: int, until: int) -> Issued:
    """A pattern that nobody holds yet."""
    try:
        return matrix.issue(person, now, until)
    except Refused as refused:
        raise click.ClickException(refused.words) from None


async def _keep(
    opened: Opened,
    tx: Transaction,
    matrix: Matrix,
    person: User,
    issued: Issued,
    letterbox: Letterbox | None,
    by_mail: bool,
) -> bool:
    """Whether he is still there to hold it."""
    if await tx.users.lock(person.id) is None:
        click.echo(f"{person.login_name} was deleted meanwhile", err=True)
        return False
    replaced = await tx.credentials.delete(person.id, matrix.name)
    await tx.credentials.add(issued.credential)
    await matrix.remember(tx, issued.credential, opened.now)
    about: dict[str, Any] = {"username": person.login_name, "authenticator": matrix.name}
    about |= {"until": issued.until, "by_mail": by_mail}
    await audit.record(tx, "credential.issued", opened.now, user_id=person.id, **about)
    if letterbox and (by_mail or replaced):
        await _tell(tx, opened.now, person, letterbox, issued, by_mail=by_mail)
    return True


async def _tell(
    tx: Transaction, now: int, person: User, letterbox: Letterbox, issued: Issued, *, by_mail: bool
) -> None:
    """Mail the pattern itself, or only that there is a new one."""
    if not by_mail:
        await changed(tx, letterbox, called(Matrix.name), person, now)
        return
    url = letterbox.settings.base_url.rstrip("/") + "/"
    drawn: dict[str, Any] = {"grid": issued.grid, "cells": issued.cells.reveal(), "url": url}
    await post(tx, letterbox, "welcome", person, now, last_at=issued.until, until=issued.until, **drawn)


def _print(opened: Opened, paper: Path, given: Iterable[tuple[User, Issued]]) -> None:
    """To a file that is new and only ours, before anything is kept: without it nobody would know the patterns."""
    sheets = [Sheet(person.display_name, person.login_name, issued) for person, issued in given]
    body = write(Pages(opened.configuration.themes_folder), opened.tenant.settings, sheets)
    with new_file(paper) as file:
        file.write(body)

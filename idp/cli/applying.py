"""`idp config apply` and `rollback`: what makes a revision."""

from __future__ import annotations

import getpass
import os
from collections.abc import Callable
from typing import Any

import click

from idp.cli.desk import Ask, Desk, Unusable, at_desk
from idp.cli.plan_words import print_plan
from idp.cli.rehearsal import is_clean, print_rehearsal, rehearse, since_option
from idp.config.in_force import InForce
from idp.config.plan import Plan, plan
from idp.config.revisions import Stored
from storage.revisions import Revision


def _me() -> str:
    """Who types: sudo keeps the name of whoever used it. In a container the user may have a number only."""
    try:
        return os.environ.get("SUDO_USER") or getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"


def _said(context: click.Context, option: click.Parameter, why: str) -> str:
    if not why.strip():
        raise click.BadParameter("say why: the next one who looks wants to know", context, option)
    return why.strip()


def reasons(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds who and why, and what must be in force, to a command that makes a revision."""
    options = (
        click.option("--why", required=True, metavar="TEXT", callback=_said, help="Kept with the revision."),
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


@click.command()
@reasons
@click.option("--allow-removals", is_flag=True, help="Even if something would be removed.")
@click.option("--if-rehearsal-clean", is_flag=True, help="Only if no login would flip.")
@since_option
@at_desk
def apply(
    ask: Ask,
    why: str,
    by: str,
    expected: str | None,
    allow_removals: bool,
    if_rehearsal_clean: bool,
    since: int,
) -> None:
    """Make the files a revision: it comes into force on every node within a second."""
    number = ask(lambda desk: desk.expect(expected))
    before, after, now = ask(lambda desk: _replaced(desk, allow_removals=allow_removals))
    tenants = {tenant.name for tenant in after.configuration.tenants}
    if before is not None:
        proposed = plan(before, after)
        print_plan(proposed)
        if proposed.is_empty:
            return
        if proposed.removals and not allow_removals:
            raise click.ClickException(
                "something would be removed, say --allow-removals if it shall. Nothing was done"
            )
        tenants = _concerned(proposed, tenants)
    if if_rehearsal_clean:
        _check_clean(before, after, now - since, now + 1)
    number = ask(lambda desk: desk.following(number, filter(None, (before, after))))
    stored = Stored(Revision(number, after.bundle.hash, now, by, why), after.bundle)

    async def put(desk: Desk) -> None:
        desk.open(stored)  # a file that was changed a moment ago was not looked at
        await desk.put(stored, sorted(tenants))

    ask(put)


async def _replaced(desk: Desk, *, allow_removals: bool) -> tuple[InForce | None, InForce, int]:
    """As `both`; None too for a revision that cannot be used here, which this one is to mend."""
    after = desk.files()
    try:
        return await desk.active(), after, desk.now
    except Unusable as unusable:
        if not allow_removals:
            raise
        click.echo(f"{unusable.message}\nWhat would change cannot be seen.", err=True)
        return None, after, desk.now


def _check_clean(before: InForce | None, after: InForce, since: int, until: int) -> None:
    if before is None:
        raise click.ClickException("there is nothing to rehearse against, nothing was done")
    found = rehearse(before.configuration, after.configuration, since, until)
    print_rehearsal(found)
    if not is_clean(found):
        raise click.ClickException("the rehearsal is not clean, nothing was done")


def _concerned(proposed: Plan, tenants: set[str]) -> set[str]:
    """In whose audit log it is written: of all, where something changes for all, or for none that is left."""
    changed = {change.tenant for change in proposed.changes}
    return changed if "" not in changed and changed & tenants else tenants | changed - {""}


@click.command()
@click.argument("rev", metavar="REV")
@reasons
@at_desk
def rollback(ask: Ask, rev: str, why: str, by: str, expected: str | None) -> None:
    """Put the files of an earlier revision in force again, as a new revision. Your own files stay as they are."""

    async def back(desk: Desk) -> None:
        number, stored = await desk.expect(expected), await desk.named(rev)
        after = desk.open(stored)
        tenants = {tenant.name for tenant in after.configuration.tenants}
        try:
            before = await desk.active()
        except Unusable as unusable:  # it is what is to be left behind
            before = None
            click.echo(unusable.message, err=True)
        if before is not None:
            proposed = plan(before, after)
            print_plan(proposed)
            tenants = _concerned(proposed, tenants)
        number = await desk.following(number, filter(None, (before, after)))
        revision = Revision(number, stored.bundle.hash, desk.now, by, why, stored.revision.number)
        await desk.put(Stored(revision, stored.bundle), sorted(tenants))

    ask(back)
    click.echo(
        "The files of this node may still say something else, see idp config plan and idp config export."
    )

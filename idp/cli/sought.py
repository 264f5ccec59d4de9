"""What of the audit log a command is asked for, and whether there is such a thing at all."""

from __future__ import annotations

import fnmatch
from collections.abc import Collection, Mapping

import click

from idp.audit_events import EVENTS
from idp.cli.context import Opened, find_user
from idp.config.mistake import suggest
from idp.config.rule_names import OWN_DOORS, OWN_SERVICES
from idp.doors import names as door_names
from idp.username import canonical, split
from storage import Transaction


async def user_id_of(tx: Transaction, name: str, domains: Collection[str]) -> str:
    """Of the user who is called so now; whom nobody is called, a deleted user, is named by his id."""
    person = await tx.users.find_by_name(*split(canonical(name), domains))
    return person.id if person else name


async def check(opened: Opened, tx: Transaction, asked: Mapping[str, str]) -> None:
    """Where nothing was found: whether what was asked for exists. Raises ClickException.

    What is gone may have been something once, so that this is not asked before.
    """
    event = asked.get("event", "*")
    if not fnmatch.filter(EVENTS, event):
        kinds = {f"{each.partition('.')[0]}.*" for each in EVENTS}
        hint = suggest(event, kinds if "*" in event else EVENTS)
        raise click.ClickException(f"no event is called {event}, {hint}")
    services = {*opened.tenant.services, *opened.doors, *OWN_SERVICES}
    doors = {*door_names(), *OWN_DOORS.values()}
    for noun, known in (("service", services), ("door", doors)):
        if asked.get(noun, next(iter(known))) not in known:
            raise click.ClickException(f"no {noun} is called {asked[noun]}, {suggest(asked[noun], known)}")
    if "user" in asked and not await tx.audit.list(limit=1, user_id=asked["user"]):
        await find_user(tx, asked["user"], opened.tenant.settings.domains)

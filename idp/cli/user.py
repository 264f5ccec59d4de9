"""`idp user`: the people of a tenant."""

from __future__ import annotations

import dataclasses
from typing import Any

import click

from idp import attributes, audit, throttle
from idp.cli import attribute
from idp.cli.context import Opened, find_user, in_tenant
from idp.cli.counted import counted
from idp.cli.erasing import erase
from idp.cli.naming import check, named
from idp.cli.noun import Noun
from idp.cli.people import export, import_
from idp.cli.show import json_option, show, show_record
from idp.cli.standing import forget, standing
from idp.everyone import everyone
from idp.flow import known_devices
from idp.logout.revocation import evict
from idp.username import canonical, split
from keys.token import new_id
from storage import Duplicate
from storage.records import User

COLUMNS = ("username", "display_name", "email", "groups", "disabled_at")


@click.group(cls=Noun)
def user() -> None:
    """People: add, import, export, list, show, set, unset, disable, enable, unlock, forget, delete, erase."""


user.add_command(import_)
user.add_command(export)
user.add_command(attribute.set_)
user.add_command(attribute.unset)
user.add_command(forget)
user.add_command(erase)


@user.command()
@click.argument("name")
@click.option("--group", "groups", multiple=True, metavar="G", help="May be given several times.")
@click.option("--email", metavar="E")
@click.option("--display-name", default="", metavar="TEXT")
@click.option("--domain", metavar="D", help="The domain of the name; NAME@D says the same.")
@in_tenant
async def add(
    opened: Opened, /, name: str, groups: tuple[str, ...], domain: str | None, **about: Any
) -> None:
    """Add a user. `idp credential set` then gives him something to prove himself with.

    The password of somebody whose domain has a directory is kept there.
    """
    username, home = named(opened, name, domain)
    check(groups, about["email"])
    person = User(
        id=new_id(),
        username=username,
        created_at=opened.now,
        domain=home,
        groups=frozenset(groups),
        **about,
    )
    try:
        async with opened.transaction() as tx:
            await tx.users.add(person)
            await audit.record(
                tx,
                "user.added",
                opened.now,
                user_id=person.id,
                username=person.login_name,
                groups=sorted(groups),
            )
    except Duplicate:
        raise click.ClickException(f"there is a user {person.login_name} already") from None
    click.echo(f"added {person.login_name}")


@user.command("list")
@click.option("--group", metavar="G", help="Only members of this group.")
@json_option
@in_tenant
async def list_(opened: Opened, group: str | None, as_json: bool) -> None:
    """List users by name."""
    async with opened.snapshot() as tx:
        people = [each async for each in everyone(tx) if group is None or group in each.groups]
    show([_row(opened, each) for each in people], COLUMNS, as_json=as_json)


@user.command("show")
@click.argument("name")
@json_option
@in_tenant
async def show_(opened: Opened, name: str, as_json: bool) -> None:
    """Show one user: groups, credentials, sessions, wrong answers, known browsers, logins that could be seen."""
    async with opened.reading(name) as (tx, person):
        held = await tx.credentials.list(person.id)
        sessions = await tx.sessions.list(person.id, opened.now)
        how = await standing(tx, opened, person)
    record = _row(opened, person) | {
        "created_at": opened.time(person.created_at),
        "changed_at": None if person.changed_at is None else opened.time(person.changed_at),
        "attributes": attributes.kept(person),
        "credentials": sorted({each.authenticator for each in held}),
        "sessions": len(sessions),
        **how,
    }
    show_record(record, as_json=as_json)


@user.command()
@click.argument("name")
@in_tenant
async def disable(opened: Opened, name: str) -> None:
    """Let a user in nowhere: his sessions and everything issued to services end with it, and services are told."""
    async with opened.changing(name) as about:
        person = about.user
        if person.disabled_at is None:
            await about.tx.users.replace(dataclasses.replace(person, disabled_at=opened.now))
        sessions, grants = await evict(about.tx, opened.doors, person.id, opened.now)
        await about.record("user.disabled", sessions=sessions, grants=grants)
    click.echo(
        f"disabled {person.login_name}, ended {counted(sessions, 'session')} and {counted(grants, 'grant')}"
    )


@user.command()
@click.argument("name")
@in_tenant
async def enable(opened: Opened, name: str) -> None:
    """Let a disabled user in again."""
    async with opened.changing(name) as about:
        await about.tx.users.replace(dataclasses.replace(about.user, disabled_at=None))
        await about.record("user.enabled")
    click.echo(f"enabled {about.user.login_name}")


@user.command()
@click.argument("name")
@in_tenant
async def unlock(opened: Opened, name: str) -> None:
    """Forget wrong answers given under a name, whether or not a user has it, wherever they were given."""
    username = canonical(name)
    async with opened.transaction() as tx:
        person = await tx.users.find_by_name(*split(username, opened.tenant.settings.domains))
        budgets = await known_devices.budgets_of(tx, person, opened.now) if person else (throttle.STRANGER,)
        was_locked = await throttle.unlock(tx, username, opened.tenant.authenticators, budgets)
        if was_locked:
            about = person.id if person else None
            await audit.record(tx, "user.unlocked", opened.now, user_id=about, username=username)
        elif person is None:
            await find_user(tx, name, opened.tenant.settings.domains)  # raises, and says who may be meant
    click.echo(f"unlocked {username}" if was_locked else f"{username} had no wrong answers")


@user.command()
@click.argument("name")
@click.confirmation_option(prompt="This cannot be undone. Delete the user?")
@in_tenant
async def delete(opened: Opened, name: str) -> None:
    """Delete a user with credentials, sessions and grants. The audit log keeps what he did, unlike with erase."""
    async with opened.changing(name) as about:
        person = about.user
        await evict(about.tx, opened.doors, person.id, opened.now)
        await about.tx.users.delete(person.id)
        await throttle.unlock(about.tx, person.login_name, opened.tenant.authenticators)
        await about.record("user.deleted")
    click.echo(f"deleted {person.login_name}")


def _row(opened: Opened, person: User) -> dict[str, Any]:
    return {
        "id": person.id,
        "username": person.login_name,
        "domain": person.domain,
        "display_name": person.display_name,
        "email": person.email,
        "groups": sorted(person.groups),
        "disabled_at": opened.time(person.disabled_at) if person.disabled_at is not None else None,
    }

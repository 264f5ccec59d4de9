"""`idp session`: who is signed in, and services that are still to be told that a session has ended."""

from __future__ import annotations

import click

from idp.cli.context import Opened, in_tenant
from idp.cli.identifier import Identifying
from idp.cli.noun import Noun
from idp.cli.show import json_option, show
from idp.logout import revocation

COLUMNS = ("sid", "created_at", "seen_at", "address", "services")
PENDING = ("service", "client_id", "user", "sid", "since", "next_try_at", "attempts", "failure")
MANY = 1000


@click.group(cls=Noun)
def session() -> None:
    """Who is signed in where: list, end; which services are still to be told."""


@session.command("list")
@click.argument("name")
@json_option
@in_tenant
async def list_(opened: Opened, name: str, as_json: bool) -> None:
    """List a user's sessions, and the services that each went to; those that a NAS reported come last."""
    async with opened.reading(name) as (tx, person):
        held = await tx.sessions.list(person.id, opened.now)
        services = {each.sid: {grant.service for grant in await tx.grants.list(each.sid)} for each in held}
        connected = await tx.network_sessions.list_of(person.id, opened.now)
    rows = [
        {
            "sid": each.sid,
            "created_at": opened.time(each.created_at),
            "seen_at": opened.time(each.seen_at),
            "expires_at": opened.time(each.expires_at),
            "address": each.address,
            "user_agent": each.user_agent,
            "services": sorted(services[each.sid]),
        }
        for each in held
    ]
    rows += [
        {
            "sid": each.id,
            "created_at": opened.time(each.began_at),
            "seen_at": opened.time(each.seen_at),
            "expires_at": opened.time(each.expires_at),
            "address": each.station or each.framed,
            "user_agent": "",
            "services": [each.service],
        }
        for each in connected
    ]
    show(rows, COLUMNS, as_json=as_json)


@session.command(cls=Identifying)
@click.argument("sid")
@click.option("--offline", is_flag=True, help="Also take back what was given for use without the user.")
@in_tenant
async def end(opened: Opened, sid: str, offline: bool) -> None:
    """End one session everywhere; its services, or the NAS that reported it, are told within seconds."""
    async with opened.transaction() as tx:
        held = await tx.sessions.find_by_sid(sid, opened.now)
        connected = await tx.network_sessions.find(sid)
        if held is not None:
            told = await revocation.end(
                tx, opened.doors, held, opened.now, reason="operator", offline=offline
            )
        elif connected is not None and connected.ended_at is None:
            told = int(await revocation.disconnect(tx, opened.doors, connected, opened.now))
        else:
            raise click.ClickException(f"there is no session {sid}")
    click.echo(f"ended {sid}, services to be told: {told}")


@session.command()
@json_option
@in_tenant
async def pending(opened: Opened, as_json: bool) -> None:
    """List services that are still to be told that a session has ended, and why they were not yet."""
    async with opened.snapshot() as tx:
        waiting = await tx.deliveries.list(limit=MANY)
        people = {each.user_id: await tx.users.find(each.user_id) for each in waiting}
    rows = [
        {
            "service": each.service,
            "client_id": each.client_id,
            "user": person.login_name if (person := people[each.user_id]) else each.user_id,
            "sid": each.sid,
            "since": opened.time(each.created_at),
            "next_try_at": opened.time(each.due_at),
            "attempts": each.attempts,
            "failure": each.failure,
        }
        for each in waiting
    ]
    show(rows, PENDING, as_json=as_json)

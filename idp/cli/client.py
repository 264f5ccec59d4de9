"""`idp client`: OpenID Connect clients that registered themselves, and the tokens that let them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, Final

import click

from idp import audit
from idp.cli.context import Opened, in_tenant
from idp.cli.identifier import Identifying
from idp.cli.noun import Noun
from idp.cli.show import json_option, show, show_record
from keys.token import hash_token, new_id, new_token
from storage import Transaction
from storage.registration import InitialToken, RegisteredClient

PAGE: Final = 500
DAY_SECONDS: Final = 86400
COLUMNS: Final = ("client_id", "name", "redirect_uris", "created_at")
TOKEN_COLUMNS: Final = ("id", "note", "uses_left", "expires_at")


@click.group(cls=Noun)
def client() -> None:
    """Clients that registered themselves: list, show, delete, token."""


@client.command("list")
@json_option
@in_tenant
async def list_(opened: Opened, as_json: bool) -> None:
    """List them by id. Clients of the configuration stand in its files."""
    async with opened.snapshot() as tx:
        rows = [_row(opened, each) async for each in _every(tx)]
    show(rows, COLUMNS, as_json=as_json)


@client.command("show", cls=Identifying)
@click.argument("client_id")
@json_option
@in_tenant
async def show_(opened: Opened, client_id: str, as_json: bool) -> None:
    """Show what one registered."""
    async with opened.snapshot() as tx:
        found = await tx.registered_clients.find(client_id)
    if found is None:
        raise click.ClickException(f"no registered client is called {client_id}")
    times = {"created_at": opened.time(found.created_at), "changed_at": opened.time(found.changed_at)}
    show_record({"client_id": found.id, **times, **found.metadata}, as_json=as_json)


@client.command(cls=Identifying)
@click.argument("client_id")
@click.confirmation_option(prompt="This cannot be undone. Delete the client?")
@in_tenant
async def delete(opened: Opened, client_id: str) -> None:
    """Delete one. What was issued to it is worth nothing at once."""
    async with opened.transaction() as tx:
        if not await tx.registered_clients.delete(client_id):
            raise click.ClickException(f"no registered client is called {client_id}")
        await audit.record(tx, "client.deleted", opened.now, client=client_id, by="administrator")
    click.echo(f"deleted {client_id}")


@client.group()
def token() -> None:
    """Initial access tokens, which let their holders register clients: add, list, delete."""


@token.command()
@click.option(
    "--uses", type=click.IntRange(1, 10_000), default=1, show_default=True, help="How many clients."
)
@click.option("--days", type=click.IntRange(1, 366), default=7, show_default=True, help="How long.")
@click.option("--note", default="", metavar="TEXT", help="Whom it is for.")
@in_tenant
async def add(opened: Opened, uses: int, days: int, note: str) -> None:
    """Make a token and print it, this once: only its hash is kept."""
    secret = new_token()
    fresh = InitialToken(
        id=new_id(),
        token_hash=hash_token(secret),
        note=note,
        uses_left=uses,
        created_at=opened.now,
        expires_at=opened.now + days * DAY_SECONDS,
    )
    async with opened.transaction() as tx:
        await tx.initial_tokens.add(fresh)
        await audit.record(
            tx, "initial_token.added", opened.now, token=fresh.id, uses=uses, days=days, note=note
        )
    click.echo(secret.reveal())


@token.command("list")
@json_option
@in_tenant
async def list_tokens(opened: Opened, as_json: bool) -> None:
    """List tokens that have not expired; never the tokens themselves."""
    async with opened.snapshot() as tx:
        tokens = await tx.initial_tokens.list(opened.now)
    rows = [
        {
            "id": each.id,
            "note": each.note,
            "uses_left": each.uses_left,
            "created_at": opened.time(each.created_at),
            "expires_at": opened.time(each.expires_at),
        }
        for each in tokens
    ]
    show(rows, TOKEN_COLUMNS, as_json=as_json)


@token.command("delete", cls=Identifying)
@click.argument("token_id")
@in_tenant
async def delete_token(opened: Opened, token_id: str) -> None:
    """Take a token back, by its id. Clients that it registered stay."""
    async with opened.transaction() as tx:
        if not await tx.initial_tokens.delete(token_id):
            raise click.ClickException(f"no initial access token is called {token_id}")
        await audit.record(tx, "initial_token.deleted", opened.now, token=token_id)
    click.echo(f"deleted {token_id}")


async def _every(tx: Transaction) -> AsyncIterator[RegisteredClient]:
    after = ""
    while page := await tx.registered_clients.list(after, PAGE):
        for each in page:
            yield each
        after = page[-1].id


def _row(opened: Opened, found: RegisteredClient) -> dict[str, Any]:
    return {
        "client_id": found.id,
        "name": found.metadata.get("client_name"),
        "redirect_uris": list(found.metadata["redirect_uris"]),
        "created_at": opened.time(found.created_at),
    }

"""Logins in progress: found while they live, consumed once."""

from __future__ import annotations

from storage.records import Interaction
from storage.sql.columns import dump, dump_names, dump_proofs, load, load_names, load_proofs
from storage.sql.connection import Connection, Row

COLUMNS = """
id, browser_hash, door, service, request, created_at, expires_at, step, username, user_id, chain, proofs,
prompt, release_id, rule"""
ADD = f"""
INSERT INTO interactions (tenant, acr, {COLUMNS})
VALUES (:tenant, '', :id, :browser_hash, :door, :service, :request, :created_at, :expires_at, :step, :username,
    :user_id, :chain, :proofs, :prompt, :release_id, :rule)"""
FIND = f"SELECT {COLUMNS} FROM interactions WHERE tenant = :tenant AND id = :id AND expires_at > :now"
CONSUME = f"""
DELETE FROM interactions
WHERE tenant = :tenant AND id = :id AND browser_hash = :browser_hash AND expires_at > :now
RETURNING {COLUMNS}"""
DELETE_OF = "DELETE FROM interactions WHERE tenant = :tenant AND user_id = :user_id RETURNING 1"


class SQLInteractions:
    """`storage.contract.Interactions`."""

    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add(self, interaction: Interaction) -> None:
        await self._connection.write(
            ADD,
            id=interaction.id,
            browser_hash=interaction.browser_hash,
            door=interaction.door,
            service=interaction.service,
            request=dump(interaction.request),
            created_at=interaction.created_at,
            expires_at=interaction.expires_at,
            step=interaction.step,
            username=interaction.username,
            user_id=interaction.user_id,
            chain=dump_names(interaction.chain),
            proofs=dump_proofs(interaction.proofs),
            prompt=dump(interaction.prompt),
            release_id=interaction.release_id,
            rule=interaction.rule,
        )

    async def find(self, interaction_id: str, now: int) -> Interaction | None:
        rows = await self._connection.query(FIND, id=interaction_id, now=now)
        return _interaction(rows[0]) if rows else None

    async def consume(self, interaction_id: str, browser_hash: bytes, now: int) -> Interaction | None:
        rows = await self._connection.query(CONSUME, id=interaction_id, browser_hash=browser_hash, now=now)
        return _interaction(rows[0]) if rows else None

    async def delete_of(self, user_id: str) -> int:
        return len(await self._connection.query(DELETE_OF, user_id=user_id))


def _interaction(row: Row) -> Interaction:
    id_, browser_hash, door, service, request, created_at, expires_at, step, username, user_id, *rest = row
    chain, proofs, prompt, *later = rest
    return Interaction(
        id_,
        browser_hash,
        door,
        service,
        load(request),
        created_at,
        expires_at,
        step,
        username,
        user_id,
        load_names(chain),
        load_proofs(proofs),
        load(prompt),
        *later,
    )

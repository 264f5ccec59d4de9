"""Wrapped data keys: the first node to add a version wins."""

from __future__ import annotations

from collections.abc import Sequence

from storage.contract import Duplicate
from storage.keyring import DataKey
from storage.sql.connection import Connection

ADD = """
INSERT INTO data_keys (tenant, version, wrapped, created_at) VALUES (:tenant, :version, :wrapped, :created_at)
ON CONFLICT DO NOTHING RETURNING 1"""
LIST = "SELECT version, wrapped, created_at FROM data_keys WHERE tenant = :tenant ORDER BY version"


class SQLDataKeys:
    """`storage.contract.DataKeys`."""

    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add(self, key: DataKey) -> None:
        added = await self._connection.query(
            ADD, version=key.version, wrapped=key.wrapped, created_at=key.created_at
        )
        if not added:
            raise Duplicate(f"data key version {key.version} exists")

    async def list(self) -> Sequence[DataKey]:
        return [DataKey(*row) for row in await self._connection.query(LIST)]

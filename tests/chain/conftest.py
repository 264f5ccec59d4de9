"""A tenant's log on each of the two databases, written and linked without a server."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from idp.audit import record
from idp.chain import statement
from idp.chain.linking import Linker
from idp.chain.verifying import Verification
from idp.config.tenant import TenantSettings
from idp.custody.derivation import open_key
from idp.custody.vault import open_vault
from idp.login import Login
from idp.provider import IdentityProvider
from idp.tenant import Tenant
from keys.jws import SigningKey
from keys.master import MasterKey
from storage import Storage
from storage.records import User
from storage.sql import SQLTransaction

NOW = 1_800_000_000  # 2027-01-15 17:00 in Tokyo
ZONE = ZoneInfo("Asia/Tokyo")


@dataclass
class House:
    """One tenant, its log, and a clock that is set by hand."""

    store: Storage
    tenant: Tenant
    key: SigningKey
    now: int = NOW
    anchor: Path | None = None
    provider: IdentityProvider = field(init=False)

    def __post_init__(self) -> None:
        tenants = {self.tenant.name: self.tenant}
        self.provider = IdentityProvider(tenants, self.store, Login(), lambda: self.now)
        self.linker = Linker(self.provider, self.tenant, self.anchor)

    async def write(self, *events: str, user_id: str | None = "u-1", **details: object) -> None:
        """Events, one transaction each."""
        for event in events:
            async with self.store.transaction(self.tenant.name) as tx:
                await record(tx, event, self.now, user_id=user_id, address="192.0.2.7", **details)  # type: ignore[arg-type]

    async def link(self) -> int:
        return await self.linker.link_all()

    def verification(self, *anchors: str, is_export: bool = False) -> Verification:
        return Verification(self.tenant.name, {self.key.kid: self.key}.get, anchors, is_export=is_export)

    @asynccontextmanager
    async def tampering(self) -> AsyncIterator[SQLTransaction]:
        """Whatever is done to the database is undone at the end."""

        class Undo(Exception):
            pass

        try:
            async with self.store.transaction(self.tenant.name) as tx:
                assert isinstance(tx, SQLTransaction)
                yield tx
                raise Undo
        except Undo:
            pass


@pytest.fixture
async def new_house(store: Storage, tmp_path: Path) -> Callable[..., object]:
    async def make(name: str = "acme", **audit: object) -> House:
        master = MasterKey(b"m" * 32)
        vault = await open_vault(store, name, master, NOW)
        settings = TenantSettings(
            tenant=name,
            base_url=f"https://{name}.example.com",
            display_name={"en": name},
            audit=audit,  # type: ignore[arg-type]
        )
        tenant = Tenant(name, settings, {}, (), {}, vault, ZONE, bytes(32))
        secret = await open_key(store, vault, statement.PURPOSE, NOW)
        async with store.transaction(name) as tx:
            await tx.users.add(User("u-1", "alice", NOW))
        return House(store, tenant, statement.signing_key(secret), anchor=tmp_path / "anchor")

    return make


@pytest.fixture
async def house(new_house: Callable[..., object]) -> House:
    made = new_house()
    assert hasattr(made, "__await__")
    found: House = await made
    return found

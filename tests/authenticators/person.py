"""One user of one tenant, and the authenticators that prove him."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from idp.authenticators import Authenticator, table
from keys.seal import Vault
from keys.secret import Secret
from storage import Storage
from storage.records import Credential, User

TENANT = "acme"
NOW = 1_800_000_000


@dataclass
class Person:
    """A user who is asked and answers, each time in a transaction of his own."""

    store: Storage
    vault: Vault
    user: User

    def open(self, name: str, **settings: Any) -> Authenticator:
        """An authenticator with these settings, as `authenticators.yaml` would give them."""
        section = table.find(name).Settings.model_validate(settings)
        return table.open_authenticators({name: section}, self.vault)[name]

    async def enrol(self, authenticator: Authenticator, **given: str) -> Credential:
        credential = authenticator.enrol(self.user, {name: Secret(text) for name, text in given.items()}, NOW)
        await self.keep(credential)
        return credential

    async def keep(self, credential: Credential) -> None:
        async with self.store.transaction(TENANT) as tx:
            await tx.credentials.add(credential)

    async def held(self, authenticator: Authenticator) -> list[Credential]:
        async with self.store.snapshot(TENANT) as tx:
            return list(await tx.credentials.list(self.user.id, authenticator.name))

    async def challenge(self, authenticator: Authenticator, now: int = NOW) -> dict[str, Any]:
        async with self.store.transaction(TENANT) as tx:
            return dict(await authenticator.challenge(tx, self.user, now))

    async def verify(
        self,
        authenticator: Authenticator,
        answer: str,
        now: int = NOW,
        prompt: dict[str, Any] | None = None,
        user: User | None = None,
        *,
        unknown: bool = False,
    ) -> bool:
        who = None if unknown else user or self.user
        async with self.store.transaction(TENANT) as tx:
            return await authenticator.verify(tx, who, prompt or {}, Secret(answer), now)


async def person(store: Storage, vault: Vault, name: str) -> Person:
    user = User(f"id-{name}", name, NOW)
    async with store.transaction(TENANT) as tx:
        await tx.users.add(user)
    return Person(store, vault, user)

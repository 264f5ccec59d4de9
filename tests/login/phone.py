"""A phone with the token app, as far as the server knows it: a device for codes, and a key that releases logins."""

from __future__ import annotations

import dataclasses
import hmac
from dataclasses import dataclass, field

import pyotp

from idp.credentials import releasing
from idp.credentials.releasing import Registration, Signed
from idp.visit import Visit
from keys.algorithm import ES256, PrivateKey
from keys.jwk import thumbprint
from storage.releases import ReleaseKey
from tests.login.conftest import House

ES = ES256()


@dataclass
class Phone:
    """Of one user of a house, by the secret that his device was activated with."""

    house: House
    username: str
    secret: str
    key: PrivateKey = field(default_factory=ES.generate)
    known: ReleaseKey | None = None

    @property
    def registration(self) -> Registration:
        members = ES.members(self.key.public_key())
        key_id = thumbprint(members)
        said = releasing.statement("register", self.house.tenant.issuer, self.username, key_id)
        mac = hmac.digest(pyotp.TOTP(self.secret).byte_secret(), said, "sha256")
        return Registration(self.username, members["x"], members["y"], mac)

    async def register(self, **changes: object) -> bool:
        asked = dataclasses.replace(self.registration, **changes)  # type: ignore[arg-type]
        async with self.house.store.transaction(self.house.tenant.name) as tx:
            self.known = await releasing.register(self._visit(tx), asked)
        return self.known is not None

    async def sign(self, purpose: str = "release", **said: str | int) -> Signed:
        """The answer to a fresh challenge; `said` is what the statement says instead."""
        assert self.known
        async with self.house.store.transaction(self.house.tenant.name) as tx:
            challenge, until = await releasing.challenge(self._visit(tx), self.known.id)
        parts: dict[str, str | int] = {
            "issuer": self.house.tenant.issuer,
            "key": self.known.id,
            "user": self.known.user_id,
            "challenge": challenge.reveal(),
            "until": until,
        }
        statement = releasing.statement(purpose, *{**parts, **said}.values())
        return Signed(self.known.id, challenge, until, ES.sign(self.key, statement))

    async def send(self, signed: Signed) -> int | None:
        async with self.house.store.transaction(self.house.tenant.name) as tx:
            return await releasing.release(self._visit(tx), signed)

    async def release(self) -> int | None:
        return await self.send(await self.sign())

    async def stop(self, signed: Signed | None = None) -> bool:
        signed = signed or await self.sign("stop")
        async with self.house.store.transaction(self.house.tenant.name) as tx:
            return await releasing.stop(self._visit(tx), signed)

    def _visit(self, tx: object) -> Visit:
        return Visit(tx, self.house.tenant, self.house.caller, self.house.now)  # type: ignore[arg-type]

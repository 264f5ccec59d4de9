"""The password authenticator: NIST SP 800-63B §5.1.1, Argon2id (RFC 9106)."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from functools import partial
from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, Field

from idp.authenticators import Prompt, Refused
from idp.authenticators.answer import Answer
from idp.authenticators.password.hashing import EXECUTOR, decoy_hash, is_hash_of, is_outdated, new_hash
from idp.authenticators.safe import Held, Safe
from idp.config.model import Model
from keys.seal import Vault
from keys.secret import Secret
from storage import Transaction
from storage.records import Credential, User

SHORTEST, LONGEST = 8, 1024  # characters


class PasswordSettings(Model):
    """No rules of composition: they make passwords worse (NIST SP 800-63B §5.1.1.2)."""

    min: Annotated[int, Field(ge=SHORTEST, le=LONGEST)] = SHORTEST  # characters
    queue: Annotated[int, Field(ge=0, le=10_000)] = (
        32  # logins that may wait for a hash before others are sent away
    )


class Password:
    """Verifies passwords of one tenant."""

    name: ClassVar[str] = "password"
    amr: ClassVar[tuple[str, ...]] = ("pwd",)
    factor: ClassVar[Literal["knowledge", "possession", "inherence"]] = "knowledge"
    compares: ClassVar[bool] = False  # only its own hash is kept
    shows: ClassVar[bool] = False
    at_once: ClassVar[bool] = False
    width: ClassVar[int] = 0
    Settings: ClassVar[type[BaseModel]] = PasswordSettings
    fields: ClassVar[tuple[str, ...]] = ("password",)
    account_path: ClassVar[str | None] = "/account/password"

    def __init__(self, settings: PasswordSettings, vault: Vault) -> None:
        self._settings = settings
        self._safe = Safe(vault, self.name, decoy_hash().encode())

    @property
    def shortest(self) -> int:
        """How many characters a new one has at least."""
        return self._settings.min

    async def challenge(self, tx: Transaction, user: User | None, now: int) -> Prompt:
        return {}

    async def verify(
        self, tx: Transaction, user: User | None, prompt: Prompt, answer: Answer, now: int
    ) -> bool:
        """One hash, whoever asks, outside of any transaction. Raises `Busy` before anything else happens."""
        if not isinstance(answer, Secret):
            return False
        with EXECUTOR.slot(self._settings.queue):
            held = (await self._safe.open(tx, user))[-1]
            await tx.commit()
            password, fits = _normalise(answer)
            matches = await EXECUTOR.run(partial(is_hash_of, held.content.decode(), password))
            if not (matches and fits and held.genuine):
                return False
            if is_outdated(held.content.decode()):
                await self._renew(tx, held, password, now)
        await tx.credentials.touch(held.credential.id, now)
        return True

    def enrol(self, user: User, given: Mapping[str, Secret], now: int) -> Credential:
        """Takes `password`. Computes a hash right here. Raises `Refused`."""
        password, fits = _normalise(given["password"])
        length = len(password.decode("utf-8", "surrogatepass"))
        if length < self._settings.min:
            raise Refused("too-short", f"a password has at least {self._settings.min} characters")
        if not fits or length > LONGEST:
            raise Refused("too-long", f"a password has at most {LONGEST} characters")
        return self._safe.seal(user, new_hash(password).encode(), now)

    async def _renew(self, tx: Transaction, held: Held, password: bytes, now: int) -> None:
        """Hash anew by the present parameters. A password that was changed meanwhile has another row."""
        fresh = await EXECUTOR.run(partial(new_hash, password))
        await tx.credentials.replace(self._safe.reseal(held.credential, fresh.encode(), now))


def _normalise(secret: Secret) -> tuple[bytes, bool]:
    """The password as it is hashed, in NFKC (NIST SP 800-63B §5.1.1.2), and whether that is all of it.

    More than could ever be enrolled is cut off, so that nobody makes us normalise a megabyte.
    """
    typed = secret.reveal()
    limit = 4 * LONGEST  # composing shortens
    return unicodedata.normalize("NFKC", typed[:limit]).encode("utf-8", "surrogatepass"), len(typed) <= limit

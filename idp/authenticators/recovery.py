"""Recovery codes: ten on a sheet of paper, each in place of a lost device, once."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Annotated, ClassVar, Final, Literal

from pydantic import BaseModel, Field

from idp.authenticators import Prompt, Refused
from idp.authenticators.answer import Answer
from idp.authenticators.safe import NOBODY, Safe
from idp.config.model import Model, Name
from idp.custody.derivation import ready_key
from keys import base64url
from keys.seal import Vault, encode_context
from keys.secret import Secret
from storage import Transaction
from storage.records import Credential, User

CODES: Final = 10
# Crockford's Base32: no letter that is read as another, and what is misread all the same is understood.
ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_READ: Final = str.maketrans("OIL", "011", "- \u2010\u2011\u2012\u2013\u2014\u2212")
# 80 bits: beyond any search, even by a thief of the database and the key, so that no slow hash is needed; a fast one
# lets nobody keep the server busy with guesses.
GROUP: Final = 4
LENGTH: Final = 4 * GROUP
LONGEST: Final = 64  # characters that are looked at of what was typed
PURPOSE: Final = "recovery codes"  # of the derivation key; another key would void every code


class RecoverySettings(Model):
    """The section `recovery`."""

    instead_of: Annotated[tuple[Name, ...], Field(min_length=1)] = ("totp", "passkey")


class Recovery:
    """Takes codes. Each is a row that its keyed hash names, so that to check it and to use it up is one statement."""

    name: ClassVar[str] = "recovery"
    amr: ClassVar[tuple[str, ...]] = ("otp",)
    factor: ClassVar[Literal["knowledge", "possession", "inherence"]] = "possession"
    compares: ClassVar[bool] = False
    shows: ClassVar[bool] = False
    at_once: ClassVar[bool] = True
    Settings: ClassVar[type[BaseModel]] = RecoverySettings
    fields: ClassVar[tuple[str, ...]] = ()
    account_path: ClassVar[str | None] = "/account/recovery-codes"

    def __init__(self, settings: RecoverySettings, vault: Vault) -> None:
        self.settings = settings
        self._vault = vault
        self._safe = Safe(vault, self.name, b"")

    @property
    def width(self) -> int:
        """People type the groups with spaces between, or without."""
        return 0

    async def challenge(self, tx: Transaction, user: User | None, now: int) -> Prompt:
        return {}

    async def verify(
        self, tx: Transaction, user: User | None, prompt: Prompt, answer: Answer, now: int
    ) -> bool:
        if not isinstance(answer, Secret):
            return False
        key = await ready_key(tx, self._vault, PURPOSE, now)
        return await tx.credentials.delete_one(_row(key, user or NOBODY, _meant(answer)))

    def enrol(self, user: User, given: Mapping[str, Secret], now: int) -> Credential:
        """Codes are made by the tenfold. Raises `Refused`."""
        raise Refused("browser", f"recovery codes are made by their owner, at {self.account_path}")

    async def issue(self, tx: Transaction, user: User, now: int) -> Sequence[Secret]:
        """Fresh codes as they are printed; those before are worth nothing any more."""
        key = await ready_key(tx, self._vault, PURPOSE, now)
        await tx.users.lock(user.id)  # of two at once, the second makes the first's worth nothing
        await tx.credentials.delete(user.id, self.name)
        codes = ["".join(secrets.choice(ALPHABET) for _ in range(LENGTH)) for _ in range(CODES)]
        for code in codes:
            empty = Credential(_row(key, user, code), user.id, self.name, b"", now, now)
            await tx.credentials.add(self._safe.reseal(empty, b"", now))
        return [Secret("-".join(code[at : at + GROUP] for at in range(0, LENGTH, GROUP))) for code in codes]

    async def left(self, tx: Transaction, user: User) -> int:
        """How many of the user's codes were not used."""
        return len(await tx.credentials.list(user.id, self.name))


def _meant(typed: Secret) -> str:
    text = unicodedata.normalize("NFKC", typed.reveal()[:LONGEST])
    return text.strip().upper().translate(_READ)


def _row(key: bytes, user: User, code: str) -> str:
    """Of this user's code alone: a row that is given to another user opens nothing for him."""
    text = encode_context(user.id, code.encode("utf-8", "replace").decode())
    return base64url.encode(hmac.digest(key, text, hashlib.sha256)).decode()

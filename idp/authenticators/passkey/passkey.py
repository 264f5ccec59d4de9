"""Asks for a passkey, and accepts each signature once."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final, Literal
from uuid import UUID

import orjson
import structlog
from pydantic import BaseModel

from idp.authenticators import Prompt, Refused
from idp.authenticators.answer import Answer
from idp.authenticators.passkey.ceremony import Ceremony, Key, Wrong
from idp.authenticators.passkey.chest import NAME, Chest, Kept
from idp.authenticators.passkey.decoys import PURPOSE, decoys, place, stand_in
from idp.authenticators.passkey.settings import PasskeySettings, Placed
from idp.custody.derivation import ready_key
from keys import base64url
from keys.seal import Vault
from keys.secret import Secret
from storage import Transaction
from storage.records import Credential, User

CHALLENGE_BYTES: Final = 32  # WebAuthn §13.4.3: at least 16

_log = structlog.get_logger()


class Passkey:
    """Verifies signatures over challenges that stand in one interaction, and so are answered once."""

    name: ClassVar[str] = NAME
    factor: ClassVar[Literal["knowledge", "possession", "inherence"]] = "possession"
    compares: ClassVar[bool] = False
    shows: ClassVar[bool] = False
    at_once: ClassVar[bool] = True
    needs_browser: ClassVar[bool] = True
    Settings: ClassVar[type[BaseModel]] = PasskeySettings
    fields: ClassVar[tuple[str, ...]] = ()
    account_path: ClassVar[str | None] = "/account/passkeys"

    def __init__(self, settings: Placed, vault: Vault) -> None:
        self.settings = settings
        self._vault = vault
        self._chest = Chest(vault)
        self._ceremony = Ceremony(settings)

    @property
    def amr(self) -> tuple[str, ...]:
        """RFC 8176 §2: a key in hardware only where its maker says so, and always somebody who was there."""
        return ("hwk", "user") if self._is_attested else ("swk", "user")

    @property
    def is_multiple(self) -> bool:
        """A device that wants its PIN or a finger first is two factors by itself (NIST SP 800-63B §3.1.7)."""
        return self.settings.user_verification == "required"

    @property
    def width(self) -> int:
        """Nobody types it."""
        return 0

    async def challenge(self, tx: Transaction, user: User | None, now: int) -> Prompt:
        """For a known user; see `challenge_for`."""
        return await self.challenge_for(tx, user, user.login_name if user else "", now)

    async def challenge_for(self, tx: Transaction, user: User | None, username: str, now: int) -> Prompt:
        """A fresh challenge with the ids of the user's passkeys; of others, ids that stay the same and are nobody's."""
        held = [kept.key for kept in await self._chest.open(tx, user)]
        secret = await ready_key(tx, self._vault, PURPOSE, now)
        pretended = decoys(secret, username, await self._chest.models(tx, place(secret, username)))
        return self._prompt([(key.id, key.transports) for key in held or pretended])

    def challenge_anybody(self) -> Prompt:
        """A fresh challenge for whichever passkey the browser finds: it says whose it is (§6.1)."""
        return self._prompt(())

    async def verify(
        self, tx: Transaction, user: User | None, prompt: Prompt, answer: Answer, now: int
    ) -> bool:
        if not isinstance(answer, Secret) or "challenge" not in prompt:
            return False
        held = {kept.key.id: kept for kept in await self._chest.open(tx, user)}
        listed = [
            base64url.decode(one["id"].encode()) for one in prompt["options"].get("allowCredentials", ())
        ]
        # An id that was shown and is nobody's has a key as well: its signature costs as much.
        keys = [held[each].key if each in held else stand_in(each) for each in listed or held]
        try:
            given = self._ceremony.asserted(
                base64url.decode(prompt["challenge"].encode()), keys, answer.reveal()
            )
        except Wrong:
            return False
        used = held.get(given.id)
        return (
            used is not None and self._is_allowed(used.key) and await _advance(tx, used, given.counter, now)
        )

    async def model(self, tx: Transaction, user: User, answer: Secret) -> str:
        """The AAGUID of the passkey of the user's that gave this answer, which `verify` found right.

        Where `attestation` is direct its maker vouches for it, else the passkey says so itself.
        """
        given = base64url.decode(orjson.loads(answer.reveal())["rawId"].encode())
        held = (kept.key for kept in await self._chest.open(tx, user))
        return next((str(UUID(bytes=key.model)) for key in held if key.id == given), "")

    def enrol(self, user: User, given: Mapping[str, Secret], now: int) -> Credential:
        """Nobody can give another a passkey. Raises `Refused`."""
        raise Refused("browser", f"a passkey is added by its owner, at {self.account_path}")

    async def propose(self, tx: Transaction, user: User, challenge: bytes) -> Mapping[str, Any]:
        """What the user's browser is asked for to make a new passkey."""
        held = [kept.key for kept in await self._chest.open(tx, user)]
        return self._ceremony.creation(challenge, user.id, user.login_name, user.display_name, held)

    def accept(self, user: User, challenge: bytes, answer: Secret, name: str, now: int) -> Credential:
        """The new passkey, not yet stored. Raises `Refused`."""
        try:
            key, counter = self._ceremony.created(challenge, answer.reveal())
        except Wrong:
            raise Refused("passkey", "the browser did not make a passkey that can be taken here") from None
        return self._chest.seal(user, key, counter, name, now)

    @property
    def _is_attested(self) -> bool:
        return self.settings.attestation.mode == "direct"

    def _is_allowed(self, key: Key) -> bool:
        """A model that is not named any more, or was never shown, proves nothing from that moment on."""
        if not self._is_attested:
            return True
        return key.attested and key.model in {each.bytes for each in self.settings.attestation.aaguids}

    def _prompt(self, listed: Sequence[tuple[bytes, Sequence[str]]]) -> Prompt:
        challenge = secrets.token_bytes(CHALLENGE_BYTES)
        return {
            "challenge": base64url.encode(challenge).decode(),
            "options": self._ceremony.request(challenge, listed),
        }


async def _advance(tx: Transaction, used: Kept, counter: int, now: int) -> bool:
    """A counter that does not rise belongs to a copy, or to the original behind one (§6.1.1): neither is believed.

    Passkeys that are copied between devices by their provider do not count, and say 0.
    """
    row = used.credential
    if counter == 0 and row.counter <= 0:
        await tx.credentials.touch(row.id, now)
        return True
    if await tx.credentials.advance(row.id, counter, 0, now):
        return True
    _log.warning(
        "passkey.cloned", credential=row.id, user_id=row.user_id, counter=counter, before=row.counter
    )
    return False

"""What an app that releases logins asks of us: to know its key, a challenge, a release, and to be forgotten.

Whatever it asks for counts by a signature over all that it is about: the purpose, the issuer, the key, the user, and
a challenge of ours with its end. Each challenge is answered once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import orjson

from idp.authenticators.totp import Totp
from idp.mail.queue import changed
from idp.username import canonical, split
from idp.visit import Visit
from keys.jwk import VerifyingKey, thumbprint
from keys.seal import Unsealable
from keys.secret import Secret
from keys.token import hash_token, new_id, new_token
from storage.records import User
from storage.releases import Release, ReleaseKey

REGISTER_SECONDS: Final = (
    3600  # from when a device was proposed: later nobody adds a key to it who finds its secret
)
CHALLENGE_SECONDS: Final = 60
ALG: Final = "ES256"
SERVICE: Final = "account"  # as which our own pages stand in the audit log
Purpose = Literal["release", "stop"]


@dataclass(frozen=True, slots=True)
class Registration:
    """A key, and the proof that whoever brings it has the secret of a device of this user."""

    username: str
    x: str
    y: str
    mac: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Signed:
    """An answer to a challenge."""

    key_id: str
    challenge: Secret
    until: int
    signature: bytes


def is_open(visit: Visit) -> bool:
    """Whether anybody's logins are protected here."""
    return visit.tenant.settings.protect.use != "never"


async def register(visit: Visit, asked: Registration) -> ReleaseKey | None:
    """Keep the key of a device that was activated just now; the same again changes nothing. None if it may not be."""
    members = {"crv": "P-256", "kty": "EC", "x": asked.x, "y": asked.y}
    try:
        VerifyingKey.load({**members, "alg": ALG})
    except ValueError:
        return None
    tx, key_id, username = visit.tx, thumbprint(members), canonical(asked.username)
    person = await tx.users.find_by_name(*split(username, visit.tenant.settings.domains))
    user = await visit.user(person.id if person else None)
    totp = visit.tenant.authenticators.get(Totp.name)
    assert isinstance(totp, Totp)  # the configuration says so, see `idp.config.protectable`
    said = statement("register", visit.tenant.issuer, asked.username, key_id)
    device = await totp.possessed(tx, user, said, asked.mac)
    if user is None or device is None or device.created_at + REGISTER_SECONDS <= visit.now:
        return None
    sealed = visit.tenant.vault.seal(orjson.dumps(members), *_place(key_id, user.id))
    key = ReleaseKey(key_id, user.id, device.id, sealed, visit.now)
    if not await tx.releases.add_key(key):
        known = await tx.releases.find_key(key_id)
        return known if known and known.credential_id == device.id else None
    await visit.record("protect.on", user_id=user.id, service=SERVICE, username=username, device=device.name)
    await changed(tx, visit.tenant, "device", user, visit.now, address=visit.caller.whence)
    return key


async def challenge(visit: Visit, unverified_key_id: str) -> tuple[Secret, int]:
    """What the key has to sign, and until when. A key that we do not know is told something alike."""
    asked, until = new_token(), visit.now + CHALLENGE_SECONDS
    await visit.tx.releases.ask(unverified_key_id, hash_token(asked), until)
    return asked, until


async def release(visit: Visit, signed: Signed) -> int | None:
    """Let in one login of the key's user; until when it waits. None if nothing is released."""
    user = await _signer(visit, "release", signed)
    if user is None:
        return None
    until = visit.now + visit.tenant.settings.protect.release_seconds
    await visit.tx.releases.replace(Release(user.id, new_id(), signed.key_id, visit.now, until))
    await visit.record("login.released", user_id=user.id, service=SERVICE, username=user.login_name)
    return until


async def stop(visit: Visit, signed: Signed) -> bool:
    """Forget the key: its user's logins are protected by it no more."""
    user = await _signer(visit, "stop", signed)
    if user is None:
        return False
    await visit.tx.releases.delete_key(signed.key_id)
    await visit.record("protect.off", user_id=user.id, service=SERVICE, username=user.login_name)
    await changed(visit.tx, visit.tenant, "device", user, visit.now, address=visit.caller.whence)
    return True


def statement(purpose: str, *about: str | int) -> bytes:
    """What is signed, or authenticated by a secret: a line for each part."""
    return "\n".join(("masugata", purpose, *map(str, about))).encode("utf-8", "surrogatepass")


async def _signer(visit: Visit, purpose: Purpose, signed: Signed) -> User | None:
    """Whose key has signed this, for the first time. The challenge is used up by whatever comes with it."""
    challenge_hash = hash_token(signed.challenge)
    key = await visit.tx.releases.answer(signed.key_id, challenge_hash, signed.until, visit.now)
    user = await visit.user(key.user_id if key else None)
    if key is None or user is None or not is_open(visit):
        return None
    about = (visit.tenant.issuer, key.id, key.user_id, signed.challenge.reveal(), signed.until)
    try:
        members: Mapping[str, Any] = orjson.loads(
            visit.tenant.vault.open(key.sealed, *_place(key.id, key.user_id))
        )
    except Unsealable:
        return None
    verifies = VerifyingKey.load({**members, "alg": ALG}).verifies
    return user if verifies(signed.signature, statement(purpose, *about)) else None


def _place(key_id: str, user_id: str) -> tuple[str, ...]:
    return "release_keys", key_id, user_id

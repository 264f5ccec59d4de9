"""What the owner of client certificates does with them: gets one, names it, revokes it."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import orjson

from idp.authenticators import Refused
from idp.authenticators.certificate import ClientCertificate
from idp.authenticators.certificate.settings import AFTER_LOGIN
from idp.authenticators.recovery import ALPHABET, GROUP
from idp.credentials import owned
from idp.credentials.enrolment import device_name
from idp.custody import authority
from idp.mail.queue import changed
from idp.visit import Visit
from keys import base64url
from keys.client_authority import Issued
from keys.seal import Unsealable
from keys.secret import Secret
from storage.records import Credential, Proof, User

SERVICE: Final = "account"  # in the audit log
STATE_SECONDS: Final = 600  # to write the password down and press the button
SHORTEST: Final = (
    12  # characters of a password that is chosen: whoever finds the file may guess as fast as he can
)
LONGEST: Final = 64
_MADE_GROUPS: Final = 4  # 80 random bits
DAY: Final = 86400


@dataclass(frozen=True, slots=True)
class Offer:
    """An import password that was made for one download."""

    password: Secret
    state: str  # the same, sealed for this user and this browser


def offer(visit: Visit, user: User) -> Offer:
    """A fresh password, to be shown with the form that brings its `state` back."""
    password = make_password()
    content = {"password": password.reveal(), "until": visit.now + STATE_SECONDS}
    sealed = visit.tenant.vault.seal(orjson.dumps(content), *_place(visit, user))
    return Offer(password, base64url.encode(sealed).decode())


def make_password() -> Secret:
    """A fresh import password, in groups that are easy to type."""
    letters = "".join(secrets.choice(ALPHABET) for _ in range(_MADE_GROUPS * GROUP))
    return Secret("-".join(letters[at : at + GROUP] for at in range(0, len(letters), GROUP)))


async def accept(visit: Visit, user: User, state: str) -> Secret:
    """The password of an offer that was made to this user in this browser a while ago, once. Raises `Refused`."""
    late = Refused("late", "the page was open for too long, or was sent already")
    try:
        content = orjson.loads(
            visit.tenant.vault.open(base64url.decode(state.encode()), *_place(visit, user))
        )
    except (Unsealable, ValueError):
        raise late from None
    # Of what is sealed, for the same bytes may be written in several ways.
    digest = hashlib.sha256(f"import {content['password']}".encode()).digest()
    if content["until"] <= visit.now or not await visit.tx.spent_identifiers.add(digest, content["until"]):
        raise late
    return Secret(content["password"])


def choose(password: Secret, again: Secret) -> Secret:
    """The password that the user chose. Raises `Refused`."""
    text = password.reveal()
    if not SHORTEST <= len(text) <= LONGEST:
        raise Refused("short", f"a password has {SHORTEST} to {LONGEST} characters")
    if not (text.isascii() and text.isprintable()):  # systems do not agree how others are encoded
        raise Refused("ascii", "only letters without accents, digits and signs")
    if password != again:
        raise Refused("differs", "the two were not alike")
    return password


async def issue(visit: Visit, certificate: ClientCertificate, user: User, name: str) -> Issued:
    """A certificate for the user, with its key. Raises `Refused` where there may be no more."""
    settings = certificate.settings
    if certificate.account_path is None:
        raise Refused("operator", "nobody issues certificates to himself here")
    await visit.tx.users.lock(user.id)  # of two at once, the second counts the first's
    if len(await visit.tx.credentials.list(user.id, certificate.name)) >= settings.certificates:
        raise Refused("certificates", f"there are {settings.certificates} certificates already")
    crl = visit.tenant.url(authority.PATH)
    fresh, held = await certificate.issue(visit.tx, user, device_name(name), visit.now, crl)
    await _changed(visit, user, "credential.added", held)
    return fresh


async def rename(visit: Visit, user: User, serial: str, name: str) -> bool:
    """Give a certificate of the user another name; False where it is none of his."""
    return await owned.rename(visit, user, ClientCertificate.name, serial, name)


async def remove(visit: Visit, user: User, serial: str) -> bool:
    """Revoke a certificate of the user; False where it is none of his, or gone already.

    Raises `Refused` for the last one where he may be asked for one.
    """
    held = await owned.give_up(visit, user, ClientCertificate.name, serial)
    if held is None:
        return False
    await authority.note_revoked(visit.tx, user.id, visit.now)
    await _changed(visit, user, "credential.removed", held)
    return True


async def is_due(visit: Visit, user: User, proofs: Sequence[Proof]) -> bool:
    """Whether the user is to be given a certificate now that he has signed in: he has none that lasts a while.

    Who has shown one of another authority has what he needs.
    """
    certificate = of(visit)
    if certificate is None or certificate.settings.issue != AFTER_LOGIN:
        return False
    held = {each.id for each in await visit.tx.credentials.list(user.id, certificate.name)}
    if not held and any(proof.authenticator == certificate.name for proof in proofs):
        return False
    until = visit.now + certificate.settings.renew_days * DAY
    issued = await visit.tx.issued_certificates.list_of(user.id)
    if any(each.serial in held and each.ends_at > until for each in issued):
        return False
    return len(held) < certificate.settings.certificates


def of(visit: Visit) -> ClientCertificate | None:
    """The tenant's authenticator, if it has one."""
    found = visit.tenant.authenticators.get(ClientCertificate.name)
    return found if isinstance(found, ClientCertificate) else None


async def _changed(visit: Visit, user: User, event: str, held: Credential) -> None:
    about = {"authenticator": held.authenticator, "device": held.name, "serial": held.id}
    await visit.record(event, user_id=user.id, service=SERVICE, username=user.login_name, **about)
    await changed(visit.tx, visit.tenant, "certificate", user, visit.now, address=visit.caller.whence)


def _place(visit: Visit, user: User) -> tuple[str, ...]:
    return "certificate offer", user.id, visit.caller.browser_hash.hex()

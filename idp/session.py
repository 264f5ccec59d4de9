"""Browser sessions: establish, find, end; a new secret at every rise in trust."""

from __future__ import annotations

from idp.logout import revocation
from idp.logout.revocation import doors_of
from idp.policy import Require
from idp.visit import Visit
from keys.secret import Secret
from keys.token import hash_token, new_id, new_token
from storage.records import Proof, Session, User

TOUCH_SECONDS = 60  # how exactly idleness is measured: not every request is worth a write


async def find(visit: Visit) -> Session | None:
    """The live session of the caller's browser; None if it has none, or it was idle for too long, or is over."""
    secret, settings = visit.caller.session, visit.tenant.settings.session
    if not secret:
        return None
    session = await visit.tx.sessions.find(hash_token(secret), visit.now)
    if session is None or visit.now - session.seen_at >= settings.idle_seconds:
        return None
    return session


async def touch(visit: Visit, session: Session, ends_at: int) -> None:
    """The session is in use; written once a minute, and where a rule has it end earlier."""
    if ends_at < session.expires_at:
        await visit.tx.sessions.shorten(session.id_hash, ends_at)
    if visit.now - session.seen_at >= TOUCH_SECONDS:
        await visit.tx.sessions.touch(session.id_hash, visit.now)


async def establish(
    visit: Visit, user: User, proofs: tuple[Proof, ...], acr: str, seconds: int | None = None
) -> tuple[Session, Secret]:
    """A session for a user who was just proven, and the secret that the browser gets.

    The session that the browser had ends; if it was the same user's, the new one carries on its `sid`, so that
    services keep recognising it, else its services are told. The absolute end counts from the oldest proof on
    which the session stands; `seconds` may bring it nearer.
    """
    before = await _last(visit)
    if before is not None and before.user_id == user.id:
        await visit.tx.sessions.delete(before.id_hash)
    elif before is not None:
        doors = doors_of(visit.tenant)
        await revocation.end(visit.tx, doors, before, visit.now, reason="another user signed in")
    secret = new_token()
    began = min((proof.at for proof in proofs), default=visit.now)
    longest = visit.tenant.settings.session.absolute_seconds
    session = Session(
        id_hash=hash_token(secret),
        sid=before.sid if before and before.user_id == user.id else new_id(),
        user_id=user.id,
        browser_hash=visit.caller.browser_hash,
        proofs=proofs,
        acr=acr,
        created_at=began,
        seen_at=visit.now,
        expires_at=began + min(longest, seconds or longest),
        address=str(visit.caller.address),
        user_agent=visit.caller.user_agent[:200],
    )
    await visit.tx.sessions.add(session)
    return session, secret


def ends_at(verdict: Require, session: Session) -> int:
    """When the session ends of somebody whom this rule lets in."""
    seconds = verdict.session_seconds
    return session.expires_at if seconds is None else min(session.expires_at, session.created_at + seconds)


async def end(visit: Visit) -> Session | None:
    """Sign out: returns the session that ended. Of many who want it at once, one gets it."""
    session = await _last(visit)
    return session if session and await visit.tx.sessions.delete(session.id_hash) else None


async def _last(visit: Visit) -> Session | None:
    """The session that the browser came with, even if it was idle for too long: services may still keep it."""
    secret = visit.caller.session
    return await visit.tx.sessions.find(hash_token(secret), visit.now) if secret else None

"""Between a login and its service: who is to get a certificate gets it first, and goes on afterwards."""

from __future__ import annotations

import dataclasses
from typing import Final

from idp.authenticators.certificate import certificate
from idp.credentials import certificates
from idp.flow import interaction as interactions
from idp.flow import ways
from idp.flow.conclusion import ACCOUNT, PORTAL
from idp.flow.gathering import gather
from idp.outcome import Accept, Reason, Reject, Resume
from idp.policy import Attempt, Require, decide
from idp.visit import Visit
from storage.records import Interaction

__all__ = ["GOES_ON", "begin", "end"]

GOES_ON: Final = "interaction"  # in the query of the page of certificates: names the login that waits
WAITS: Final = "waits"  # in its prompt, where a login in progress has its question


async def begin(visit: Visit, accept: Accept) -> str | None:
    """The id under which the login waits while its user gets a certificate; None where he goes on at once.

    Who could not open our page for that without another proof, or not at all, is not kept from his service.
    """
    user = accept.authentication.user
    is_there = accept.resume.request.get("path") == certificate.PATH
    if (
        accept.session_secret is None
        or is_there
        or not await certificates.is_due(visit, user, accept.authentication.proofs)
    ):
        return None
    attempt = Attempt(PORTAL, ACCOUNT, visit.caller.address, visit.now, user)
    proofs = accept.authentication.proofs
    attempt = await gather(visit, attempt, proofs)
    verdict = decide(visit.tenant.policy, attempt).verdict
    if not isinstance(verdict, Require) or ways.missing(visit.tenant, verdict, proofs, visit.now):
        return None
    attempt = dataclasses.replace(attempt, service=accept.service)
    waiting = interactions.new(visit, attempt, accept.resume, user.login_name)
    waiting = dataclasses.replace(waiting, prompt={WAITS: True})
    await visit.tx.interactions.add(waiting)
    return waiting.id


async def end(visit: Visit, interaction_id: str) -> tuple[Attempt, Resume] | Reject:
    """What waited under that id in this browser, once: a login that the session decides by now.

    One in progress is not passed by: its user may have been asked in spite of a session that would suffice.
    """
    found = await interactions.claim(visit, interaction_id)
    if isinstance(found, Reject):
        return found
    if WAITS not in found.prompt:
        await visit.tx.interactions.add(found)  # whoever answers it finds it as it was
        return Reject(Reason.EXPIRED, found.service)
    return _again(visit, found)


def _again(visit: Visit, waiting: Interaction) -> tuple[Attempt, Resume]:
    attempt = Attempt(waiting.door, waiting.service, visit.caller.address, visit.now)
    return attempt, Resume(waiting.door, waiting.request)

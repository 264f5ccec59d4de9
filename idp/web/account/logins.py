"""`/account/logins`: when and from where somebody signed in, or tried to, under the user's name."""

from __future__ import annotations

import re
from typing import Any, Final

from aiohttp import web

from idp.web.account.called import called
from idp.web.entry import enter
from idp.web.exchange import TENANT
from idp.web.respond import moment, page
from idp.web.visiting import visiting
from storage.records import AuditRecord

PATH: Final = "/account/logins"
EVENTS: Final = ("login.accepted", "login.denied", "proof.refused", "proof.locked")
MANY: Final = 20  # a page
_ID: Final = re.compile(r"[0-9a-f]{1,64}")  # of an audit record, as an address brings it


async def show(request: web.Request) -> web.Response:
    """GET: what stands in the audit log of the user, newest first; `before` leads to what is older."""
    tenant = request[TENANT]
    asked = request.query.get("before", "")
    before = asked if _ID.fullmatch(asked) else ""
    async with visiting(request) as here:
        outcome = await enter(request, here, PATH)
        if isinstance(outcome, web.Response):
            return outcome
        user_id = outcome.authentication.user.id
        found = list(await here.tx.audit.list(before, MANY + 1, events=EVENTS, user_id=user_id))
    older = f"{tenant.prefix}{PATH}?before={found[MANY - 1].id}" if len(found) > MANY else ""
    return page(
        request,
        "account/logins",
        here=f"{tenant.prefix}{PATH}" + (f"?before={before}" if before else ""),
        logins=[_entry(request, record) for record in found[:MANY]],
        older_url=older,
        newest_url=f"{tenant.prefix}{PATH}" if before else "",
    )


def _entry(request: web.Request, record: AuditRecord) -> dict[str, Any]:
    """One line. What an older version did not write down is not known."""
    details = record.details
    refused = [details["authenticator"]] if "authenticator" in details else []
    return {
        "at": moment(request, record.at),
        "event": record.event,
        "service": called(request, record.service),
        "door": details.get("door", ""),
        "address": record.address,
        "agent": details.get("agent", ""),
        "proofs": details.get("proofs", refused),
        "reference": record.reference,
    }

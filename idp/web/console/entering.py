"""Who may look: whom a rule lets in that names the console, on proofs that are young; and that he looked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any, Final
from urllib.parse import urlencode

from aiohttp import web

from idp.flow.wish import Wish
from idp.outcome import Accept, Resume
from idp.policy import Attempt
from idp.policy.conditions import CONSOLE
from idp.username import canonical, split
from idp.visit import Visit
from idp.web import login
from idp.web.exchange import PROVIDER, TENANT
from storage import Transaction
from storage.records import User

ROOM: Final = "/console"
LONGEST: Final = 200  # characters of a field
RECORD: Final = re.compile(r"[0-9a-f]{1,64}")  # the id of an audit record, as an address brings it


async def admit(request: web.Request, here: Visit, path: str) -> User | web.Response:
    """Who may see the page at `path` (below the tenant); else the login that leads there, or its refusal.

    To be asked before anything else: who may not look learns nothing of what there is.
    """
    attempt = Attempt(CONSOLE, CONSOLE, here.caller.address, here.now)
    wish = Wish(max_age=here.tenant.settings.console.proof_seconds)
    provider = request.config_dict[PROVIDER]
    outcome = await provider.login.begin(here, attempt, Resume(CONSOLE, {"path": path}), wish)
    if isinstance(outcome, Accept):
        return outcome.authentication.user
    return login.respond(request, outcome)


async def note(here: Visit, who: User, page: str, **looked_at: Any) -> None:
    """Write down what he looks at, in the transaction that let him in: he sees nothing of which that is not written.

    Of people only ids stand there, so that nobody's name is kept in the records of somebody else.
    """
    told = {name: value for name, value in looked_at.items() if value}
    await here.record("console.viewed", user_id=who.id, service=CONSOLE, page=page, **told)


def reading(request: web.Request) -> AbstractAsyncContextManager[Transaction]:
    """The tenant's database as it is, once he was let in: writers do not wait for who reads."""
    return request.config_dict[PROVIDER].storage.snapshot(request[TENANT].name)


def asked(request: web.Request, names: Iterable[str]) -> dict[str, str]:
    """What the address asks for, by name: without blanks around it, bounded, and such that a database takes it."""
    given = {name: request.query.get(name, "")[:LONGEST].replace("\0", "") for name in names}
    return {name: text.encode("utf-8", "replace").decode().strip() for name, text in given.items()}


def below(path: str, given: Mapping[str, str]) -> str:
    """The path with what of this is not empty."""
    query = urlencode({name: value for name, value in given.items() if value})
    return f"{path}?{query}" if query else path


async def person(here: Visit, name: str) -> User | None:
    """Whom an administrator means: by the name as it is typed, or by the id."""
    found = await here.tx.users.find_by_name(*split(canonical(name), here.tenant.settings.domains))
    return found or await here.tx.users.find(name)

"""A sign-in in a browser in which its user had not signed in before: he is told, for it may have been another."""

from __future__ import annotations

from typing import Any, Final

from idp.agent import family
from idp.mail.queue import post
from idp.visit import Visit
from storage.records import User

MOST: Final = 3  # mails to one user in a row: who signs in without cookies all day knows it by then
DAY: Final = 86_400  # seconds without one, after which they begin anew


async def tell(visit: Visit, user: User) -> None:
    """Queue the mail, where the tenant sends such and the user has not had too many."""
    settings = visit.tenant.settings.mail
    if settings.host is None or not settings.new_browsers or not user.email:
        return
    budget = await visit.tx.budgets.spend(f"browser:{user.id}", MOST, DAY, visit.now, pending=False)
    if budget.failures > MOST:
        return
    about: dict[str, Any] = {
        "at": visit.now,
        "address": visit.caller.whence,
        "agent": family(visit.caller.user_agent),
    }
    await post(visit.tx, visit.tenant, "browser", user, visit.now, **about)

"""What a name is asked for that nobody has, or whom the rules will deny: what others of this service are asked for."""

from __future__ import annotations

import dataclasses
import hashlib
import hmac
from collections.abc import Collection
from typing import Final

from idp.authenticators.safe import NOBODY
from idp.flow import ways
from idp.flow.gathering import looked_at
from idp.policy import Attempt, Deny, Require, decide, possible
from idp.username import split
from idp.visit import Visit
from keys import base64url
from storage.contract import Model
from storage.records import User

# The purpose of the derivation key; another key would change what every unknown name is asked for.
KEY: Final = "likeness"
MODELS: Final = 8  # users who are looked at: where fewer get in than one of so many, the rules alone decide
ID_LENGTH: Final = 22  # of a user's id, which is random as well


async def required(visit: Visit, username: str, attempt: Attempt, verdict: Require | Deny) -> Require | None:
    """What the name is asked for, given the verdict on its owner (of an `attempt` without one, if nobody has it).

    Where all are asked for the same, so is everybody. Else a name that nobody has is like the users whose ids follow
    a keyed hash of it: as often as they are asked for something, so are unknown names, and each always for the same.
    None where nobody gets in. The database is asked alike for every name.
    """
    rules = visit.tenant.policy
    choices = possible(rules, attempt)
    if len(choices) < 2:
        return verdict if isinstance(verdict, Require) else next(iter(choices), None)
    place = _place(visit.tenant.likeness_key, visit.tenant.name, username)
    models = await visit.tx.users.list_models(place, MODELS)
    held = await ways.held(visit, attempt.user)
    names = rules.place(attempt.service, attempt.protocol).needs.attributes
    verdicts = (decide(rules, _as(attempt, model, names)).verdict for model in models)
    like = next((found for found in verdicts if isinstance(found, Require)), None)
    # Somebody who will be denied hears so only after proofs that he can give.
    able = next((choice for choice in choices if any(map(held.issuperset, choice.ways))), None)
    if isinstance(verdict, Require):
        # A rule for everyone is not what a name without owner is asked for, where its users have rules of their own.
        return verdict if attempt.user else like or verdict
    return able or like or choices[int.from_bytes(place.encode()) % len(choices)]


async def holder(visit: Visit, username: str) -> tuple[User | None, frozenset[str]]:
    """Whose name it is, disabled or not, and his groups; of a name that nobody has, those of the user whose id
    follows a keyed hash of it. The database is asked alike for every name.
    """
    place = _place(visit.tenant.likeness_key, visit.tenant.name, username)
    person = await visit.tx.users.find_by_name(*split(username, visit.tenant.settings.domains))
    models = await visit.tx.users.list_models(place, 1)
    if person is not None:
        return person, person.groups
    return None, next((model.groups for model in models), frozenset())


def _place(key: bytes, tenant: str, username: str) -> str:
    digest = hmac.digest(key, f"{tenant}\0{username}".encode("utf-8", "surrogatepass"), hashlib.sha256)
    return base64url.encode(digest).decode()[:ID_LENGTH]


def _as(attempt: Attempt, model: Model, names: Collection[str]) -> Attempt:
    """Somebody of these groups and attributes, in a browser that nobody knows, with a past that nobody knows either."""
    user = dataclasses.replace(NOBODY, groups=model.groups, attributes=model.attributes)
    about = looked_at(user, names) if names else {}
    return dataclasses.replace(attempt, user=user, attributes=about, known=False, exposures=0)

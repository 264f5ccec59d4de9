"""The facts of an attempt, gathered in one place: what costs something only where some rule looks at it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from ipaddress import ip_network
from typing import Any, Final

from idp import attributes, session
from idp.assurance import factor
from idp.authenticators import Authenticator
from idp.authenticators.answer import Answer
from idp.authenticators.passkey import Passkey
from idp.authenticators.safe import NOBODY
from idp.flow import exposure, known_devices
from idp.policy import Attempt, Given
from idp.policy.rules import Place
from idp.policy.terms import Requests
from idp.tenant import Tenant
from idp.visit import Visit
from keys.secret import Secret
from storage import Transaction
from storage.quick import replace
from storage.records import Proof, User

IPV6_PREFIX: Final = 64  # what one customer has to choose from


async def gather(
    visit: Visit, attempt: Attempt, proofs: Sequence[Proof] = (), *, count: bool = False, name: str = ""
) -> Attempt:
    """The attempt with all that the rules for its service look at. `proofs` are those that stand.

    `count` is for the first decision of a login, which is one more request; `name` is who is said to make it. The
    database is asked alike for every name.
    """
    if proofs:
        given = tuple([given_of(visit.tenant, each, visit.now) for each in proofs])
        attempt = replace(attempt, proofs=given)
    place = visit.tenant.policy.place(attempt.service, attempt.protocol)
    if place.is_plain:
        return attempt
    needs, user = place.needs, attempt.user
    facts: dict[str, Any] = {}
    if needs.attributes:
        facts["attributes"] = looked_at(user, needs.attributes)
    if needs.country:
        facts["country"] = visit.tenant.country_of(attempt.address)
    if needs.known:
        facts["known"] = await known_devices.find(visit, user.id if user else None) is not None
    if needs.session:
        held = await session.find(visit)
        facts["session"] = held is not None and user is not None and held.user_id == user.id
    if needs.certificate:
        facts["certificate"] = visit.caller.certified
    if needs.exposures:
        facts["exposures"] = await exposure.logins(visit.tx, user or NOBODY)
    if needs.requests:
        who = name or (user.login_name if user else "")
        facts["requests"] = await counted(visit.tx, attempt, needs.requests, who, visit.now, count=count)
    return replace(attempt, **facts)


async def count_owner(visit: Visit, attempt: Attempt, user: User) -> None:
    """One more request of a user who said no name, and was found out by his proof; his address was counted before."""
    needs = visit.tenant.policy.place(attempt.service, attempt.protocol).needs
    wanted = [one for one in needs.requests if one.per == "user"]
    await counted(visit.tx, attempt, wanted, user.login_name, visit.now, count=True)


def given_of(tenant: Tenant, proof: Proof, now: int) -> Given:
    """A proof as rules see it."""
    authenticator = tenant.authenticators.get(proof.authenticator)
    return Given(
        proof.authenticator, now - proof.at, factor(authenticator) if authenticator else "", proof.model
    )


def looked_at(user: User | None, names: Collection[str]) -> dict[str, Any]:
    """Of what is said of the user, these."""
    said = attributes.of(user) if user else {}
    return {name: said[name] for name in sorted(names) if name in said}


async def proof_of(
    visit: Visit, user: User, authenticator: Authenticator, answer: Answer, place: Place
) -> Proof:
    """The proof that a right answer is; of a passkey with its model, where a rule for the `place` looks at it."""
    model = ""
    if place.needs.models and isinstance(authenticator, Passkey) and isinstance(answer, Secret):
        model = await authenticator.model(visit.tx, user, answer)
    return Proof(authenticator.name, authenticator.amr, visit.now, model)


async def counted(
    tx: Transaction, attempt: Attempt, wanted: Iterable[Requests], name: str, now: int, *, count: bool
) -> dict[str, int]:
    """How many requests there were in each window; with `count` this is one more."""
    found = {}
    for key, per, seconds in sorted({(one.key, one.per, one.seconds) for one in wanted}):
        who = name if per == "user" else _neighbourhood(attempt)
        if who:
            subject = f"{attempt.service} {key} {who}"
            adding = tx.requests.add(subject, seconds, now) if count else tx.requests.find(subject, now)
            found[key] = await adding
    return found


def _neighbourhood(attempt: Attempt) -> str:
    """Of IPv6, the network of one customer; nothing where nobody knows whence he comes."""
    address = attempt.address
    if address.is_unspecified:
        return ""
    return str(ip_network((address, IPV6_PREFIX), strict=False)) if address.version == 6 else str(address)

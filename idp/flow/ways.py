"""The ways of a rule: what each still lacks, which is asked, and which its user may choose instead.

Before anything is proven every name is asked for the first way and offered the same others, so that nobody learns what
somebody holds; from the first proof on, the way is one that he can go.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from idp.authenticators import needs_browser
from idp.authenticators.safe import NOBODY
from idp.credentials import elsewhere
from idp.flow import exposure, instead
from idp.policy import Require
from idp.policy.verdict import Way
from idp.tenant import Tenant
from idp.visit import Visit
from storage.records import Interaction, Proof, User


def lacking(
    tenant: Tenant, verdict: Require, proofs: Sequence[Proof], now: int, since: int | None = None
) -> tuple[Way, ...]:
    """What each way still lacks, in the order of the rule; an empty one is passed.

    Proofs that are too old do not count, but for those given from `since` on: in this very login, however long it took.
    """
    if verdict.is_plain:
        return (instead.missing(tenant, verdict.authenticators, proofs),)
    young = counting(verdict, proofs, now, since)
    return tuple(instead.missing(tenant, way, young) for way in verdict.ways)


def counting(
    verdict: Require, proofs: Sequence[Proof], now: int, since: int | None = None
) -> tuple[Proof, ...]:
    """The proofs that are young enough for the rule."""
    limit = verdict.longest_seconds
    if limit is None:
        return tuple(proofs)
    begun = now if since is None else since
    return tuple(each for each in proofs if now - each.at <= limit or each.at >= begun)


def missing(
    tenant: Tenant, verdict: Require, proofs: Sequence[Proof], now: int, since: int | None = None
) -> Way:
    """What the way lacks on which least is missing; nothing once one of them is passed."""
    return min(lacking(tenant, verdict, proofs, now, since), key=len)


def passed(tenant: Tenant, verdict: Require, proofs: Sequence[Proof], now: int) -> tuple[Proof, ...]:
    """The proofs by which the rule was met: those of the first way that is passed. All where it asks for none."""
    if not verdict.authenticators:
        return tuple(proofs)
    if verdict.is_plain:
        return instead.counting(tenant, verdict.authenticators, proofs)
    left = lacking(tenant, verdict, proofs, now)
    way = next(
        (way for way, lack in zip(verdict.ways, left, strict=True) if not lack), verdict.authenticators
    )
    return instead.counting(tenant, way, proofs)


async def held(visit: Visit, user: User | None) -> frozenset[str]:
    """For which authenticators the user has something, or his directory has; the database is asked for nobody too."""
    somebody = user or NOBODY
    kept = await visit.tx.credentials.list(somebody.id)
    return elsewhere.known(visit.tenant, somebody).union(each.authenticator for each in kept)


async def pick(visit: Visit, user: User, left: Sequence[Way]) -> Way:
    """Of what the ways lack the least that he can give; where he can give none, the least."""
    if len(left) == 1:
        return left[0]
    least_first = sorted(left, key=len)
    if not least_first[0]:
        return ()
    has = await held(visit, user)
    return next((way for way in least_first if has.issuperset(way)), least_first[0])


async def fit(visit: Visit, interaction: Interaction, user: User) -> Interaction:
    """After a proof: the rest of a way that the user can go, where he cannot go the one that he is on.

    Where nobody keeps what he is given there is no browser, and what only a browser can answer is on no way.
    """
    verdict = rule_of(visit.tenant, interaction)
    if verdict is None or not verdict.others or not interaction.chain:
        return interaction
    rest = [name for name in interaction.chain if name in verdict.names]
    has = await held(visit, user)
    if has.issuperset(rest):
        return interaction
    if not visit.caller.keeps:
        has = frozenset(name for name in has if not _needs_browser(visit.tenant, name))
    able = [way for way in lacks(visit, verdict, interaction) if has.issuperset(way)]
    return await _turned(visit, interaction, user, verdict, min(able, key=len)) if able else interaction


async def options(visit: Visit, interaction: Interaction, user: User | None) -> tuple[str, ...]:
    """What may be answered in place of the open question, as the ways of the rule go."""
    verdict = rule_of(visit.tenant, interaction)
    if verdict is None or not verdict.others or not verdict.names.intersection(interaction.chain[:1]):
        return ()
    others = {way[0]: None for way in lacks(visit, verdict, interaction) if way}
    others.pop(interaction.chain[0], None)
    if not interaction.proofs or not others:
        return tuple(others)
    has = await held(visit, user)
    return tuple(name for name in others if name in has)


async def turn(visit: Visit, interaction: Interaction, user: User | None, name: str) -> Interaction:
    """On the way that goes on with `name`, if he may choose it; else with a recovery code asked for, if he may."""
    verdict = rule_of(visit.tenant, interaction)
    if verdict is None or name not in await options(visit, interaction, user):
        return instead.choose(visit.tenant, interaction)
    chosen = next(way for way in lacks(visit, verdict, interaction) if way and way[0] == name)
    return await _turned(visit, interaction, user, verdict, chosen)


async def _turned(
    visit: Visit, interaction: Interaction, user: User | None, verdict: Require, way: Way
) -> Interaction:
    """On this way, with what a worn-out pattern wants besides also where it stands on the way that is left."""
    turned = _on(interaction, verdict, way)
    owed = await exposure.owed(visit, interaction, user)
    if not owed or owed in turned.chain:
        return turned
    return dataclasses.replace(turned, chain=(*turned.chain, owed))


def without_browser(tenant: Tenant, interaction: Interaction) -> Interaction:
    """At its beginning, on the first way of the rule that can be gone where there is no browser, if there is one."""
    verdict = rule_of(tenant, interaction)
    if verdict is None or not verdict.others:
        return interaction
    can = (way for way in verdict.ways if not any(_needs_browser(tenant, name) for name in way))
    way = next(can, None)
    return interaction if way is None else _on(interaction, verdict, way)


def _needs_browser(tenant: Tenant, name: str) -> bool:
    return name in tenant.authenticators and needs_browser(tenant.authenticators[name])


def rule_of(tenant: Tenant, interaction: Interaction) -> Require | None:
    """What the rule wants that asks; None where there is none of that name any more."""
    rule = tenant.policy.by_name.get(interaction.rule)
    return rule.then if rule is not None and isinstance(rule.then, Require) else None


def lacks(visit: Visit, verdict: Require, interaction: Interaction) -> tuple[Way, ...]:
    """The same of a login: what it was given itself counts, however long it took."""
    return lacking(visit.tenant, verdict, interaction.proofs, visit.now, interaction.created_at)


def _on(interaction: Interaction, verdict: Require, way: Way) -> Interaction:
    """With this way before it, and behind it whatever was asked besides."""
    besides = (name for name in interaction.chain if name not in verdict.names)
    return dataclasses.replace(interaction, chain=(*way, *besides))

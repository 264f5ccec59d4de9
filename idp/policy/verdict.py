"""What a rule says of an attempt that it matches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from idp.policy.attempt import Given

Way = tuple[str, ...]  # authenticators to pass, in order
Consent = Literal["remembered", "required"]


@dataclass(frozen=True, slots=True)
class Require:
    """Proofs to give, in order, by one of several ways; the first is asked unless another is chosen.

    Without any, what the session has proven suffices: such a rule matches nobody who has proven nothing.
    """

    rule: str
    authenticators: Way
    acr: str | None = None
    others: tuple[Way, ...] = ()
    fresh_seconds: int | None = None  # proofs of the session that are older do not count
    consent: Consent | None = None  # OpenID Connect: the user is asked, whatever the service's settings say
    session_seconds: int | None = None  # the session ends so long after its first proof, at the latest
    claims: Mapping[str, Any] = field(default_factory=dict)  # told to the service beside its own
    reply: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # RADIUS attributes, by name
    why: Mapping[str, str] | None = None  # the rule's own words for what it asks, by language

    @property
    def is_plain(self) -> bool:
        """One way, on which a proof counts as long as its session lives."""
        return not (self.others or self.fresh_seconds or self.session_seconds)

    @property
    def ways(self) -> tuple[Way, ...]:
        """All of them, the first first."""
        return (self.authenticators, *self.others)

    @property
    def names(self) -> frozenset[str]:
        """Every authenticator that may be asked."""
        return frozenset().union(*self.ways)

    @property
    def longest_seconds(self) -> int | None:
        """How old a proof may be that counts; None: as old as the session that holds it."""
        return min(filter(None, (self.fresh_seconds, self.session_seconds)), default=None)

    def suffice(self, proofs: Sequence[Given]) -> bool:
        """Whether these pass one of the ways, those alone that are young enough."""
        limit = self.longest_seconds
        given = {each.authenticator for each in proofs if limit is None or each.age <= limit}
        return any(given.issuperset(way) for way in self.ways)


@dataclass(frozen=True, slots=True)
class Deny:
    """No way in. `message` is the rule's own words by language."""

    rule: str
    message: Mapping[str, str] | None = None


Verdict = Require | Deny

"""What conditions want, in the words of administrators: nearly as they stand in the file."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Final

from idp.policy.terms import Attribute, Hours, Network, Proofs, Requests

DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
NO_MATCH: Final = "no rule matches"
EVERYONE: Final = "everyone"
NOTHING: Final = "none"  # what somebody has where a condition looks


def listed(values: Iterable[str]) -> str:
    """Names in order."""
    return ", ".join(sorted(values))


def truth(value: bool) -> str:
    """As YAML has it."""
    return "true" if value else "false"


def named(networks: Collection[Network], names: Collection[str]) -> str:
    """Networks by the names that the tenant gave them, where the rule uses such names."""
    return ", ".join(names or map(str, networks))


def attribute_words(attribute: Attribute) -> str:
    """`department sales`, or `badge absent`."""
    return f"{attribute.name} {listed(attribute.values) or 'absent'}"


def hours_words(hours: Hours) -> str:
    """As it may be written in a rule, its days one by one."""
    days = "" if len(hours.days) == len(DAYS) else f"{','.join(DAYS[day] for day in sorted(hours.days))} "
    return f"{days}{_clock(hours.start)}-{_clock(hours.end)}"


def requests_words(requests: Requests) -> str:
    """More than what, of whose, in how long."""
    return f"more than {requests.over} per {requests.per} in {requests.seconds} s"


def proofs_words(proofs: Proofs) -> str:
    """What must have been proven."""
    words = [listed(proofs.given) or "any"]
    if proofs.strength == "multi":
        words.append("with two factors")
    if proofs.within_seconds is not None:
        words.append(f"within {proofs.within_seconds} s")
    return " ".join(words)


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"

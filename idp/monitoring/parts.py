"""The parts of a node, and how each stands: pure, from what was found out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from idp.monitoring.filed import Certified
from idp.monitoring.survey import Standing

OK: Final = "ok"
DEGRADED: Final = "degraded"  # what it is there for works on, or comes later
FAILED: Final = "failed"  # what it is there for does not work
ORDER: Final = (OK, DEGRADED, FAILED)
CLOCK: Final = "clock"  # failed where this node's is wrong, and those of most others are not
STALLED: Final = "storage/stalled"  # the notice of a database that answers, and keeps nothing that is written

STUCK_SECONDS: Final = 900  # a mail, or a word to a service, that waits for so long should be looked at
UNLINKED_SECONDS: Final = 60  # links are half a second behind; another node takes over within five
ENDING_SECONDS: Final = 30 * 86400

Finding = tuple[str, str, str]  # the part, its state, and why in words


@dataclass(slots=True)
class Parts:
    """The worst state of each part, and all that was found about it."""

    states: dict[str, str] = field(default_factory=dict)
    reasons: dict[str, list[str]] = field(default_factory=dict)

    def add(self, part: str, state: str, words: str = "") -> None:
        """The worst counts."""
        self.states[part] = max(self.states.get(part, OK), state, key=ORDER.index)
        if words and words not in self.reasons.setdefault(part, []):
            self.reasons[part].append(words)


def judge(
    doors: Sequence[str],
    workers: int,
    lives: Sequence[Mapping[str, Any]],
    standings: Sequence[Standing] | None,
    now: int,
    certificates: Sequence[Certified] = (),
) -> Parts:
    """`lives` is what each process says of itself; `standings` is None where the database does not answer;
    `certificates` are those of the node itself.
    """
    parts = Parts()
    parts.add("storage", OK if standings is not None else FAILED)
    for part in (
        "keys",
        "certificates",
        "mail",
        "logout",
        "audit",
        "streams",
        "configuration",
        "background",
        CLOCK,
    ):
        parts.add(part, OK)
    for door in doors:
        parts.add(f"door {door}", OK)
    if len(lives) < workers:
        parts.add("workers", DEGRADED, f"{len(lives)} of {workers} serve")
    else:
        parts.add("workers", OK)
    for found in (*map(_of_process, lives), *(_of_tenant(each, now) for each in standings or ())):
        for part, state, words in found:
            parts.add(part, state, words)
    for each in certificates:
        for part, state, words in ending(f"the {each.purpose} certificate", each.ends_at, now):
            parts.add(part, state, words)
    return parts


def _of_process(live: Mapping[str, Any]) -> Iterator[Finding]:
    for door, state in live["doors"].items():
        yield f"door {door}", state, "" if state == OK else f"{door}: see the log"
    for directory, state in live["directories"].items():
        words = "" if state == OK else f"{directory}: servers do not answer, see idp ldap check"
        yield "directories", state, words
    for work in live["died"]:
        yield "background", FAILED, f"{work} has ended, see the log; a restart begins it again"
    for source, said in live["notices"].items():
        # The other notices are of what the database tells of too, whichever process asks.
        if source == "revision":
            yield from (("configuration", DEGRADED, words) for words in said)
        if source == STALLED:
            yield from (("storage", FAILED, words) for words in said)
        if source == "clock/outvoted":
            yield from ((CLOCK, FAILED, words) for words in said)
        if source in ("clock", "clock/sweep"):  # against the database's, and against a stopwatch
            yield from ((CLOCK, DEGRADED, words) for words in said)
        if source.startswith("chain/"):
            yield from (("audit", FAILED, words) for words in said)


def _of_tenant(standing: Standing, now: int) -> Iterator[Finding]:
    name, mails, deliveries = standing.tenant, standing.mails, standing.deliveries
    if standing.unsealable:
        yield "keys", FAILED, f"{name}: {standing.unsealable} do not open: they were altered or moved"
    if mails.dead:
        yield "mail", DEGRADED, f"{name}: {mails.dead} mails could not be sent, see idp mail list --dead"
    if _waits(mails.oldest_at, now) > STUCK_SECONDS:
        yield "mail", DEGRADED, f"{name}: a mail has waited for {_waits(mails.oldest_at, now)} s"
    if _waits(deliveries.oldest_at, now) > STUCK_SECONDS:
        words = f"{name}: a service was to be told of a sign-out {_waits(deliveries.oldest_at, now)} s ago"
        yield "logout", DEGRADED, f"{words}, see idp session pending"
    if _waits(standing.unlinked_since or None, now) > UNLINKED_SECONDS:
        words = f"{name}: {standing.unlinked} records of the audit log are not linked"
        yield "audit", DEGRADED, f"{words}, since {_waits(standing.unlinked_since, now)} s"
    for stream, held in standing.streams.items():
        if held.attempts:
            words = f"{name}: the stream {stream} does not get through, {held.behind} records wait"
            yield "streams", DEGRADED, words
    for certificate in standing.certificates:
        yield from ending(f"{name}: the {certificate.purpose} certificate", certificate.ends_at, now)


def ending(what: str, ends_at: int, now: int) -> Iterator[Finding]:
    """A certificate that ends within thirty days, or has ended."""
    if ends_at <= now:
        yield "certificates", FAILED, f"{what} has ended"
    elif ends_at <= now + ENDING_SECONDS:
        yield "certificates", DEGRADED, f"{what} ends in {(ends_at - now) // 86400} days"


def _waits(since: int | None, now: int) -> int:
    return now - since if since is not None else 0

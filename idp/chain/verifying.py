"""Looks whether a log is whole: pure, fed with checkpoints and records in order, from a database or from a file."""

from __future__ import annotations

from collections.abc import Sequence

from idp.chain.digest import BEGINNING, DIGEST_BYTES, advance, digest, split
from idp.chain.statement import Statement
from idp.chain.telling import key_of
from idp.chain.trust import Keys, Trust
from keys.jws import InvalidToken
from storage.chain import Checkpoint, Kept


class Broken(Exception):
    """The log is not whole; says what is wrong with the first record that is, by its number."""


class Verification:
    """One pass over a log: `point`, then each of its `record`s, then the next; at the end `finish`.

    All raise `Broken`. `anchors` are statements that were kept elsewhere.
    """

    def __init__(
        self,
        tenant: str,
        keys: Keys,
        anchors: Sequence[str] = (),
        *,
        newest: str = "",
        is_export: bool = False,
    ) -> None:
        """`keys` finds a key by its kid; of several `newest` is the one that must have signed something."""
        self._tenant = tenant
        self._trust = Trust(keys, newest)
        self._is_export = is_export  # which may begin anywhere
        self._unread: Sequence[str] = anchors
        self._anchors: dict[int, Statement] = {}
        self._read_anchors()
        self._before: Statement | None = None
        self._expected: Sequence[bytes] = ()
        self._next = 1
        self.first = 0  # the first record that was there, 0 for none
        self.records = 0
        self.pruned: Statement | None = None
        self.unreadable: dict[str, int] = {}  # of each person whose key is gone, the first record

    @property
    def last(self) -> int:
        """The last record that was vouched for so far."""
        return self._before.last if self._before else 0

    def point(self, kept: Checkpoint) -> None:
        """The next checkpoint; all records of the one before have been seen."""
        self._all_seen()
        said = self.read(kept.statement, kept.number)
        if said.tenant != self._tenant:
            raise Broken(f"checkpoint {kept.number} is of the tenant {said.tenant}")
        if (kept.number, kept.first_seq, kept.last_seq) != (said.number, said.first, said.last):
            raise Broken(f"checkpoint {kept.number} was altered: its numbers are not those that were signed")
        self._follows(said)
        self._expected = [] if said.is_pruned else self._digests(kept, said)
        self._hand_on(said)
        self._before = said
        self._next = said.last + 1 if said.is_pruned else said.first
        if said.is_pruned:
            self.pruned = said

    def record(self, kept: Kept) -> None:
        """The next record of this checkpoint."""
        said = self._before
        if said is None or not self._next <= kept.seq <= said.last:
            raise Broken(f"record {kept.seq} was inserted: no checkpoint speaks of it ({_named(kept)})")
        if kept.seq > self._next:
            raise Broken(f"record {self._next} is missing: it was deleted")
        found, place = digest(self._tenant, kept), kept.seq - said.first
        if found != self._expected[place]:
            if found in self._expected:
                was = said.first + self._expected.index(found)
                raise Broken(f"record {kept.seq} is in the wrong place: it was record {was} ({_named(kept)})")
            raise Broken(f"record {kept.seq} was altered, or another was put in its place ({_named(kept)})")
        self._can_be_read(kept)
        self.first = self.first or kept.seq
        self.records += 1
        self._next += 1

    def _can_be_read(self, kept: Kept) -> None:
        """The digest is over what is sealed, so it does not show what happened to the key."""
        if kept.sealed is None or self._is_export:
            return
        if kept.secret is not None and key_of(kept) is None:
            raise Broken(
                f"record {kept.seq} cannot be read: another key was put in its person's place ({_named(kept)})"
            )
        if kept.secret is None and kept.user_id is not None:
            self.unreadable.setdefault(kept.user_id, kept.seq)

    def finish(self) -> None:
        """The log is over."""
        self._all_seen()
        if self._unread and not self._anchors:
            raise Broken("no line of the anchor is of this log")
        if self._trust.is_outdated:
            raise Broken(
                f"the newest key has signed nothing up to record {self.last}: this was written before there was that "
                "key, or by who has the one before"
            )
        newest = max(self._anchors.values(), key=lambda said: said.last, default=None)
        if newest is not None and newest.last > self.last:
            raise Broken(f"the log was cut behind record {self.last}: the anchor knows record {newest.last}")

    def read(self, text: str, number: int) -> Statement:
        """What checkpoint `number` says, whether or not it is its turn."""
        try:
            return self._trust.read(text)
        except (InvalidToken, KeyError, ValueError):
            raise Broken(f"checkpoint {number} was altered: its signature does not hold") from None

    def _hand_on(self, said: Statement) -> None:
        try:
            handed = self._trust.hand_on(said)
        except (ValueError, KeyError):
            raise Broken(f"checkpoint {said.number} names a key that is none") from None
        if handed:
            self._read_anchors()

    def _read_anchors(self) -> None:
        """Those that a known key has signed; others may be of a tenant in the same file, or signed later."""
        read, self._unread = self._trust.sift(self._unread, self._tenant)
        self._anchors |= {said.last: said for said in read}

    def _all_seen(self) -> None:
        if self._before is not None and self._next <= self._before.last:
            raise Broken(f"record {self._next} is missing: it was deleted")

    def _follows(self, said: Statement) -> None:
        before = self._before
        if before is None:
            begins = (said.number, said.first, said.before) == (1, 1, BEGINNING)
            if not begins and not said.is_pruned and not self._is_export:
                raise Broken(
                    f"record 1 is missing: all before record {said.first} was deleted, and nobody signed that"
                )
            return
        if said.number != before.number + 1 or said.is_pruned:
            raise Broken(f"checkpoint {before.number + 1} is missing, and record {before.last + 1} with it")
        if said.first != before.last + 1 or said.before != before.head:
            raise Broken(f"checkpoint {said.number} does not follow the one before: record {said.first}")

    def _digests(self, kept: Checkpoint, said: Statement) -> list[bytes]:
        """Those that were signed, and what the anchor says of them."""
        digests = list(split(kept.digests))
        many = said.last - said.first + 1
        if len(kept.digests) != many * DIGEST_BYTES or advance(said.before, digests) != said.head:
            raise Broken(
                f"checkpoint {kept.number} was altered: what it says of records {said.first} to {said.last}"
            )
        for last, anchored in self._anchors.items():
            inside = said.first <= last <= said.last
            if inside and advance(said.before, digests[: last - said.first + 1]) != anchored.head:
                raise Broken(f"the log was written anew: at record {last} the anchor knows another")
        return digests


def _named(kept: Kept) -> str:
    return f"{kept.event} {kept.reference}".strip()

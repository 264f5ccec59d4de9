"""Whose word counts for a log: keys that the reader brings, and those that each of them names as the next."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from idp.chain import statement
from idp.chain.statement import Statement
from keys.jwk import VerifyingKey
from keys.jws import InvalidToken, Verifier

Keys = Callable[[str], Verifier | None]


class Trust:
    """`keys` finds a key by its kid; of several `newest` is the one that must have signed something."""

    def __init__(self, keys: Keys, newest: str = "") -> None:
        self._keys = keys
        self._newest = newest
        self._handed: dict[str, Verifier] = {}
        self._signer = ""  # the only one that may sign now, once one was named
        self._signed: set[str] = set()

    @property
    def is_outdated(self) -> bool:
        """Whether all that was read of the records is signed by older keys than the newest."""
        return bool(self._newest and self._signed) and self._newest not in self._signed

    def read(self, text: str) -> Statement:
        """What a checkpoint says. Raises `keys.jws.InvalidToken`, ValueError, KeyError."""
        signer = ""

        def find(kid: str) -> Verifier | None:
            nonlocal signer
            signer = kid
            return self._find(kid) if kid == (self._signer or kid) else None

        said = statement.read(text, find)
        if not said.is_pruned:
            self._signed.add(signer)
        return said

    def hand_on(self, said: Statement) -> bool:
        """From here on only the key counts that this statement names, if it names one. Raises ValueError, KeyError."""
        if said.next is None:
            return False
        self._signer = str(said.next["kid"])
        self._handed[self._signer] = VerifyingKey.load(said.next)
        return True

    def sift(self, texts: Iterable[str], tenant: str) -> tuple[Sequence[Statement], Sequence[str]]:
        """Statements of the tenant, by whichever known key; and the texts of the others, whose key may be named yet."""
        read, unread = list[Statement](), list[str]()
        for text in texts:
            try:
                said = statement.read(text, self._find)
            except (InvalidToken, KeyError, ValueError):
                unread.append(text)
            else:
                read += [said] if said.tenant == tenant else []
        return read, unread

    def _find(self, kid: str) -> Verifier | None:
        return self._handed.get(kid) or self._keys(kid)

"""The key ring: next is announced, active signs, retired still verifies what it signed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from keys.algorithm import ALGORITHMS
from keys.jws import TYPE, SigningKey, verify


@dataclass(frozen=True, slots=True)
class KeyRing:
    """The signing keys of one tenant, oldest first in each state."""

    next: tuple[SigningKey, ...] = ()
    active: tuple[SigningKey, ...] = ()
    retired: tuple[SigningKey, ...] = ()
    _by_kid: dict[str, SigningKey] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_kid", {key.kid: key for key in self})

    def __iter__(self) -> Iterator[SigningKey]:
        yield from self.active
        yield from self.next
        yield from self.retired

    @property
    def algorithms(self) -> tuple[str, ...]:
        """What can be signed with now, in one order on all nodes."""
        present = {key.alg for key in self.active}
        return tuple(alg for alg in ALGORITHMS if alg in present)

    def pick(self, alg: str) -> SigningKey:
        """The key that signs by `alg`. Raises LookupError when there is none.

        Two nodes that start at once may have made one each: all pick the older.
        """
        for key in self.active:
            if key.alg == alg:
                return key
        raise LookupError(f"no active signing key for {alg}")

    def verify(self, unverified_token: str, typ: str = TYPE) -> dict[str, Any]:
        """The claims of a token of ours, whatever the state of its key. Raises `keys.jws.InvalidToken`."""
        return verify(unverified_token, self._by_kid.get, typ)

"""What happened in a transaction, for whoever watches the storage: kept once it is committed, lost where it is not."""

from __future__ import annotations


class Notes:
    """Of one transaction, which may commit several times."""

    __slots__ = ("_kept", "_new")

    def __init__(self) -> None:
        self._new: list[object] = []
        self._kept: list[object] = []

    def add(self, note: object) -> None:
        """Whatever those who watch understand; what nobody understands is passed over."""
        self._new.append(note)

    def keep(self) -> None:
        """All that was added so far is on the disk."""
        self._kept += self._new
        self._new.clear()

    def take(self) -> list[object]:
        """What was kept, once."""
        taken, self._kept = self._kept, []
        return taken

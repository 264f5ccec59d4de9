"""The pages of a theme in one language, each compiled when it is first asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from jinja2 import Template


class Templates(Mapping[str, Template]):
    """By name: `login/matrix`."""

    def __init__(self, names: Iterable[str], make: Callable[[str], Template]) -> None:
        """`make` compiles one of them."""
        self._names = frozenset(names)
        self._make = make
        self._made: dict[str, Template] = {}

    def __getitem__(self, name: str) -> Template:
        made = self._made.get(name)
        if made is None:
            if name not in self._names:
                raise KeyError(name)
            made = self._made[name] = self._make(name)
        return made

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def compile(self, *beginnings: str) -> None:
        """Now all whose names begin so; without any, all. Raises what `make` raises."""
        for name in sorted(self._names):
            if name.startswith(beginnings or ""):
                self[name]

"""Which attributes there are, by name: what a dictionary in FreeRADIUS's format says of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

NUMBERS: Final = {"byte": 1, "short": 2, "integer": 4, "date": 4, "integer64": 8}  # bytes of each


@dataclass(frozen=True, slots=True)
class Vendor:
    """A vendor, and how many bytes its attributes have for type and length (RFC 2865 §5.26 wants 1 and 1)."""

    name: str
    number: int
    type_bytes: int = 1
    length_bytes: int = 1


@dataclass(frozen=True, slots=True)
class Definition:
    """One attribute. `values` are its numbers by name, in small letters."""

    name: str
    number: int
    kind: str
    vendor: Vendor | None = None
    is_tagged: bool = False
    is_encrypted: bool = False
    values: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Dictionary:
    """All of them, by name in small letters: nobody agrees on the capitals of Tunnel-Private-Group-Id."""

    attributes: dict[str, Definition]
    vendors: Mapping[str, Vendor] = field(default_factory=dict)

    def find(self, name: str) -> Definition | None:
        """The attribute of this name."""
        return self.attributes.get(name.casefold())

    def joined(self, other: Dictionary) -> Dictionary:
        """With what another one says; where both say something, the other counts."""
        attributes = {**self.attributes, **other.attributes}
        for key in self.attributes.keys() & other.attributes.keys():
            ours, theirs = self.attributes[key], other.attributes[key]
            if (ours.number, ours.vendor) == (theirs.number, theirs.vendor):  # names of its numbers are added
                attributes[key] = dataclasses.replace(theirs, values={**ours.values, **theirs.values})
        return Dictionary(attributes, {**self.vendors, **other.vendors})

    def add_value(self, attribute: str, name: str, number: int) -> None:
        """One more name for a number, while a file is read. Raises KeyError for an unknown attribute."""
        key = attribute.casefold()
        known = self.attributes[key]
        self.attributes[key] = dataclasses.replace(known, values={**known.values, name.casefold(): number})

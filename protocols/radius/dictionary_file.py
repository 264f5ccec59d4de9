"""Reads dictionaries in FreeRADIUS's format, which administrators have of every NAS (dictionary(5))."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from protocols.radius.dictionary import Definition, Dictionary, Vendor

MAX_BYTES: Final = 4 * 1024 * 1024
MAX_DEPTH: Final = 8  # of files that include files
LARGEST: Final = 0xFFFFFFFF
# Parts that describe what we do not encode: read over, so that a vendor's file can be used as it is.
SKIPPED: Final = frozenset(
    ("flags", "alias", "struct", "member", "enum", "protocol", "begin-protocol", "end-protocol")
)


class DictionaryError(ValueError):
    """A dictionary that cannot be read: says file, line and what is wrong."""


@dataclass(slots=True)
class _Reading:
    """What was read so far, and whose attributes follow."""

    known: Dictionary
    files: set[Path]
    attributes: dict[str, Definition] = field(default_factory=dict)
    vendors: dict[str, Vendor] = field(default_factory=dict)
    vendor: Vendor | None = None
    nested: int = 0  # TLVs within TLVs
    values: list[tuple[str, str, str, int]] = field(default_factory=list)  # where, attribute, name, number

    def vendor_named(self, name: str) -> Vendor:
        found = self.vendors.get(name) or self.known.vendors.get(name)
        if found is None:
            raise ValueError(f"no vendor is called {name}, a line VENDOR must come before")
        return found


def read(path: Path, known: Dictionary, files: set[Path] | None = None) -> Dictionary:
    """The dictionary in a file, over what is known already; adds to `files` what it includes.

    Raises `DictionaryError`.
    """
    reading = _Reading(known, files=set() if files is None else files)
    _read(path, reading, 0)
    joined = known.joined(Dictionary(reading.attributes, reading.vendors))
    for where, attribute, name, number in reading.values:  # they may stand before what they belong to
        try:
            joined.add_value(attribute, name, number)
        except KeyError:
            raise DictionaryError(f"{where}: no attribute is called {attribute}") from None
    return joined


def _read(path: Path, reading: _Reading, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise DictionaryError(f"{path}: files include each other more than {MAX_DEPTH} deep")
    for number, words in _lines(path):
        try:
            if words[0].casefold() in ("$include", "$include-"):
                _expect(words, 2)
                included = path.parent / words[1]
                if words[0].endswith("-") and not included.exists():
                    continue
                reading.files.add(included)
                _read(included, reading, depth + 1)
            else:
                _take(words, reading, f"{path}:{number}")
        except DictionaryError:
            raise
        except ValueError as error:
            raise DictionaryError(f"{path}:{number}: {error}") from None


def _lines(path: Path) -> Iterator[tuple[int, Sequence[str]]]:
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise DictionaryError(f"cannot read {path}: {(error.strerror or '').lower()}") from None
    if len(raw) > MAX_BYTES:
        raise DictionaryError(f"{path} is larger than {MAX_BYTES} bytes")
    for number, line in enumerate(raw.decode("utf-8", "replace").splitlines(), 1):
        words = line.partition("#")[0].split()
        if words:
            yield number, words


def _take(words: Sequence[str], reading: _Reading, where: str) -> None:
    """One line. Raises ValueError."""
    keyword = words[0].casefold()
    match keyword:
        case "vendor":
            vendor = _vendor(words)
            reading.vendors[vendor.name] = vendor
        case "begin-vendor":
            _expect(words, 2, 4)
            reading.vendor = reading.vendor_named(words[1])
        case "end-vendor":
            reading.vendor = None
        case "begin-tlv":
            reading.nested += 1
        case "end-tlv":
            reading.nested = max(0, reading.nested - 1)
        case "attribute":
            definition = _attribute(words, reading)
            reading.attributes[definition.name.casefold()] = definition
        case "value":
            _expect(words, 4)
            reading.values.append((where, words[1], words[2], _number(words[3])))
        case _ if keyword not in SKIPPED:
            raise ValueError(f"{words[0]} is no keyword of a dictionary")


def _vendor(words: Sequence[str]) -> Vendor:
    _expect(words, 3, 5)
    vendor = Vendor(words[1], _number(words[2]))
    for word in words[3:]:
        name, _, value = word.partition("=")
        sizes = value.split(",")
        if name == "format" and len(sizes) >= 2 and sizes[0] in "124" and sizes[1] in "012":
            vendor = dataclasses.replace(vendor, type_bytes=int(sizes[0]), length_bytes=int(sizes[1]))
        else:
            raise ValueError(f"{word} is no format, such as format=1,1")
    return vendor


def _attribute(words: Sequence[str], reading: _Reading) -> Definition:
    _expect(words, 4, 8)
    name, number, kind = words[1:4]
    vendor, flags = reading.vendor, ",".join(words[4:]).split(",")
    if words[4:] and words[4] in {**reading.known.vendors, **reading.vendors}:  # as it was written once
        vendor, flags = reading.vendor_named(words[4]), flags[1:]
    if reading.nested or "." in number:
        return Definition(name, 0, "tlv", vendor)  # known by name, so that it can be refused by it
    return Definition(
        name,
        _number(number),
        kind.partition("[")[0].casefold(),
        vendor,
        is_tagged="has_tag" in flags,
        is_encrypted=any(flag.startswith("encrypt=") for flag in flags),
    )


def _expect(words: Sequence[str], fewest: int, most: int | None = None) -> None:
    if not fewest <= len(words) <= (most or fewest):
        raise ValueError(f"{words[0]} has {len(words) - 1} words behind it, and should have {fewest - 1}")


def _number(word: str) -> int:
    try:
        number = int(word, 0)
    except ValueError:
        raise ValueError(f"{word} is no number") from None
    if not 0 <= number <= LARGEST:
        raise ValueError(f"{word} is no number of 32 bits")
    return number

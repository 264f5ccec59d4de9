"""The settings `dictionaries` and `reply` of a NAS: names and fixed values are checked when they are read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any, Final, Self

from pydantic import BeforeValidator, Field, PrivateAttr, ValidationInfo, model_validator

from idp.config.mistake import suggest
from idp.config.model import Model
from idp.config.secrets import SecretReading
from protocols.radius import dictionary_file
from protocols.radius.attribute_value import LARGEST_TAG, encode
from protocols.radius.dictionary import Definition, Dictionary
from protocols.radius.packet import Attribute
from protocols.radius.standard import RESERVED, STANDARD

PLACEHOLDER: Final = re.compile(r"\{([A-Za-z0-9_.-]+)\}")
BRACES: Final = frozenset("{}")


def _many(value: Any) -> Any:
    """One stands for a list of one, and a number for its digits."""
    listed = value if isinstance(value, (list, tuple)) else [value]
    return [str(each) if type(each) is int else each for each in listed]


def _words(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Values = Annotated[
    tuple[Annotated[str, Field(min_length=1)], ...], Field(min_length=1), BeforeValidator(_many)
]


class ReplyWhen(Model):
    """Whom an entry is for."""

    groups: Annotated[tuple[str, ...], BeforeValidator(_words)] = ()  # any of these; none means everyone
    # Those whom one of these rules of policies.yaml let in; none means any rule.
    rules: Annotated[tuple[str, ...], BeforeValidator(_words)] = ()


@dataclass(frozen=True, slots=True)
class Mapped:
    """One attribute of a reply: fixed bytes, or a text with gaps for what is known of the user."""

    definition: Definition
    text: str
    tag: int | None
    fixed: Attribute | None


class ReplyEntry(Model):
    """Attributes, by name, for those whom it is for."""

    when: ReplyWhen = ReplyWhen()
    attributes: Annotated[dict[str, Values], Field(min_length=1)]


class ReplySettings(Model):
    """What an Access-Accept holds beside yes. Of the entries of `reply`, the first that fits counts."""

    dictionaries: Annotated[tuple[str, ...], BeforeValidator(_words)] = ()  # files, for names of vendors
    reply: tuple[ReplyEntry, ...] = ()
    _mapped: tuple[tuple[Mapped, ...], ...] = PrivateAttr(default=())
    _known: Dictionary = PrivateAttr(default=STANDARD)

    @property
    def mapped(self) -> tuple[tuple[Mapped, ...], ...]:
        """The attributes of each entry of `reply`, made ready."""
        return self._mapped

    @model_validator(mode="after")
    def _known_attributes(self, info: ValidationInfo) -> Self:
        reading = info.context if isinstance(info.context, SecretReading) else SecretReading()
        self._known = _dictionary(reading, self.dictionaries)
        self._mapped = tuple(
            tuple(self._of_entry(entry.attributes, place)) for place, entry in enumerate(self.reply)
        )
        return self

    def _of_entry(self, attributes: Mapping[str, Values], place: int) -> Iterator[Mapped]:
        for name, values in attributes.items():
            try:
                yield from self.map(name, values)
            except ValueError as error:
                raise ValueError(f"reply.{place}.attributes.{name}: {error}") from None

    def map(self, name: str, values: Iterable[str]) -> list[Mapped]:
        """An attribute and its values made ready. Raises ValueError."""
        definition, tag = _named(self._known, name)
        return [
            Mapped(definition, text, tag, None if _gaps(text) else encode(definition, text, tag))
            for text in values
        ]

    def fault_of(self, name: str, values: Iterable[str]) -> str:
        """What is wrong with an attribute that a rule adds; empty if it can be told."""
        try:
            self.map(name, values)
        except ValueError as error:
            return str(error)
        return ""


def _dictionary(reading: SecretReading, files: tuple[str, ...]) -> Dictionary:
    known = STANDARD
    for file in files:
        try:
            known = dictionary_file.read(reading.find(file), known, reading.files)
        except dictionary_file.DictionaryError as error:
            raise ValueError(f"dictionaries: {error}") from None
    return known


def _named(known: Dictionary, name: str) -> tuple[Definition, int | None]:
    """`Tunnel-Type:1` is Tunnel-Type with tag 1."""
    plain, colon, digits = name.partition(":")
    definition = known.find(plain)
    if definition is None:
        names = {each.name for each in known.attributes.values()}
        raise ValueError(f"no attribute is called {plain}, {suggest(plain, names)}")
    if definition.is_encrypted or (definition.vendor is None and definition.number in RESERVED):
        raise ValueError("cannot be set, it is hidden or made by the door itself")
    if not colon:
        return definition, None
    if not definition.is_tagged:
        raise ValueError("has no tag")
    if not digits.isdecimal() or int(digits) > LARGEST_TAG:
        raise ValueError(f"a tag is a number up to {LARGEST_TAG}")
    return definition, int(digits)


@lru_cache(maxsize=1024)
def _gaps(text: str) -> tuple[str, ...]:
    """The names in braces. Raises ValueError for a brace that opens or closes none."""
    if BRACES & set(PLACEHOLDER.sub("", text)):
        raise ValueError("a placeholder is a name in braces, for example {username}")
    return tuple(PLACEHOLDER.findall(text))

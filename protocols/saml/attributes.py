"""What a service is told of a user besides his name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from idp import attributes
from protocols.saml.attribute_settings import ID, AttributeRule
from protocols.saml.names import BASIC, URI
from storage.records import User


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute of an assertion; there are values."""

    name: str
    name_format: str
    friendly_name: str | None
    values: tuple[str, ...]


def known(user: User) -> Mapping[str, Any]:
    """Everything that rules may draw from: what is said of a user at every door, and his id."""
    return {**attributes.of(user), ID: user.id}


def release(user: User, rules: Mapping[str, AttributeRule]) -> list[Attribute]:
    """The attributes in the order of the rules; those without a value are left out."""
    facts = known(user)
    released = []
    for name, rule in rules.items():
        values = tuple(dict.fromkeys(_values(rule, user, facts)))
        if values:
            released.append(Attribute(name, rule.format_of(name), rule.friendly_name, values))
    return released


def added(claims: Mapping[str, Any]) -> list[Attribute]:
    """What a rule tells besides, each under its own name."""
    told = ((name, tuple(texts(value))) for name, value in claims.items())
    return [Attribute(name, URI if ":" in name else BASIC, None, values) for name, values in told if values]


def texts(value: Any) -> Iterator[str]:
    """A value as SAML can say it: each as text; what has no text of its own is left out."""
    if isinstance(value, bool):
        yield "true" if value else "false"
    elif isinstance(value, str | int | float):
        if text := printable(str(value)):
            yield text
    elif isinstance(value, list | tuple):
        for each in value:
            yield from texts(each)
    elif isinstance(value, Mapping):  # an address, as it is written on an envelope
        yield from texts(value.get("formatted"))


def printable(text: str) -> str:
    """Without the characters that XML cannot hold (Extensible Markup Language 1.0 §2.2)."""
    return "".join(each for each in text if each >= " " or each in "\t\n\r").translate(_UNSAYABLE)


_UNSAYABLE = dict.fromkeys((*range(0xD800, 0xE000), 0xFFFE, 0xFFFF))


def _values(rule: AttributeRule, user: User, facts: Mapping[str, Any]) -> Iterator[str]:
    if rule.attribute is not None:
        yield from texts(facts.get(rule.attribute))
    elif rule.constant is not None:
        yield from rule.constant
    elif rule.join is not None:
        parts = [next(texts(facts.get(name)), "") for name in rule.join]
        if all(parts):
            yield rule.separator.join(parts)
    elif rule.groups is not None:
        for group in facts["groups"]:
            if any(fnmatchcase(group, pattern) for pattern in rule.groups):
                yield group
    else:
        for group, value in (rule.by_group or {}).items():
            if group in user.groups:
                yield value

"""What we say of a user: one place that every door asks, whatever it calls what it gets there."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any, Final

import orjson

from idp.attribute_types import Own, read, spelled
from idp.config.mistake import suggest
from storage.records import User

NONE: Final = "{}"
# Who confirmed the old one has not seen the new one.
VERIFIED: Final = {"email": "email_verified", "phone_number": "phone_number_verified"}


class Refused(Exception):
    """Attributes that a user cannot have. `mistakes` says of each what is wrong, and what would be right."""

    def __init__(self, mistakes: list[str]) -> None:
        super().__init__("; ".join(mistakes))
        self.mistakes = tuple(mistakes)


def of(user: User) -> dict[str, Any]:
    """All that is known of a user, by the names of OpenID Connect Core §5.1 and of the tenant's own attributes.

    Values are str, int, bool, list[str], and for `address` a mapping (§5.1.1). What is not known is not there;
    `name`, `preferred_username`, `groups` and `updated_at` (epoch seconds) always are. In other languages an
    attribute is called as in §5.2: `family_name#ja-Kana-JP`. It asks no database: all of it came with the user.
    """
    known = kept(user)
    known["preferred_username"] = user.login_name
    known["name"] = user.display_name or user.login_name
    known["groups"] = sorted(user.groups)
    known["updated_at"] = user.created_at if user.changed_at is None else user.changed_at
    if user.email:
        known["email"] = user.email
    return known


def assign(user: User, given: Mapping[str, str], declared: Mapping[str, Own], now: int) -> User:
    """The user with these attributes, as an administrator writes them; `address.country` is one of an address.

    Not stored yet. Raises `Refused` with every mistake.
    """
    held, mistakes = kept(user), []
    columns = {"name": user.display_name, "email": user.email}
    for name in given.keys() & VERIFIED.keys():
        held.pop(VERIFIED[name], None)
    for name, text in given.items():
        try:
            value = read(name, text, declared)
        except ValueError as error:
            mistakes.append(str(error))
            continue
        whole, dot, member = name.partition(".")
        if name in columns:
            columns[name] = value
        elif dot:
            held[whole] = {**held.get(whole, {}), member: value}
        else:
            held[spelled(name)] = value
    if mistakes:
        raise Refused(mistakes)
    return _changed(user, held, columns, now)


def remove(user: User, names: Iterable[str], now: int) -> User:
    """The user without these; also without one that is declared no longer. Not stored yet. Raises `Refused`."""
    held, mistakes = kept(user), []
    columns = {"name": user.display_name, "email": user.email}
    for name in map(spelled, names):
        whole, dot, member = name.partition(".")
        if columns.get(name):
            columns[name] = "" if name == "name" else None
        elif dot and whole == "address" and member in held.get(whole, {}):
            held[whole] = {key: value for key, value in held[whole].items() if key != member}
        elif name in held:
            del held[name]
        else:
            has = (name for name, value in {**held, **columns}.items() if value)
            mistakes.append(f"{user.login_name} has no {name}, {suggest(name, has)}")
            continue
        held.pop(VERIFIED.get(name, ""), None)
    if mistakes:
        raise Refused(mistakes)
    return _changed(user, {name: value for name, value in held.items() if value != {}}, columns, now)


def kept(user: User) -> dict[str, Any]:
    """What was set, beside name and email, which have fields of their own."""
    given: dict[str, Any] = orjson.loads(user.attributes) if user.attributes != NONE else {}
    return given


def _changed(user: User, held: Mapping[str, Any], columns: Mapping[str, str | None], now: int) -> User:
    return dataclasses.replace(
        user,
        display_name=columns["name"] or "",
        email=columns["email"],
        attributes=orjson.dumps(held, option=orjson.OPT_SORT_KEYS).decode(),
        changed_at=now,
    )

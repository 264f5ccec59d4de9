"""What an Access-Accept tells the NAS beside yes: attributes by group and rule."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from idp.attributes import of
from idp.outcome import Authentication
from protocols.radius.attribute_value import encode
from protocols.radius.clients import NAS
from protocols.radius.packet import Attribute
from protocols.radius.reply_settings import PLACEHOLDER, Mapped, ReplyWhen
from storage.records import User

NOTHING: Final[Mapping[str, Sequence[str]]] = {}


class MappingError(Exception):
    """An attribute cannot be made: the login is rejected, since a NAS would take less for more."""


def attributes(
    nas: NAS, user: User, rule: str = "", added: Mapping[str, Sequence[str]] = NOTHING
) -> Sequence[Attribute]:
    """Of the first entry of `reply` that fits the user and the rule that let him in; `added` is what that rule says
    itself, in place of what the entry says under the same names. Raises `MappingError`.
    """
    if not (added or nas.settings.reply):  # most are content with yes
        return ()
    try:
        own = [each for name, values in added.items() for each in nas.settings.map(name, values)]
    except ValueError as error:  # the rule was checked with the services that there were then
        raise MappingError(str(error)) from None
    said = {each.definition.name for each in own}
    kept = (each for each in _entry(nas, user, rule) if each.definition.name not in said)
    return list(_made([*kept, *own], user))


def added(proven: Authentication, now: int, longest: int) -> Mapping[str, Sequence[str]]:
    """What the rule says that let the user in; with Session-Timeout (RFC 2865 §5.27), where it has the session end
    before the `longest` that one may last (seconds).
    """
    seconds = proven.expires_at - now
    return {**({"Session-Timeout": (str(seconds),)} if seconds < longest else {}), **proven.reply}


def _entry(nas: NAS, user: User, rule: str) -> Sequence[Mapped]:
    settings = nas.settings
    for entry, mapped in zip(settings.reply, settings.mapped, strict=True):
        if _fits(entry.when, user, rule):
            return mapped
    return ()


def _fits(when: ReplyWhen, user: User, rule: str) -> bool:
    if when.groups and user.groups.isdisjoint(when.groups):
        return False
    return not when.rules or rule in when.rules


def _made(mapped: Iterable[Mapped], user: User) -> Iterator[Attribute]:
    for each in mapped:
        if each.fixed is not None:
            yield each.fixed
            continue
        for text in _texts(each.text, user):
            try:
                yield encode(each.definition, text, each.tag)
            except ValueError as error:
                raise MappingError(f"{each.definition.name} {error}") from None


def _texts(text: str, user: User) -> Sequence[str]:
    """The text with its gaps filled; several where it is nothing but a gap for what has several values."""
    alone = PLACEHOLDER.fullmatch(text)
    if alone:
        return _known(user, alone[1])
    return [PLACEHOLDER.sub(lambda gap: _only(user, gap[1]), text)]


def _only(user: User, name: str) -> str:
    values = _known(user, name)
    if len(values) != 1:
        raise MappingError(f"the user has {len(values)} values of {name}, and one is wanted")
    return values[0]


def _known(user: User, name: str) -> Sequence[str]:
    """What is known of the user under this name. Raises `MappingError` for nothing."""
    told = {"username": user.login_name, "display_name": user.display_name, **of(user)}
    value: Any = told.get(name)
    listed = value if isinstance(value, (list, tuple)) else [value]
    texts = [str(each) for each in listed if isinstance(each, (str, int)) and each != ""]
    if not texts or len(texts) != len(listed):
        raise MappingError(f"the user has no {name} that could be told")
    return texts

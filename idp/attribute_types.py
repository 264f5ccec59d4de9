"""The attributes that users may have, and how each is written: OpenID Connect Core §5.1, and a tenant's own."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from functools import cache
from typing import Any, Final, Literal
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from idp.config.mistake import suggest

Own = Literal["text", "number", "boolean", "texts"]  # what a tenant may declare

MAXIMUM_LENGTH: Final = 1000  # characters of one value
_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")  # BCP 47, well formed enough to be compared
_PHONE = re.compile(r"\+[0-9(][0-9 ().-]{5,24}(;ext=[0-9]{1,8})?")  # E.164, extension as RFC 3966 §5.3
_EMAIL = re.compile(r"[^\s@]{1,64}@[^\s@]{1,255}")
_NUMBER = re.compile(r"-?[0-9]{1,15}")  # what every JSON reader takes exactly (RFC 8259 §6)
_DAY = re.compile(r"([0-9]{4})(?:-([0-9]{2}-[0-9]{2}))?")
LEAP_YEAR = "2000"


def _text(text: str) -> str:
    if not text or len(text) > MAXIMUM_LENGTH or not text.isprintable():
        raise ValueError(f"must be text of 1 to {MAXIMUM_LENGTH} characters on one line")
    return text


def _lines(text: str) -> str:
    _text(text.replace("\n", " "))  # an address has lines (Core §5.1.1)
    return text


def _texts(text: str) -> list[str]:
    return [_text(each.strip()) for each in text.split(",")]


def _number(text: str) -> int:
    if not _NUMBER.fullmatch(text):
        raise ValueError("must be a whole number")
    return int(text)


def _boolean(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError("must be true or false")
    return text == "true"


def _url(text: str) -> str:
    try:
        parts = urlsplit(_text(text))
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in ("https", "http") or not parts.netloc or " " in text:
        raise ValueError("must be a web address, for example https://example.com/alice")
    return text


def _email(text: str) -> str:
    if not _EMAIL.fullmatch(_text(text)):
        raise ValueError("must be an address such as alice@example.com")
    return text


def _birthdate(text: str) -> str:
    """A day, a year, or a day whose year is kept back as 0000."""
    match = _DAY.fullmatch(text)
    try:
        if match is None:
            raise ValueError
        if match[2]:
            date.fromisoformat(f"{LEAP_YEAR if match[1] == '0000' else match[1]}-{match[2]}")
    except ValueError:
        raise ValueError("must be YYYY-MM-DD, 0000-MM-DD or YYYY") from None
    return text


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _zone(text: str) -> str:
    if text not in _zones():
        raise ValueError("must be a time zone of the IANA list, for example Asia/Tokyo")
    return text


def _locale(text: str) -> str:
    if not _LANGUAGE.fullmatch(text):
        raise ValueError("must be a language tag, for example ja or en-US")
    return text


def _phone(text: str) -> str:
    if not _PHONE.fullmatch(text):
        raise ValueError("must be an E.164 number, for example +81 3 1234 5678")
    return text


Reader = Callable[[str], Any]

OWN: Final[Mapping[str, Reader]] = {"text": _text, "number": _number, "boolean": _boolean, "texts": _texts}
STANDARD: Final[Mapping[str, Reader]] = {
    **dict.fromkeys(("name", "given_name", "family_name", "middle_name", "nickname", "gender"), _text),
    **dict.fromkeys(("profile", "picture", "website"), _url),
    **{"birthdate": _birthdate, "zoneinfo": _zone, "locale": _locale},
    **{"email": _email, "email_verified": _boolean},
    **{"phone_number": _phone, "phone_number_verified": _boolean},
}
ADDRESS: Final[Mapping[str, Reader]] = {  # Core §5.1.1
    **{"formatted": _lines, "street_address": _lines},
    **dict.fromkeys(("locality", "region", "postal_code", "country"), _text),
}
SAID_BY_US: Final = ("preferred_username", "groups", "updated_at")
# Of these a user may have one for each language and script (Core §5.2).
TRANSLATED: Final = frozenset(
    ("name", "given_name", "family_name", "middle_name", "nickname", "profile", "picture", "website")
)


def names(declared: Mapping[str, Own]) -> frozenset[str]:
    """All that may be said of a user, for whoever maps it to a claim, an assertion or a reply."""
    return frozenset((*STANDARD, "address", *SAID_BY_US, *declared))


def is_known(name: str, declared: Mapping[str, Own]) -> bool:
    """Whether a user may have it, in a language too."""
    plain, mark, tag = name.partition("#")
    if not mark:
        return name in names(declared)
    return _is_translated(plain, declared) and _LANGUAGE.fullmatch(tag) is not None


def declarable(name: str) -> str:
    """The name of a tenant's own attribute. Raises ValueError for one that is taken."""
    if not _NAME.fullmatch(name):
        raise ValueError("must be a name of small letters, digits and _, for example employee_number")
    if name in names({}):
        raise ValueError("is a standard attribute, which every user may have")
    return name


def read(name: str, text: str, declared: Mapping[str, Own]) -> Any:
    """The value that an administrator wrote. Raises ValueError with what is wrong, and what would be right."""
    reader = find(name, declared)
    try:
        return reader(text)
    except ValueError as error:
        raise ValueError(f"{name} {error}") from None


def find(name: str, declared: Mapping[str, Own]) -> Reader:
    """What reads values of an attribute that can be set. Raises ValueError with what may be meant, if there is none."""
    try:
        return _reader(name, declared)
    except LookupError:
        settable = (*STANDARD, *(f"address.{member}" for member in ADDRESS), *declared)
        raise ValueError(f"there is no attribute {name}, {suggest(name, settable)}") from None


def _reader(name: str, declared: Mapping[str, Own]) -> Reader:
    plain, mark, tag = name.partition("#")
    whole, dot, member = name.partition(".")
    if dot and whole == "address":
        return ADDRESS[member]
    if mark and not (_is_translated(plain, declared) and _LANGUAGE.fullmatch(tag)):
        raise LookupError(name)
    return STANDARD[plain] if plain in STANDARD else OWN[declared[plain]]


def spelled(name: str) -> str:
    """The name with its language tag as it is registered: `ja-Kana-JP` (Core §5.2, RFC 5646 §2.1.1)."""
    plain, mark, tag = name.partition("#")
    if not mark:
        return name
    first, *rest = tag.split("-")
    cased = [part.upper() if len(part) == 2 else part.title() if len(part) == 4 else part for part in rest]
    return f"{plain}#{'-'.join((first.lower(), *cased))}"


def _is_translated(plain: str, declared: Mapping[str, Own]) -> bool:
    return plain in TRANSLATED or declared.get(plain) == "text"

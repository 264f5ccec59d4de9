"""What rules of a tenant call by name: its networks, its holidays, and who vouches for its devices."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BeforeValidator, InstanceOf, ValidationInfo, WithJsonSchema

from idp.config.model import Name, Network
from idp.config.secrets import SecretReading
from keys.certificate import Authorities

MAXIMUM_BYTES: Final = 1_048_576
_DATE: Final = re.compile(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?=[\s,]|$)", re.ASCII)
DAY: Final = {"type": "string", "format": "date"}
FILE: Final = {"type": "object", "properties": {"file": {"type": "string"}}, "required": ["file"]}


def _many(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _find(info: ValidationInfo, name: str) -> Path:
    reading = info.context if isinstance(info.context, SecretReading) else SecretReading()
    return reading.find(name)


def _content(file: Path) -> bytes:
    try:
        with file.open("rb") as stream:
            return stream.read(MAXIMUM_BYTES)
    except OSError as error:
        raise ValueError(f"cannot read {file}: {(error.strerror or 'unknown').lower()}") from None


def _authorities(value: Any, info: ValidationInfo) -> Authorities:
    if not isinstance(value, dict) or value.keys() != {"file"}:
        raise ValueError("must be {file: …}, certificates in PEM")
    file = _find(info, str(value["file"]))
    content = _content(file)
    try:
        return Authorities.from_pem(content)
    except ValueError:
        raise ValueError(f"{file} holds no certificates of authorities in PEM") from None


def _holidays(value: Any, info: ValidationInfo) -> Any:
    """Dates; those of a file stand one on a line, whatever follows each is its name."""
    if isinstance(value, dict) and set(value) == {"file"} and isinstance(value["file"], str):
        return frozenset(_read(_find(info, value["file"])))
    if isinstance(value, frozenset):  # read before
        return value
    if isinstance(value, (list, tuple)):
        return frozenset(_day(str(each), f"{place + 1}. entry") for place, each in enumerate(value))
    raise ValueError("must be a list of days such as 2027-01-01, or {file: holidays.csv}")


def _read(file: Path) -> Iterator[date]:
    """Also the list of the Cabinet Office of Japan, which begins with a heading and is Shift_JIS."""
    raw = _content(file)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("cp932", "replace")
    lines = [(number, line.strip()) for number, line in enumerate(text.splitlines(), 1)]
    for number, line in lines:
        heading = number == 1 and not line[:1].isdigit()
        if line and not line.startswith("#") and not heading:
            yield _day(line, f"{file}:{number}", whole=False)


def _day(text: str, where: str, *, whole: bool = True) -> date:
    match = (_DATE.fullmatch if whole else _DATE.match)(text)
    try:
        if match is None:
            raise ValueError
        return date(*map(int, match.groups()))
    except ValueError:
        raise ValueError(f"{where}: must be a day such as 2027-01-01") from None


def _named(value: dict[str, Any]) -> dict[str, Any]:
    for name, networks in value.items():
        if not networks:
            raise ValueError(f"{name} needs at least one network, for example 10.0.0.0/8")
    return value


NamedNetworks = Annotated[
    dict[Name, Annotated[tuple[Network, ...], BeforeValidator(_many)]], AfterValidator(_named)
]
Holidays = Annotated[
    frozenset[date],
    BeforeValidator(_holidays),
    WithJsonSchema({"anyOf": [{"type": "array", "items": DAY}, FILE]}),
]
DeviceAuthorities = Annotated[InstanceOf[Authorities], BeforeValidator(_authorities), WithJsonSchema(FILE)]

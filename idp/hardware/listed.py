"""Tokens in a CSV list with headings: every mistake is found in one reading, with its line."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Final

from idp.authenticators import Refused
from idp.authenticators.device import Device, decode
from idp.hardware.delivery import Delivered, Delivery, Faulty
from keys.secret import Secret

SECRETS: Final = ("secret_hex", "secret_base32")
COLUMNS: Final = (*("serial", *SECRETS, "kind", "digits", "period", "algorithm", "counter", "manufacturer"),)
NUMBER_DIGITS: Final = 19


def read(text: str) -> Delivery:
    """The tokens of a list whose first line names its columns: `serial`, one of `SECRETS`, and any of the others."""
    delivery = Delivery()
    rows = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True)
    try:
        heading = [name.strip().lower() for name in next(rows, [])]
        if fault := _wrong_heading(heading):
            delivery.fault(1, fault)
            return delivery
        before = rows.line_num
        for cells in rows:
            line, before = before + 1, rows.line_num
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(heading):
                delivery.fault(line, f"has {len(cells)} columns, the first line names {len(heading)}")
                continue
            try:
                row = {name: cell.strip() for name, cell in zip(heading, cells, strict=True)}
                delivery.add(_token(line, row))
            except (Faulty, Refused) as faulty:
                delivery.fault(line, faulty.words)
    except csv.Error as error:
        delivery.fault(rows.line_num, f"is no CSV: {error}")
    return delivery


def _wrong_heading(heading: list[str]) -> str:
    unknown = [name for name in heading if name not in COLUMNS]
    if unknown:
        return f"there is no column {unknown[0]!r}, there may be {', '.join(COLUMNS)}"
    if len(set(heading)) != len(heading):
        return "a column is named twice"
    if "serial" not in heading or sum(name in heading for name in SECRETS) != 1:
        return "the columns serial and one of secret_hex and secret_base32 are needed"
    return ""


def _token(line: int, row: Mapping[str, str]) -> Delivered:
    kind = row.get("kind", "").lower() or "totp"
    device = Device(
        secret=_secret(row),
        digits=_number(row, "digits", 6),
        period=_number(row, "period", 30),
        algorithm=row.get("algorithm", "").upper().replace("-", "") or "SHA1",
        kind=kind,
        serial=row["serial"],
    )
    counter = _number(row, "counter", 0)
    if counter and kind != "hotp":
        raise Faulty("a counter is for tokens of kind hotp")
    return Delivered(line, device, row.get("manufacturer", ""), counter - 1)


def _secret(row: Mapping[str, str]) -> bytes:
    if "secret_base32" in row:
        return decode(Secret(row["secret_base32"]))
    try:
        return bytes.fromhex(row["secret_hex"])
    except ValueError:
        raise Faulty("secret_hex is not hexadecimal") from None


def _number(row: Mapping[str, str], name: str, default: int) -> int:
    text = row.get(name, "")
    if not text:
        return default
    if not (text.isascii() and text.isdigit()) or len(text) > NUMBER_DIGITS:
        raise Faulty(f"{name} is not a number")
    return int(text)

"""CSV lists: every mistake with its line in one reading."""

from __future__ import annotations

import pytest

from idp.hardware import listed

HEX = "3132333435363738393031323334353637383930"
BASE32 = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"


def test_a_list_with_all_columns_in_any_order() -> None:
    text = (
        "\ufeffManufacturer,serial,secret_hex,kind,digits,period,algorithm,counter\r\n"
        f"メーカー,A-1,{HEX},HOTP,8,,,12\r\n\r\n"
        f'"Maker, Inc.",A-2,{HEX}{"ab" * 12},totp,,60,sha-256,\r\n'
    )
    first, second = listed.read(text).tokens
    assert (first.line, first.manufacturer, first.counter) == (2, "メーカー", 11)
    assert (first.device.kind, first.device.digits, first.device.secret) == ("hotp", 8, bytes.fromhex(HEX))
    assert (second.line, second.manufacturer, second.counter) == (4, "Maker, Inc.", -1)
    assert (second.device.period, second.device.algorithm, second.device.digits) == (60, "SHA256", 6)


def test_a_short_list() -> None:
    (token,) = listed.read(f"serial,secret_base32\n1,{BASE32}\n").tokens
    assert (token.device.kind, token.device.secret) == ("totp", bytes.fromhex(HEX))


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (f"1,{HEX}", "has 2 columns"),
        ("1,xyz,hotp,6,0", "not hexadecimal"),
        ("1,3132,hotp,6,0", "128 to 1024 bits"),
        (f"1,{HEX},ocra,6,0", "kind hotp or totp"),
        (f"1,{HEX},hotp,5,0", "6, 7 or 8 digits"),
        (f"1,{HEX},hotp,six,0", "digits is not a number"),
        (f"1,{HEX},hotp,6,-1", "counter is not a number"),
        (f"1,{HEX},hotp,6,9999999999999999999", "from 0 on"),
        (f"1,{HEX},totp,6,4", "for tokens of kind hotp"),
        (f",{HEX},totp,6,", "1 to 64 characters"),
        (f"ok,{HEX},totp,6,", "twice"),
        (f'1,{HEX},"x"y,6,', "is no CSV"),
    ],
)
def test_a_mistake_is_told_with_its_line(row: str, said: str) -> None:
    read = listed.read(f"serial,secret_hex,kind,digits,counter\nok,{HEX},hotp,6,0\n{row}\n")
    assert [token.device.serial for token in read.tokens] == ["ok"]
    (fault,) = read.faults
    assert fault.line == 3
    assert said in fault.words
    assert HEX not in fault.words


@pytest.mark.parametrize(
    "heading",
    ["", "serial", "secret_hex", "serial,secret_hex,secret_base32", "serial,serial,secret_hex", "a"],
)
def test_the_first_line_names_the_columns(heading: str) -> None:
    read = listed.read(f"{heading}\n1,{HEX}\n")
    assert not read.tokens
    assert [fault.line for fault in read.faults] == [1]

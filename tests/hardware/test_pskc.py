"""Key containers: RFC 6030's own, encrypted and plain; each mistake with its line; nothing that could harm."""

from __future__ import annotations

import time

import pytest

from idp.hardware import pskc
from idp.hardware.container_key import Needed
from idp.hardware.delivery import Delivery
from keys.secret import Secret
from tests.hardware.container import FIGURE_6, FIGURE_7, KEY_6, PASSWORD_7, container, mac_method, package

SEED = b"12345678901234567890"
TOTP = "<TimeInterval><PlainValue>60</PlainValue></TimeInterval><TimeDrift><PlainValue>-4</PlainValue></TimeDrift>"
SHA_256 = '<Suite>HMAC-SHA256</Suite><ResponseFormat Length="6" Encoding="DECIMAL"/>'


def never(needed: Needed) -> Secret:
    raise AssertionError(f"nothing is encrypted, and a {needed} is asked for")


def words(delivery: Delivery) -> list[str]:
    assert not delivery.tokens
    return [fault.words for fault in delivery.faults]


def test_a_plain_container() -> None:
    """RFC 6030 §4.3, figure 2 and 5."""
    counter = "<Counter><PlainValue>7</PlainValue></Counter>"
    read = pskc.read(container(package(), package(serial="2", data=counter)), never)
    first, second = read.tokens
    assert (first.device.secret, first.device.digits, first.device.kind) == (SEED, 8, "hotp")
    assert (first.device.serial, first.manufacturer, first.counter) == ("987654321", "Manufacturer", -1)
    assert (second.device.serial, second.counter) == ("2", 6)
    assert repr(SEED)[2:-1] not in repr(read)


def test_a_token_by_time() -> None:
    (token,) = pskc.read(container(package(kind="totp", form=SHA_256, data=TOTP)), never).tokens
    device = token.device
    assert (device.kind, device.algorithm, device.digits, device.period) == ("totp", "SHA256", 6, 60)
    assert (token.counter, token.drift) == (-1, -4)


@pytest.mark.parametrize(
    ("document", "secret", "needed"),
    [(FIGURE_6, KEY_6, "pre-shared key"), (FIGURE_7, PASSWORD_7, "password")],
    ids=["figure 6", "figure 7"],
)
def test_the_encrypted_containers_of_rfc_6030(document: bytes, secret: str, needed: str) -> None:
    asked: list[str] = []

    def ask(what: Needed) -> Secret:
        asked.append(what)
        return Secret(secret)

    (token,) = pskc.read(document, ask).tokens
    assert (token.device.secret, asked) == (SEED, [needed])
    for wrong in (secret[:-2] + "00", "", "zz"):
        read = pskc.read(document, lambda _needed, wrong=wrong: Secret(wrong))
        assert words(read) and SEED.decode() not in words(read)[0]
    altered = document.replace(b"<xenc:CipherValue>AAEC", b"<xenc:CipherValue>AAED").replace(
        b">oTvo", b">oTvp"
    )
    assert words(pskc.read(altered, ask)) == ["does not open: another key or password, or altered"]
    bare = document[: document.index(b"<ValueMAC>")] + document[document.index(b"</ValueMAC>") + 11 :]
    assert words(pskc.read(bare, ask)) == ["an encrypted value has no ValueMAC"]


MISTAKES = {
    "algorithm": (package(kind="ocra"), "neither HOTP nor TOTP"),
    "secret": (package(secret=""), "the Secret has no value"),
    "base64": (package(secret="<PlainValue>*</PlainValue>"), "no Base64"),
    "short": (package(secret="<PlainValue>MTIz</PlainValue>"), "128 to 1024 bits"),
    "hexadecimal": (package(form='<ResponseFormat Length="8" Encoding="HEXADECIMAL"/>'), "codes are digits"),
    "length": (package(form='<ResponseFormat Length="9" Encoding="DECIMAL"/>'), "6, 7 or 8 digits"),
    "check": (
        package(form='<ResponseFormat Length="8" Encoding="DECIMAL" CheckDigits="true"/>'),
        "check digit",
    ),
    "suite": (package(form=SHA_256.replace("256", "3")), "Suite is none of"),
    "counter": (package(data="<Counter><PlainValue>-2</PlainValue></Counter>"), "from 0 on"),
    "huge": (package(data="<Counter><PlainValue>9999999999999999999</PlainValue></Counter>"), "from 0 on"),
    "serial": (package(serial="x" * 65), "1 to 64 characters"),
    "time": (package(data="<Time><PlainValue>5</PlainValue></Time>"), "a Time other than 0"),
    "expiry": (
        package(policy="<Policy><ExpiryDate>2020-01-01T00:00:00Z</ExpiryDate></Policy>"),
        "limits the key by ExpiryDate",
    ),
    "usage": (package(policy="<Policy><KeyUsage>CR</KeyUsage></Policy>"), "one-time codes"),
    "empty": ("<KeyPackage/>", "no Key"),
    "encrypted": (
        package(secret="<EncryptedValue/>"),
        "the container names no key",
    ),
}


@pytest.mark.parametrize(("wrong", "said"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_told_with_its_line_and_the_others_are_read(wrong: str, said: str) -> None:
    good = [package(serial="1"), package(serial="3", policy="<Policy><KeyUsage>OTP</KeyUsage></Policy>")]
    document = container(good[0], wrong, good[1], package(serial="1"))
    read = pskc.read(document, never)
    assert [token.device.serial for token in read.tokens] == ["1", "3"]
    first, twice = read.faults
    assert said in first.words
    begin = document[: document.index(wrong.encode())].count(b"\n") + 1
    assert begin <= first.line <= begin + wrong.count("\n")
    assert "stands in the list twice" in twice.words


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "DTD"),
        (b'<!DOCTYPE a SYSTEM "http://127.0.0.1/x.dtd"><a/>', "DTD"),
        (b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>', "DTD"),
        (b"<a>" * 1000, "too deep"),
        (b"<a><b></a>", "well-formed"),
        (b"", "well-formed"),
        (b'<?xml version="1.0" encoding="klingon"?><a/>', ""),
        (b"<KeyContainer/>", "no KeyContainer of RFC 6030"),
        (container(package(), head="<EncryptionKey/>"), "MACMethod"),
        (container(package(), head="<EncryptionKey/>" + mac_method("AAAA")), "neither named"),
        (FIGURE_7.replace(b">1000<", b">9999999<"), "parameters of PBKDF2"),
        (FIGURE_6.replace(b"aes128-cbc", b"tripledes-cbc"), "something else than AES-CBC"),
    ],
)
def test_what_is_no_container_is_refused_at_once(document: bytes, said: str) -> None:
    start = time.process_time()
    (told,) = words(pskc.read(document, lambda _needed: Secret(KEY_6)))
    assert said in told
    assert time.process_time() - start < 0.5

"""Parsers of files that administrators bring: YAML, lists of users and of tokens, key containers."""

from __future__ import annotations

import contextlib
import json
import math
from typing import Any

import click

from idp.cli.roster import read as read_users
from idp.config.document import Document
from idp.config.document import read as read_yaml
from idp.config.mistake import Findings
from idp.config.policies import RuleSettings
from idp.config.secrets import SecretReading
from idp.config.validate import validate
from idp.hardware import listed, pskc
from idp.hardware.container_key import Needed
from idp.hardware.delivery import Delivery
from keys.secret import Secret
from tests.configuration import POLICIES
from tests.fuzz.place import written
from tests.fuzz.target import target
from tests.hardware.container import DERIVED, FIGURE_6, FIGURE_7, KEY_6, PASSWORD_7, container, package

SEED = "3132333435363738393031323334353637383930"
WORDS = (
    b"&a",
    b"*a",
    b"!!python/object:os.system",
    b"? ",
    b"- ",
    b": ",
    b"|\n",
    b">-\n",
    b"<<: *a",
    b"---\n",
    b"%YAML 1.2",
)


EVERY = """\
- name: all
  when:
    {services: [wiki], tags: [hr], groups: {any: [a], none: [b]}, hours: [mon-fri 07:00-21:00], device: {known: true},
     networks: [10.0.0.0/8, office], countries: {not: [JP]}, attributes: {floor: [a]},
     proofs: {given: [matrix], within_seconds: 60}, requests: {per: user, over: 3, seconds: 60}}
  then: {require: [matrix, totp], fresh_seconds: 60, why: {en: x}, claims: {a: b}}
"""


def rules() -> list[bytes]:
    return [json.dumps(POLICIES).encode(), EVERY.encode(), b"a: &a [1, 2.5e3, ~, yes]\nb: *a\nc: {d: 'e'}\n"]


@target("yaml", rules, WORDS)
def look_at_yaml(data: bytes) -> None:
    """Plain data, each with its place, that reads the same when it is written plainly."""
    document = look_up(data)
    if document is None or document.root.size > 500 or "Infinity" in (plain := json.dumps(document.data)):
        return
    assert not _is_odd(document.data)
    once, again = document.data, look_up(plain.encode())
    assert again is None or again.data == once, "it reads otherwise when it is written as JSON"


def look_up(data: bytes) -> Document | None:
    findings = Findings()
    document = read_yaml(written(data, "input.yaml"), findings)
    assert document is not None or findings.errors
    for mistake in findings.errors:
        assert mistake.at.line >= 1 and mistake.at.column >= 1 and mistake.words
    return document


def _is_odd(data: Any) -> bool:
    """Anything but texts, numbers, words, lists and mappings by text."""
    match data:
        case dict():
            return any(not isinstance(key, str) or _is_odd(value) for key, value in data.items())
        case list():
            return any(map(_is_odd, data))
        case float():
            return math.isnan(data)
    return not isinstance(data, str | int | bool | None)


@target(
    "rules",
    rules,
    (*WORDS, b"when", b"then", b"require", b"deny", b"hours: [", b"networks: ", b"{not: ", b"null"),
)
def look_at_rules(data: bytes) -> None:
    """Rules, or every mistake with its line."""
    document = look_up(data)
    for index in range(len(document.data) if document is not None and isinstance(document.data, list) else 0):
        findings = Findings()
        place = written(b"")
        found = validate(document, RuleSettings, findings, SecretReading(place.parent), (index,))  # type: ignore[arg-type]
        assert found is not None or findings.errors


def users() -> list[bytes]:
    return [
        b'username,groups\nalice,staff\n"bob","a,b"\n',
        "\ufeffusername\r\n有\r\n".encode(),
        "username\n花子\n".encode("cp932"),
    ]


@target("list-of-users", users, (b'"', b"\n", b",", b"username", b"\r"))
def look_at_users(data: bytes) -> None:
    with contextlib.suppress(click.ClickException):
        assert all(line.name and line.place for line in read_users(written(data, "users.csv")))


def lists() -> list[bytes]:
    whole = f"serial,secret_hex,kind,digits,period,algorithm,counter,manufacturer\n1,{SEED},hotp,8,,sha-256,12,Maker\n"
    return [whole.encode(), b"serial,secret_base32\n1,GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\n"]


@target(
    "list-of-tokens", lists, (b'"', b"\n", b",", b"secret_hex", b"hotp", b"totp", b"99999999999999999999")
)
def look_at_tokens(data: bytes) -> None:
    """Each mistake with its line; a number is one that a database can hold."""
    look_at_delivery(listed.read(data.decode("utf-8", "replace")))


def look_at_delivery(delivery: Delivery) -> None:
    for fault in delivery.faults:
        assert fault.line >= 0 and fault.words
    for token in delivery.tokens:
        assert 16 <= len(token.device.secret) <= 128 and token.device.digits in (6, 7, 8)
        assert (
            -1 <= token.counter < 1 << 63 and abs(token.drift) < 1 << 63 and 0 < token.device.period < 1 << 31
        )


def containers() -> list[bytes]:
    plain = container(
        package(), package(kind="totp", serial="2", data="<TimeDrift><PlainValue>-4</PlainValue></TimeDrift>")
    )
    limited = container(
        package(policy="<Policy><KeyUsage>OTP</KeyUsage><PINPolicy PINUsageMode='Local'/></Policy>")
    )
    return [plain, limited, FIGURE_6, FIGURE_7, container(package(), head=DERIVED)]


TAGS = (
    b"<PlainValue>", b"</PlainValue>", b"<Secret>", b"<!DOCTYPE a>", b"&a;", b"<Counter>", b'encoding="UTF-16"',
    b"<IterationCount>9999999</IterationCount>", b'encoding="utf-7"', b"<KeyPackage>" * 40, b"<xenc:CipherValue>",
)  # fmt: skip


@target(
    "key-container", containers, TAGS, seconds=10.0
)  # a container may ask for five million rounds of a hash
def look_at_container(data: bytes) -> None:
    def ask(needed: Needed) -> Secret:
        return Secret(KEY_6 if needed == "pre-shared key" else PASSWORD_7)

    look_at_delivery(pskc.read(data, ask))

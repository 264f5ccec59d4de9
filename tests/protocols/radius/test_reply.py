"""What an Access-Accept tells the NAS beside yes."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from idp.config.secrets import SecretReading
from idp.outcome import Authentication
from protocols.radius.clients import NAS as KnownNAS
from protocols.radius.packet import Attribute
from protocols.radius.reply import MappingError, added, attributes
from protocols.radius.settings import ServiceSettings
from storage.records import User
from tests.protocols.radius.conftest import DIGITS, TOKENS, VPN, MakeNAS, Memory
from tests.protocols.radius.nas import ACCEPT, REJECT

ANNA = User(
    "1", "anna", 0, email="anna@example.com", groups=frozenset(["staff"]), attributes='{"vlan": "20"}'
)


def told(user: User, rule: str, *reply: dict[str, Any], dictionary: Path | None = None) -> list[Attribute]:
    settings: dict[str, Any] = {"networks": ["192.0.2.1/32"], "secret": "0123456789abcdef", "reply": reply}
    if dictionary is not None:
        settings["dictionaries"] = str(dictionary)
    read = ServiceSettings.model_validate(settings, context=SecretReading(Path("/"), plain=True))
    return list(attributes(KnownNAS(None, "vpn", read), user, rule))  # type: ignore[arg-type]


async def test_the_nas_is_told(make_nas: MakeNAS, memory: Memory) -> None:
    """By the first entry that fits: fixed values, a name filled in, tags."""
    await memory.show("anna")
    nas = make_nas("127.0.1.2")
    accept = nas.ask(nas.pap("anna", DIGITS))
    assert accept.code == ACCEPT
    assert accept.all(11) == [b"staff", b"vpn-anna"]
    assert accept.all(25) == [b"staff"]
    assert accept.all(27) == [b"\0\0\x0e\x10"]
    assert accept.all(8) == [b"\xc0\0\2\x0a"]
    assert (accept.all(64), accept.all(65), accept.all(81)) == ([b"\1\0\0\x0d"], [b"\1\0\0\6"], [b"\x0120"])


async def test_a_mapping_error_rejects(make_nas: MakeNAS, memory: Memory) -> None:
    """THREAT_MODEL.md 29: An attribute-mapping error rejects."""
    nas = make_nas("127.0.1.2")
    assert nas.ask(nas.pap("eve", TOKENS["eve"].code())).code == REJECT
    event = (await memory.events(service="tunnels", event="login.refused"))[0]
    assert "floor" in event.details["reason"]


def test_the_first_entry_that_fits_counts() -> None:
    """Groups and the rule that let in must both fit; an entry without either is for everyone."""
    reply: list[dict[str, Any]] = [
        {"when": {"groups": ["staff"], "rules": ["outside"]}, "attributes": {"Filter-Id": "one"}},
        {"when": {"groups": "board"}, "attributes": {"Filter-Id": "two"}},
        {"attributes": {"Filter-Id": "three"}},
        {"attributes": {"Filter-Id": "four"}},
    ]
    assert told(ANNA, "outside", *reply) == [(11, b"one")]
    assert told(ANNA, "inside", *reply) == [(11, b"three")]
    assert told(ANNA, "inside", *reply[:2]) == []


def test_what_the_rule_says_stands_in_place_of_what_the_nas_says() -> None:
    entry = {"attributes": {"Filter-Id": "all", "Class": "x"}}
    settings = {"networks": ["192.0.2.1/32"], "secret": "0123456789abcdef", "reply": [entry]}
    read = ServiceSettings.model_validate(settings, context=SecretReading(Path("/"), plain=True))
    nas = KnownNAS(None, "vpn", read)  # type: ignore[arg-type]
    own = {"Filter-Id": ("admins", "{username}")}
    assert attributes(nas, ANNA, "any", own) == [(25, b"x"), (11, b"admins"), (11, b"anna")]
    with pytest.raises(MappingError, match="no attribute is called Filter"):
        attributes(nas, ANNA, "any", {"Filter": ("x",)})


def test_a_shorter_session_is_told_to_the_nas() -> None:
    """Session-Timeout (RFC 2865 §5.27), unless the rule says another."""
    short = Authentication(ANNA, "sid", (), "", (), 1000, expires_at=1600, reply={"Class": ("x",)})
    assert added(short, 1000, 43200) == {"Session-Timeout": ("600",), "Class": ("x",)}
    assert added(replace(short, expires_at=44200), 1000, 43200) == {"Class": ("x",)}
    own = replace(short, reply={"Session-Timeout": ("60",)})
    assert added(own, 1000, 43200) == {"Session-Timeout": ("60",)}


def test_what_is_known_of_the_user() -> None:
    """Gaps are filled with names and attributes; a list fills a value that is nothing but its gap."""
    user = User("1", "anna", 0, attributes=json.dumps({"vlan": 20, "route": ["a", "b"]}))
    entry = {"Filter-Id": "{username}-{vlan}", "Tunnel-Private-Group-ID": "{vlan}", "Framed-Route": "{route}"}
    assert told(user, "", {"attributes": entry}) == [(11, b"anna-20"), (81, b"20"), (22, b"a"), (22, b"b")]


@pytest.mark.parametrize("text", ["{email}", "{nothing}", "x{route}", "{odd}", "{empty}", "{long}"])
def test_what_cannot_be_made(text: str) -> None:
    """Nothing is left out, cut or guessed."""
    known = {"route": ["a", "b"], "odd": {"a": 1}, "empty": "", "long": "x" * 254}
    with pytest.raises(MappingError):
        told(User("1", "anna", 0, attributes=json.dumps(known)), "", {"attributes": {"Filter-Id": text}})


@pytest.mark.parametrize(
    ("attribute", "value", "words"),
    [
        ("Filter-It", "x", "no attribute is called Filter-It, did you mean Filter-Id"),
        ("Filter-Id:1", "x", "has no tag"),
        ("Tunnel-Type:32", "VLAN", "a tag is a number up to 31"),
        ("Session-Timeout", "long", "must be a number"),
        ("Filter-Id", "{user name}", "a placeholder is a name in braces"),
        ("Acme-Secret", "x", "cannot be set"),
        ("State", "x", "cannot be set"),
        ("Acme-Tree", "x", "is of type tlv, which cannot be set"),
    ],
)
def test_a_mistake_is_told_when_it_is_read(tmp_path: Path, attribute: str, value: str, words: str) -> None:
    """With the path of its key, from which `idp config check` makes file, line and column."""
    dictionary = tmp_path / "dictionary"
    dictionary.write_text(
        "ATTRIBUTE State 24 octets\nATTRIBUTE Acme-Secret 201 string encrypt=1\nATTRIBUTE Acme-Tree 202 tlv\n"
    )
    entry = {"attributes": {"Class": "x", attribute: value}}
    with pytest.raises(ValidationError, match=f"reply.0.attributes.{attribute}: {words}"):
        told(ANNA, "", entry, dictionary=dictionary)


def test_the_place_of_a_mistake(tmp_path: Path) -> None:
    """`file:line:column`, of the value itself; of a dictionary, the setting, and its own line in words."""
    services = {
        "one": {"reply": [{"attributes": {"Class": "x"}}, {"attributes": {"Tunnel-Type:1": "VLAM"}}]},
        "two": {"dictionaries": ["broken"]},
    }
    copy = VPN(tmp_path)
    copy.prepare()
    for number, (name, settings) in enumerate(services.items()):
        radius = {"networks": [f"192.0.2.{number}/32"], "secret": "0123456789abcdef", **settings}
        copy.tenant.services[name] = {"service": name, "display_name": {"en": name}, "radius": radius}
    copy.configuration.write(copy.config)
    (copy.config / "broken").write_text("\nVENDOR Acme\n")
    said = copy.cli("config", "check", status=1)
    folder = copy.config / "tenants" / "demo" / "services"
    line = 1 + (folder / "one.yaml").read_text().splitlines().index("      Tunnel-Type:1: VLAM")
    assert f"one.yaml:{line}:22: radius.reply[2].attributes.Tunnel-Type:1 must be a number" in said
    assert "two.yaml" in said
    assert f"{copy.config}/broken:2: VENDOR has 1 words" in said

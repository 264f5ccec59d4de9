"""The guard in front of everything that reads XML."""

from __future__ import annotations

import resource
import time
import zlib

import pytest

from protocols.saml.binding import from_form
from protocols.saml.errors import Refused
from protocols.saml.instant import read, write
from protocols.saml.xml import DEPTH, MESSAGE_BYTES, Unreadable, inflate, parse

HOSTILE = {
    "document type": b"<!DOCTYPE x><x/>",
    "entity": b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>',
    "entity without a declaration": b"<x>&e;</x>",
    "expansion": b'<!DOCTYPE x [<!ENTITY a "' + b"a" * 9000 + b'">]><x>' + b"&a;" * 9000 + b"</x>",
    "hidden by an encoding": '<?xml version="1.0" encoding="utf-16"?><!DOCTYPE x><x/>'.encode("utf-16-le"),
    "another encoding": b'<?xml version="1.0" encoding="utf-7"?>+ADwAIQ-DOCTYPE x+AD4-<x/>',
    "bad utf-8": b"<x>\xff</x>",
    "two roots": b"<x/><y/>",
    "one ID twice": b'<x ID="a"><y ID="a"/></x>',
    "one ID in two spellings": b'<x ID="a"><y xml:id="a"/></x>',
    "an undeclared prefix": b"<p:x/>",
    "one attribute twice": b'<x a="1" a="2"/>',
    "too deep": b"<x>" * (DEPTH + 1) + b"</x>" * (DEPTH + 1),
    "far too deep": b"<x>" * 40_000 + b"</x>" * 40_000,
    "too long": b"<x>" + b" " * MESSAGE_BYTES + b"</x>",
    "many attributes": b"<x " + b" ".join(b'a%d=""' % n for n in range(12_000)) + b"/>" + b"<",
    "attributes by the thousand": b"<x" + b"".join(b' a%d=""' % n for n in range(101)) + b"/>",
    "elements by the thousand": b"<x>" + b"<y/>" * 2000 + b"</x>",
    "nothing": b"",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_hostile_is_refused_at_once(name: str) -> None:
    """THREAT_MODEL.md 4: answered within 100 ms, nothing is fetched, nothing is expanded."""
    began = time.process_time()
    with pytest.raises(Unreadable):
        parse(HOSTILE[name])
    assert time.process_time() - began < 0.1


def test_a_bomb_stays_small() -> None:
    """THREAT_MODEL.md 4: 64 MiB in 64 KiB come out no further than a message may be long."""
    bomb = zlib.compress(b" " * 64 * 2**20, 9)[2:-4]
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    with pytest.raises(Unreadable, match="longer than"):
        inflate(bomb)
    assert time.process_time() - began < 0.1
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 10 * 1024


@pytest.mark.parametrize("data", [b"", b"x", zlib.compress(b"<x/>"), zlib.compress(b"<x/>" * 99)[2:-9]])
def test_what_is_not_compressed_as_it_must_be_is_refused(data: bytes) -> None:
    with pytest.raises(Unreadable):
        inflate(data)


@pytest.mark.parametrize(
    "text",
    ["a<!-- -->b", "<!-- x -->ab", "a<![CDATA[b]]>", "a<?p i?>b", "&#97;b", "a<!-- > --><!-- -->b<!-- -->"],
)
def test_text_is_whole(text: str) -> None:
    """THREAT_MODEL.md 3: whoever reads the text of an element gets all of it."""
    root = parse(f"<x>{text}</x>".encode())
    assert (root.text, len(root)) == ("ab", 0)


def test_a_form_field_is_bounded_before_it_is_decoded() -> None:
    with pytest.raises(Refused, match="too long"):
        from_form({"SAMLRequest": "A" * (2 * MESSAGE_BYTES + 1)}, "SAMLRequest")


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("2026-11-23T04:05:06.789Z", 1_795_406_706),
        ("2026-11-23T13:05:06+09:00", 1_795_406_706),
        ("2026-11-22T20:05:06-08:00", 1_795_406_706),
        ("2026-11-23T04:05:06", 1_795_406_706),
        ("2026-02-30T00:00:00Z", None),
        ("9999-12-31T23:59:59-23:59", None),
        ("2026-11-23", None),
        ("２０２６-11-23T04:05:06Z", None),
        ("", None),
    ],
)
def test_points_in_time_are_read(text: str, at: int | None) -> None:
    assert read(text) == at
    if at is not None:
        assert read(write(at)) == at

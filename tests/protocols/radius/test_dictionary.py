"""Dictionaries in FreeRADIUS's format, and values as RFC 2865, 2868 and 3162 encode them."""

from __future__ import annotations

from pathlib import Path

import pytest

from protocols.radius.attribute_value import encode
from protocols.radius.dictionary import Dictionary
from protocols.radius.dictionary_file import DictionaryError, read
from protocols.radius.standard import STANDARD

VENDORS = """
# a comment
VENDOR      Acme    9999
VENDOR      Wide    8888 format=4,0
BEGIN-VENDOR Acme
VALUE       Acme-Level  High  7    # may stand before its attribute
ATTRIBUTE   Acme-Group  1   string
ATTRIBUTE   Acme-Level  2   integer
ATTRIBUTE   Acme-Vlan   3   string  has_tag
ATTRIBUTE   Acme-Secret 4   string  encrypt=2
ATTRIBUTE   Acme-Tree   5   tlv
BEGIN-TLV   Acme-Tree
ATTRIBUTE   Acme-Leaf   1   string
END-TLV     Acme-Tree
END-VENDOR  Acme
ATTRIBUTE   Wide-Name   258 string  Wide
$INCLUDE    more
"""


@pytest.fixture
def dictionary(tmp_path: Path) -> Path:
    (tmp_path / "more").write_text("ATTRIBUTE Filter-More 200 string\nVALUE Tunnel-Type SSL 99\n")
    path = tmp_path / "dictionary"
    path.write_text(VENDORS)
    return path


@pytest.mark.parametrize(
    ("name", "text", "tag", "number", "value"),
    [
        ("Filter-Id", "staff", None, 11, b"staff"),
        ("class", "0x0102", None, 25, b"\1\2"),
        ("Session-Timeout", "3600", None, 27, b"\0\0\x0e\x10"),
        ("Service-Type", "Framed-User", None, 6, b"\0\0\0\2"),
        ("Framed-IP-Address", "192.0.2.10", None, 8, b"\xc0\0\2\n"),
        ("Framed-IPv6-Prefix", "2001:db8:1::/48", None, 97, bytes.fromhex("003020010db80001")),
        ("Tunnel-Type", "VLAN", 1, 64, b"\1\0\0\x0d"),
        ("Tunnel-Type", "VLAN", None, 64, b"\0\0\0\x0d"),
        ("Tunnel-Medium-Type", "IEEE-802", 31, 65, b"\x1f\0\0\6"),
        ("Tunnel-Private-Group-Id", "20", 1, 81, b"\x0120"),
        ("Tunnel-Private-Group-ID", "20", None, 81, b"20"),
        ("Filter-More", "x", None, 200, b"x"),
        ("Tunnel-Type", "ssl", None, 64, b"\0\0\0\x63"),
        ("Acme-Group", "staff", None, 26, bytes.fromhex("0000270f0107") + b"staff"),
        ("Acme-Level", "high", None, 26, bytes.fromhex("0000270f0206") + b"\0\0\0\7"),
        ("Acme-Vlan", "20", 2, 26, bytes.fromhex("0000270f0305") + b"\x0220"),
        ("Wide-Name", "x", None, 26, bytes.fromhex("000022b800000102") + b"x"),
    ],
)
def test_an_attribute(
    dictionary: Path, name: str, text: str, tag: int | None, number: int, value: bytes
) -> None:
    """Each type to its bytes; names of attributes and of values in any capitals."""
    definition = read(dictionary, STANDARD).find(name)
    assert definition is not None
    assert encode(definition, text, tag) == (number, value)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Session-Timeout", "soon"),
        ("Session-Timeout", "-1"),
        ("Tunnel-Type", "16777216"),
        ("Framed-IP-Address", "192.0.2.300"),
        ("Framed-IPv6-Prefix", "here"),
        ("Framed-IPv6-Address", "::g"),
        ("Framed-Interface-Id", "1:2:3"),
        ("Class", "0x0"),
        ("Filter-Id", "x" * 254),
        ("Filter-Id", ""),
        ("Acme-Group", "x" * 248),
        ("Acme-Leaf", "x"),
    ],
)
def test_what_is_no_value(dictionary: Path, name: str, text: str) -> None:
    """Nothing is cut or guessed."""
    definition = read(dictionary, STANDARD).find(name)
    assert definition is not None
    with pytest.raises(ValueError, match=r"^(must|is) "):
        encode(definition, text)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("\nVENDOR Acme many\n", 2),
        ("ATTRIBUTE Name 1\n", 1),
        ("BEGIN-VENDOR Nobody\n", 1),
        ("\n\nVALUE Nothing At 1\n", 3),
        ("PLEASE do\n", 1),
        ("VENDOR Acme 1 format=9,9\n", 1),
    ],
)
def test_a_mistake_has_a_line(tmp_path: Path, text: str, line: int) -> None:
    """File and line of what is wrong."""
    path = tmp_path / "dictionary"
    path.write_text(text)
    with pytest.raises(DictionaryError, match=f"^{path}:{line}: "):
        read(path, STANDARD)


def test_files_that_include_each_other(tmp_path: Path) -> None:
    """They end."""
    path = tmp_path / "dictionary"
    path.write_text("$INCLUDE dictionary\n")
    with pytest.raises(DictionaryError, match="include each other"):
        read(path, STANDARD)


def test_the_dictionaries_of_freeradius() -> None:
    """Those that Debian ships are read as they are, with all vendors; our own table agrees with them."""
    theirs = read(Path("/usr/share/freeradius/dictionary"), Dictionary({}))
    assert len(theirs.attributes) > 5000
    for key, ours in STANDARD.attributes.items():
        found = theirs.attributes[key]
        assert found.number == ours.number, key
        assert found.is_tagged == ours.is_tagged, key
        shared = found.values.keys() & ours.values.keys()
        assert all(found.values[name] == ours.values[name] for name in shared), key
        assert shared or not ours.values, key

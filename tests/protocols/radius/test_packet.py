"""The codec: the packets of the RFC, and what is not read at all."""

from __future__ import annotations

import pytest

from protocols.radius.chap import Response
from protocols.radius.hiding import reveal
from protocols.radius.packet import (
    Code,
    Malformed,
    acknowledgement,
    decode,
    is_signed,
    reply,
    vendor_attributes,
    vendor_specific,
)
from tests.protocols.radius.fuzz import looked

H = bytes.fromhex
SECRET = b"xyzzy5461"
# RFC 2865 §7.1 to §7.3
TELNET = H(
    "01000038 0f403f9473978057bd83d5cb98f4227a 01066e656d6f 02120dbe708d93d413ce3196e43f782a0aee"
    "0406c0a80110 050600000003"
)
FRAMED = H(
    "01010047 2aee86f08d0d55969ca5978e0d3367a2 0108666c6f707379 031316e97557c316185895f293ff6344077275"
    "0406c0a80110 050600000014 060600000002 070600000001"
)
ASKED = H(
    "01020039 f3a47a1f6a6d76710b947ab93041a039 01076d6f707379 021233657573778289b570885e15084825c5"
    "0406c0a80110 050600000007"
)
ANSWERED = H(
    "01030043 b122556d428a13d0d6253807c457ecf0 01076d6f707379 0212692c1f205fc081b919b95195f561a581"
    "0406c0a80110 050600000007 180a3332373639343330"
)
EMPTY = H("01000014" + "00" * 16)


@pytest.mark.parametrize(
    ("packet", "typed"),
    [(TELNET, b"arctangent"), (ASKED, b"challenge"), (ANSWERED, b"99101462")],
    ids=["7.1", "7.3 first", "7.3 second"],
)
def test_user_passwords_of_the_rfc(packet: bytes, typed: bytes) -> None:
    read = decode(packet)
    assert reveal(read.first(2) or b"", SECRET, read.authenticator) == typed


def test_the_chap_response_of_the_rfc() -> None:
    read = decode(FRAMED)
    value = read.first(3) or b""
    response = Response(value[:1], read.authenticator, value[1:])
    assert response.matches(["wrong", "arctangent", ""]) == [False, True, False]


def test_attributes_come_as_they_stand() -> None:
    read = decode(ANSWERED)
    assert (read.code, read.identifier, read.text(1)) == (Code.ACCESS_REQUEST, 3, "mopsy")
    assert [kind for kind, _ in read.attributes] == [1, 2, 4, 5, 24]
    assert read.all(24) == [b"32769430"]


@pytest.mark.parametrize(
    ("packet", "why"),
    [
        (EMPTY[:19], "shorter than a header"),
        (b"\1\0\0\x13" + bytes(16), "length below a header"),
        (b"\1\0\0\x15" + bytes(16), "length beyond the datagram"),
        (b"\1\0\x10\1" + bytes(4093), "longer than any packet"),
        (b"\1\0\0\x15" + bytes(16) + b"\1", "a type without a length"),
        (b"\1\0\0\x16" + bytes(16) + b"\1\1", "an attribute shorter than its head"),
        (b"\1\0\0\x16" + bytes(16) + b"\1\0", "an attribute that never ends"),
        (b"\1\0\0\x18" + bytes(16) + b"\1\5ab", "an attribute that overruns the packet"),
        (b"\1\0\0\x18" + bytes(16) + b"\x50\4ab", "a Message-Authenticator of two bytes"),
        (b"\1\0\0\x38" + bytes(16) + (b"\x50\x12" + bytes(16)) * 2, "two Message-Authenticators"),
    ],
)
def test_what_is_no_packet_is_not_read(packet: bytes, why: str) -> None:
    """THREAT_MODEL.md 32: Every parser: bounded depth, length."""
    with pytest.raises(Malformed):
        decode(packet)
    assert why


def test_padding_behind_a_packet_is_none_of_it() -> None:
    assert decode(TELNET + b"\1\1\1").raw == TELNET


@pytest.mark.parametrize("hidden", [b"", bytes(15), bytes(17), bytes(144)])
def test_a_password_has_whole_blocks_up_to_128_bytes(hidden: bytes) -> None:
    with pytest.raises(Malformed):
        reveal(hidden, SECRET, bytes(16))


def test_a_reply_has_the_signature_first_and_proxy_states_last() -> None:
    """THREAT_MODEL.md 26: ours is the first attribute of every reply (CVE-2024-3596)."""
    asked = decode(EMPTY[:2] + b"\0\x1a" + EMPTY[4:] + b"\x21\3a\x21\3b")
    answered = decode(reply(Code.ACCESS_ACCEPT, asked, [(18, b"hello"), (25, b"c")], SECRET))
    assert [kind for kind, _ in answered.attributes] == [80, 18, 25, 33, 33]
    assert is_signed(answered, SECRET, asked.authenticator)
    assert not is_signed(answered, SECRET)
    acknowledged = decode(acknowledgement(asked, SECRET))
    assert (acknowledged.code, acknowledged.all(33)) == (Code.ACCOUNTING_RESPONSE, [b"a", b"b"])


def test_what_is_too_long_is_not_sent() -> None:
    asked = decode(EMPTY)
    for attributes in ([(18, bytes(254))], [(18, bytes(253))] * 17):
        with pytest.raises(Malformed):
            reply(Code.ACCESS_ACCEPT, asked, attributes, SECRET)
    with pytest.raises(Malformed):
        vendor_specific(9, 1, bytes(248))


def test_attributes_of_one_vendor_come_out_as_they_went_in() -> None:
    kind, value = vendor_specific(9, 1, b"shell")
    body = bytes((kind, len(value) + 2)) + value
    read = decode(b"\1\0" + (20 + len(body)).to_bytes(2) + bytes(16) + body)
    assert vendor_attributes(read, 9) == [(1, b"shell")]
    assert vendor_attributes(read, 311) == []


def test_nothing_mutated_is_taken_for_signed_and_nothing_raises() -> None:
    """THREAT_MODEL.md 32: generated bad inputs; `make fuzz` takes a million of them."""
    read = sum(packet is not None for packet in looked(20_000, seed=7))
    assert 2_000 < read < 18_000, "some are read, and some are not"

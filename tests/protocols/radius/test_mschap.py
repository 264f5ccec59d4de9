"""MS-CHAP against the vectors of its RFCs."""

from __future__ import annotations

import pytest

from keys.des import encrypt_block
from keys.md4 import md4
from protocols.radius import mschap
from protocols.radius.mschap_response import NTResponse

PASSWORD = "clientPass"  # of RFC 2759 §9.2 and RFC 3079 §3.5
CHALLENGE = bytes.fromhex("5B5D7C7D7B3F2F3E3C2C602132262628")
PEER_CHALLENGE = bytes.fromhex("21402324255E262A28295F2B3A337C7E")
HASHED = bytes.fromhex("D02E4386BCE91226")
RESPONSE = bytes.fromhex("82309ECD8D708B5EA08FAA3981CD83544233114A3D85D6DF")


@pytest.mark.parametrize(
    ("message", "digest"),
    [
        (b"", "31d6cfe0d16ae931b73c59d7e0c089c0"),
        (b"abc", "a448017aaf21d8525fc10ae87aa6729d"),
        (b"abcdefghijklmnopqrstuvwxyz", "d79e1c308aa5bbcdeea8ed63df412da9"),
        (b"1234567890" * 8, "e33b4ddc9c38f2199c3e7b164fcc0536"),
    ],
)
def test_md4(message: bytes, digest: str) -> None:
    """RFC 1320 §A.5."""
    assert md4(message).hex() == digest


def test_des() -> None:
    """The parts of the challenge response in RFC 2759 §9.2 are single DES."""
    key = bytes.fromhex("44EBBA8D5312B8D611474411F56989AE")[:7]
    assert encrypt_block(HASHED, key) == RESPONSE[:8]


def test_version_2() -> None:
    """RFC 2759 §9.2: from the password to both sides' proofs."""
    password_hash = mschap.nt_password_hash(PASSWORD)
    hashed = mschap.challenge_hash(PEER_CHALLENGE, CHALLENGE, b"User")
    assert password_hash.hex().upper() == "44EBBA8D5312B8D611474411F56989AE"
    assert hashed == HASHED
    assert mschap.challenge_response(hashed, password_hash) == RESPONSE
    proven = mschap.authenticator_response(password_hash, RESPONSE, hashed)
    assert proven == "S=407A5589115FD0D6209F510FE9C04566932CDA56"


def test_version_1() -> None:
    """RFC 2433 §B.2: the NT response to a challenge."""
    password_hash = mschap.nt_password_hash("MyPw")
    assert password_hash.hex().upper() == "FC156AF7EDCD6C0EDDE3337D427F4EAC"
    response = mschap.challenge_response(bytes.fromhex("102DB5DF085D3041"), password_hash)
    assert response.hex().upper() == "4E9D3C8F9CFD385D5BF4D3246791956CA4C351AB409A3D61"


def test_session_keys() -> None:
    """RFC 3079 §3.5.3: the server's send key of 128 bits is the client's to receive."""
    send, receive = mschap.session_keys(mschap.nt_password_hash(PASSWORD), RESPONSE)
    assert send.hex().upper() == "8B7CDC149B993A1BA118CB153F56DCCB"
    assert receive != send


def test_a_response_fits_one_text() -> None:
    """Every expected text is looked at, and the hash of the one that fits is kept for the keys."""
    proof = NTResponse(HASHED, RESPONSE)
    assert proof.matches(["123456", PASSWORD, "654321"]) == [False, True, False]
    assert proof.password_hash == mschap.nt_password_hash(PASSWORD)
    assert "response" not in repr(proof).partition("challenge")[2]


def test_the_domain_is_not_hashed() -> None:
    """RFC 2759 §4: `DOMAIN\\user` counts as `user`."""
    assert mschap.without_domain(b"BIGCO\\User") == mschap.without_domain(b"User") == b"User"

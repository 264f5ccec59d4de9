"""EAP without a network: what each message brings, and what no peer gets away with."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given as drawn
from hypothesis import settings as drawing
from hypothesis import strategies as st

from idp.authenticators.answer import Answer
from keys.secret import Secret
from protocols.radius.clients import NAS
from protocols.radius.eap.gtc import EAPGiven
from protocols.radius.eap.message import GTC, IDENTITY, MD5, MSCHAPV2, NAK
from protocols.radius.eap.negotiation import EAP
from protocols.radius.method import Done, Given, Question, Refused, Say
from protocols.radius.packet import USER_NAME, Malformed, Packet, decode, encode
from protocols.radius.settings import ServiceSettings
from tests.protocols.radius import peer

SECRET = b"a secret of the tests"
METHOD = EAP()
TABLE = Question("matrix", ("-  A B C D", "1  1 2 3 4"))


def nas(*methods: str) -> NAS:
    settings = ServiceSettings.model_construct(
        networks=(), secret=Secret(SECRET.decode()), methods=methods or ("eap-mschapv2", "eap-gtc")
    )
    return NAS(tenant=None, service="vpn", settings=settings)  # type: ignore[arg-type]


def packet(whole: bytes, name: str | None = "alice", size: int = 253) -> Packet:
    named = [(USER_NAME, name.encode())] if name is not None else []
    return decode(encode(1, 7, bytes(16), [*named, *peer.attributes(whole, size)], SECRET))


def identity(name: str = "alice", identifier: int = 3) -> Packet:
    return packet(peer.response(identifier, IDENTITY, name.encode()), name)


def asked(outcome: Given | Say | Done, kind: int) -> tuple[bytes, bytes]:
    """The request that was sent, and what is held."""
    assert isinstance(outcome, Say)
    request = peer.joined(list(outcome.attributes))
    assert request[0] == 1
    assert request[4] == kind
    return request, outcome.held


def fits(answer: Answer, text: str) -> bool:
    assert not isinstance(answer, Secret)
    return any(answer.matches([text]))


def proven(here: NAS, held: bytes, request: bytes, name: str, outer: str = "") -> Given:
    read = METHOD.read(packet(peer.answer_mschapv2(request, name, "135790"), outer or name), here, held)
    assert isinstance(read, EAPGiven)
    assert fits(read.answer, "135790")
    return read


def test_mschapv2_from_the_name_to_the_keys() -> None:
    """The peer answers, is shown that we know the answer, too, says so, and only then are there keys."""
    here = nas()
    request, held = asked(METHOD.read(identity(), here, None), MSCHAPV2)
    read = proven(here, held, request, "alice")
    assert read.username == "alice"
    success, held = asked(METHOD.accept(packet(b""), here, read), MSCHAPV2)
    assert success[5] == 3
    assert b"S=" in success
    last = packet(peer.response(success[1], MSCHAPV2, b"\x03"))
    done = METHOD.read(last, here, held)
    assert isinstance(done, Done)
    assert peer.joined(list(done.attributes))[:2] == bytes((3, success[1]))
    assert len(done.attributes) == 3


def test_a_wrong_answer_fits_nothing() -> None:
    """No other text is taken for the answer."""
    here = nas()
    request, held = asked(METHOD.read(identity(), here, None), MSCHAPV2)
    read = METHOD.read(packet(peer.answer_mschapv2(request, "alice", "1")), here, held)
    assert isinstance(read, Given)
    assert not fits(read.answer, "135790")


@pytest.mark.parametrize("outer", ["anonymous", "@example.com", "anonymous@example.com"])
def test_the_name_may_be_hidden_outside(outer: str) -> None:
    """Identity privacy: the response itself says who it is."""
    here = nas()
    request, held = asked(METHOD.read(identity(outer), here, None), MSCHAPV2)
    assert proven(here, held, request, "alice", outer).username == "alice"


def test_nobody_answers_for_another_name() -> None:
    """A name inside that is not the identity is refused: the NAS would think that it is somebody else."""
    here = nas()
    request, held = asked(METHOD.read(identity(), here, None), MSCHAPV2)
    with pytest.raises(Refused):
        METHOD.read(packet(peer.answer_mschapv2(request, "bob", "135790")), here, held)


def test_the_identity_is_what_the_nas_says() -> None:
    """RFC 3579 §2.1."""
    with pytest.raises(Refused):
        METHOD.read(packet(peer.response(1, IDENTITY, b"bob"), "alice"), nas(), None)


def test_gtc_asks_as_often_as_there_are_questions() -> None:
    """Name, table, code: two requests, each answered with text."""
    here = nas("eap-gtc", "eap-mschapv2")
    read = METHOD.read(identity(), here, None)
    assert isinstance(read, EAPGiven)
    assert read.answer == Secret("")
    request, held = asked(METHOD.ask(identity(), here, read, TABLE), GTC)
    assert request[5:].decode().splitlines() == list(TABLE.lines)
    read = METHOD.read(packet(peer.response(request[1], GTC, b"135790")), here, held)
    assert isinstance(read, EAPGiven)
    assert read.answer == Secret("135790")
    again, held = asked(METHOD.ask(identity(), here, read, Question("totp", ("Code",))), GTC)
    assert again[1] != request[1]
    with pytest.raises(Refused):  # not after it was taken
        METHOD.read(packet(peer.response(again[1], NAK, bytes((MSCHAPV2,)))), here, held)
    read = METHOD.read(packet(peer.response(again[1], GTC, b"123456")), here, held)
    assert isinstance(read, EAPGiven)
    done = METHOD.accept(identity(), here, read)
    assert isinstance(done, Done)
    assert peer.joined(list(done.attributes)) == bytes((3, again[1], 0, 4))


def test_a_peer_chooses_another_type() -> None:
    """RFC 3748 §5.3.1: by its Nak, among those that we offer."""
    here = nas()
    request, held = asked(METHOD.read(identity(), here, None), MSCHAPV2)
    read = METHOD.read(packet(peer.response(request[1], NAK, bytes((MD5, GTC)))), here, held)
    assert isinstance(read, EAPGiven)
    assert read.method == "eap-gtc"
    assert read.username == "alice"


def test_md5_is_refused() -> None:
    """Neither by a Nak that wants it nor by an answer that nobody asked for; the peer is told Failure."""
    here = nas()
    request, held = asked(METHOD.read(identity(), here, None), MSCHAPV2)
    for kind, data in ((NAK, bytes((MD5,))), (MD5, bytes(17))):
        wrong = packet(peer.response(request[1], kind, data))
        with pytest.raises(Refused):
            METHOD.read(wrong, here, held)
        assert peer.joined(list(METHOD.reject(wrong, here, None))) == bytes((4, request[1], 0, 4))


def test_one_request_is_answered_by_its_own_identifier() -> None:
    """RFC 3748 §4.1."""
    here = nas()
    request, held = asked(METHOD.read(identity(), here, None), MSCHAPV2)
    wrong = bytearray(peer.answer_mschapv2(request, "alice", "135790"))
    wrong[1] ^= 1
    with pytest.raises(Refused):
        METHOD.read(packet(bytes(wrong)), here, held)


def test_success_cannot_be_claimed() -> None:
    """Whoever acknowledges before he has proven anything gets nothing."""
    here = nas()
    request, held = asked(METHOD.read(identity(), here, None), MSCHAPV2)
    with pytest.raises(Malformed):
        METHOD.read(packet(peer.response(request[1], MSCHAPV2, b"\x03")), here, held)


def test_the_door_may_have_to_begin() -> None:
    """RFC 3579 §2.1: an empty EAP-Message asks us for the first request."""
    here = nas("eap-gtc")
    start = decode(encode(1, 7, bytes(16), [(79, b"")], SECRET))
    request, held = asked(METHOD.read(start, here, None), IDENTITY)
    read = METHOD.read(identity(identifier=request[1]), here, held)
    assert isinstance(read, Given)
    assert read.username == "alice"


def test_a_message_may_lie_in_any_pieces() -> None:
    """RFC 3579 §3.1: attributes are joined, ours are cut at 253 bytes."""
    here = nas("eap-gtc")
    name = "a" * 250
    read = METHOD.read(packet(peer.response(1, IDENTITY, name.encode()), name, size=7), here, None)
    assert isinstance(read, Given)
    assert read.username == name
    long = METHOD.ask(identity(), here, read, Question("matrix", ("x" * 600,)))
    assert [len(value) for _, value in long.attributes] == [253, 253, 99]


@drawing(max_examples=300, deadline=None)
@drawn(st.binary(max_size=120), st.booleans(), st.integers(0, 255))
def test_no_message_breaks_the_door(data: bytes, begun: bool, kind: int) -> None:
    """Whatever comes is an answer, a refusal or malformed, and nothing else."""
    here = nas()
    held: Any = None
    identifier = 1
    if begun:
        request, held = asked(METHOD.read(identity(), here, None), MSCHAPV2)
        identifier = request[1]
    for whole in (data, peer.response(identifier, kind, data)):
        came = packet(whole, None)
        try:
            METHOD.read(came, here, held)
        except (Refused, Malformed):
            METHOD.reject(came, here, None)

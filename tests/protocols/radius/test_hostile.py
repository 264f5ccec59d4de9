"""A NAS with the secret, and a user behind it, who mean harm: whatever they sign is answered, or no packet at all."""

from __future__ import annotations

import hashlib
import os
import random
import struct
from contextlib import closing
from http.client import HTTPConnection

import pytest

from tests.protocols.radius.conftest import VPN, MakeNAS, Memory
from tests.protocols.radius.nas import ACCEPT, CHALLENGE, NAS, REJECT, SECRET, Answer, Attribute, encoded
from tests.protocols.radius.test_radsec import Tunnel

LONGEST = 4096
KINDS = (1, 2, 3, 18, 24, 26, 30, 31, 32, 33, 60, 79)
EAP_HEADS = (b"\2\1\0\x0a\1alice", b"\2\1\0\6\3\6", b"\2\1\0\6\3\x1a", b"\2\0\0\x06\x1a\3", b"\2\1\0\5\6")
MICROSOFT = struct.pack("!I", 311)


def defects(vpn: VPN) -> list[str]:
    """What the log has of our own mistakes, and of what asyncio says of a task that died."""
    return [line for line in vpn.log.splitlines() if '"defect"' in line or "Traceback" in line]


def accounting(nas: NAS, *attributes: Attribute) -> Answer:
    body = encoded(attributes)
    head = struct.pack("!BBH", 4, random.randrange(256), 20 + len(body))
    return nas.ask(head + hashlib.md5(head + bytes(16) + body + SECRET).digest() + body)


def value(kind: int) -> bytes:
    """Something of this type, or of none."""
    if kind == 79 and random.random() < 0.8:
        return random.choice(EAP_HEADS) + os.urandom(random.randint(0, 80))
    if kind == 26:
        inner = bytes((random.choice((1, 11, 25)), random.choice((10, 18, 52)))) + os.urandom(50)
        return MICROSOFT + inner[: random.choice((10, 18, 52))]
    return random.choice((b"", b"anna", os.urandom(16), os.urandom(17), b"\xff" * 253, os.urandom(50)))


@pytest.mark.parametrize("address", ["127.0.0.1", "127.0.1.1", "127.0.1.4"], ids=["vpn", "wireless", "proxy"])
def test_whatever_is_signed_is_answered(address: str, vpn: VPN, make_nas: MakeNAS) -> None:
    """THREAT_MODEL.md 32: Every parser: bounded: no exception behind the signature either, with States of ours."""
    nas, before = make_nas(address), defects(vpn)
    states = [nas.ask(nas.pap("anna", "")).all(24) for _ in range(3)]
    for _ in range(150):
        kinds = random.choices(KINDS, k=random.randint(0, 6))
        state = random.choice(states)
        attributes = [(kind, state[0] if kind == 24 and state else value(kind)) for kind in kinds]
        answer = nas.ask(nas.request(*attributes))
        assert answer.code in (REJECT, CHALLENGE)
        if answer.code == CHALLENGE:
            states.append(answer.all(24))
    assert defects(vpn) == before


def test_a_state_of_one_method_under_another(vpn: VPN, make_nas: MakeNAS) -> None:
    """THREAT_MODEL.md 27: State … alone authenticates nobody, under whatever method it comes."""
    nas, before = make_nas("127.0.1.4"), defects(vpn)
    identity = (79, b"\2\1\0\x09\1anna")
    challenge = nas.ask(nas.pap("anna", ""))
    swapped = nas.ask(nas.request((1, b"anna"), (79, b"\2\1\0\x09\x1aanna"), (24, challenge.state)))
    assert swapped.code == REJECT
    offered = nas.ask(nas.request((1, b"anna"), identity))
    assert nas.ask(nas.pap("anna", "000000", state=offered.state)).code == REJECT
    assert defects(vpn) == before


@pytest.mark.parametrize("room", range(36, 60, 4))
def test_a_flood_of_proxy_states_is_a_reject_or_silence(room: int, vpn: VPN, make_nas: MakeNAS) -> None:
    """RFC 2865 §5.33: all of them go back; where they leave no room there is no answer, and no accident."""
    nas, before = make_nas("127.0.1.1"), defects(vpn)
    left, proxies = LONGEST - 20 - 18 - 3 - room + 36, []
    while left > 0:
        size = min(left, 255)
        proxies.append((33, bytes(max(0, size - 2))))
        left -= size
    packet = nas.request((79, b"\2"), *proxies)
    if len(packet) <= LONGEST:
        nas.send(packet)
        answer = nas.receive(packet, 1)
        assert answer is None or answer.code == REJECT
    assert nas.ask(nas.pap("anna", "")).code in (CHALLENGE, REJECT)
    assert defects(vpn) == before


async def test_numbers_of_a_report_that_no_database_takes(
    vpn: VPN, make_nas: MakeNAS, memory: Memory
) -> None:
    nas, most = make_nas(port=vpn.accounting), b"\xff" * 4
    numbers = [(kind, most) for kind in (41, 42, 43, 46, 49, 52, 53)]
    assert accounting(nas, (1, b"lena"), (40, b"\0\0\0\3"), (44, b"large"), *numbers).code == 5
    (session,) = [each for each in await memory.sessions("lena") if each.session == "large"]
    assert session.octets_in == session.octets_out == 2**63 - 1
    assert "large" not in vpn.cli("session", "list", "lena", "--tenant", "demo", "--json")
    for _ in range(100):
        kinds = random.choices((1, 4, 8, 31, 32, 40, 41, 42, 44, 46, 49, 52, 55), k=random.randint(0, 8))
        attributes = [
            (kind, random.choice((os.urandom(4), b"\0\0\0\1", b"\0\0\0\3", os.urandom(9), b"")))
            for kind in kinds
        ]
        assert accounting(nas, *attributes).code == 5
    assert '"defect"' not in vpn.log


def test_a_tunnel_that_breaks_is_no_accident(vpn: VPN) -> None:
    """Its NAS has gone, or signs what is no packet: the connection ends, and nobody reads of it."""
    before = defects(vpn)
    for _ in range(5):
        gone = Tunnel(vpn)
        gone.stream.sendall(b"".join(gone.pap("anna", "") for _ in range(50)))
        gone.close()
    for wrong in (b"\1\0\0\x16" + bytes(16) + b"\1\x09", b"\1\0\0\x02" + bytes(30)):
        with closing(Tunnel(vpn)) as nas:
            nas.stream.sendall(wrong)
            with pytest.raises((EOFError, OSError)):
                nas._exactly(1)
    with closing(Tunnel(vpn)) as nas:
        assert nas.exchange(nas.request(code=12))[0].code == ACCEPT
    assert defects(vpn) == before


@pytest.mark.parametrize("form", ["png", "svg", "html"])
def test_names_that_nobody_can_have_get_a_table_like_any(form: str, vpn: VPN) -> None:
    """THREAT_MODEL.md 32: generated bad inputs: no 5xx."""
    before = defects(vpn)
    for name in (
        "%ED%A0%80",
        "%FF%FE",
        "%00",
        "a%00b",
        "x" * 5000,
        "%F0%9F%98%80" * 300,
        "%EF%AC%83" * 256,
        "a&username=b",
    ):
        path = f"/webtoken/table.{form}?username={name}"
        connection = HTTPConnection("localhost", vpn.port, timeout=60)
        connection.request("GET", path)
        assert connection.getresponse().status < 500, name
        connection.close()
    assert defects(vpn) == before

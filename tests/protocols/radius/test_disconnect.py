"""Sessions that a NAS reported: seen by administrators, and ended through the NAS (RFC 5176)."""

from __future__ import annotations

import hashlib
import json
import socket
import struct
from collections.abc import Iterator

import pytest

from tests.protocols.radius.conftest import VPN, MakeNAS, Memory
from tests.protocols.radius.nas import NAS, SECRET, encoded
from tests.server import eventually

ACK, NAK = 41, 42
SESSION_CONTEXT_NOT_FOUND = (101, struct.pack("!I", 503))
REFUSED = (101, struct.pack("!I", 501))


@pytest.fixture
def listener(vpn: VPN) -> Iterator[socket.socket]:
    """Where the NAS called gate hears."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.1.9", vpn.disconnect))
        sock.settimeout(15)
        yield sock


def reported(status: int, name: str, session: str, identifier: int = 0) -> bytes:
    """An Accounting-Request."""
    body = encoded([(1, name.encode()), (40, struct.pack("!I", status)), (44, session.encode())])
    head = struct.pack("!BBH", 4, identifier or status, 20 + len(body))
    return head + hashlib.md5(head + bytes(16) + body + SECRET).digest() + body


def report(nas: NAS, status: int, name: str, session: str) -> None:
    """The same, acknowledged."""
    assert nas.ask(reported(status, name, session)).code == 5


def heard(sock: socket.socket) -> tuple[bytes, tuple[str, int], dict[int, bytes]]:
    """A Disconnect-Request, verified, with its attributes."""
    raw, sender = sock.recvfrom(4096)
    assert raw[0] == 40
    assert raw[4:20] == hashlib.md5(raw[:4] + bytes(16) + raw[20:] + SECRET).digest()
    found, place = {}, 20
    while place < len(raw):
        found[raw[place]] = raw[place + 2 : place + raw[place + 1]]
        place += raw[place + 1]
    return raw, sender, found


def respond(
    sock: socket.socket, asked: bytes, to: tuple[str, int], code: int, *attributes: tuple[int, bytes]
) -> None:
    body = encoded(attributes)
    head = struct.pack("!BBH", code, asked[1], 20 + len(body))
    sock.sendto(head + hashlib.md5(head + asked[4:20] + body + SECRET).digest() + body, to)


async def test_the_sessions_of_a_user_who_is_disabled_end(
    vpn: VPN, make_nas: MakeNAS, listener: socket.socket, memory: Memory
) -> None:
    """THREAT_MODEL.md 24: what a NAS has let in is ended through the NAS, as soon as the user is disabled."""
    nas = make_nas("127.0.1.9", port=vpn.accounting)
    report(nas, 1, "gone", "s-1")
    report(nas, 1, "anna", "s-2")
    vpn.cli("user", "disable", "gone", "--tenant", "demo")
    asked, sender, found = heard(listener)
    assert (found[1], found[44]) == (b"gone", b"s-1")
    listener.sendto(b"\x29" + asked[1:4] + bytes(16) + asked[20:], sender)  # a forger's
    again, sender, _ = heard(listener)
    assert again == asked, "the same packet, until the genuine answer comes"
    respond(listener, asked, sender, ACK)
    await eventually(lambda: not vpn.pending())
    report(nas, 2, "gone", "s-1")
    assert (await memory.events(event="logout.done"))[0].service == "gate"


async def test_an_administrator_sees_a_session_and_ends_it(
    vpn: VPN, make_nas: MakeNAS, listener: socket.socket
) -> None:
    nas = make_nas("127.0.1.9", port=vpn.accounting)
    report(nas, 1, "amy", "s-3")
    listed = json.loads(vpn.cli("session", "list", "amy", "--tenant", "demo", "--json"))
    (sid,) = [each["sid"] for each in listed if each["services"] == ["gate"]]
    vpn.cli("session", "end", sid, "--tenant", "demo")
    asked, sender, _ = heard(listener)
    respond(listener, asked, sender, NAK, REFUSED)
    await eventually(lambda: "501" in json.dumps(vpn.pending()))
    report(nas, 2, "amy", "s-3")
    vpn.cli("session", "end", sid, "--tenant", "demo", status=1)


async def test_a_session_that_the_nas_does_not_know_is_over(
    vpn: VPN, make_nas: MakeNAS, listener: socket.socket, memory: Memory
) -> None:
    nas = make_nas("127.0.1.9", port=vpn.accounting)
    report(nas, 1, "alice", "s-4")
    (session,) = [one for one in await memory.sessions("alice") if one.service == "gate"]
    vpn.cli("session", "end", session.id, "--tenant", "demo")
    asked, sender, _ = heard(listener)
    respond(listener, asked, sender, NAK, SESSION_CONTEXT_NOT_FOUND)
    await eventually(lambda: session.id not in json.dumps(vpn.pending()))
    report(nas, 2, "alice", "s-4")

"""More packets than can be answered, and connections that stop: what is answered is what somebody still waits for."""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager

from idp.accepting import MOST_HANDSHAKES
from tests.protocols.radius.conftest import VPN, MakeNAS
from tests.protocols.radius.nas import ACCEPT, NAS, QUIET_SECONDS, REJECT, SECRET
from tests.protocols.radius.test_radsec import SAFE, Tunnel

LATE_SECONDS = 2.0  # as `protocols.radius.backlog` has it
STATUS_SERVER = 12
FLOOD, PORTS = 600, 6
GROWTH_BYTES = 80_000_000  # of a process that was forked: half of it are pages that it shared
FLOODING = ("127.77.0.1", b"another-secret-0123456789")  # of whom no other test asks what was dropped
HELLO = bytes.fromhex("1603010200010001fc0303")  # how a handshake begins


@contextmanager
def standing_still(vpn: VPN) -> Iterator[None]:
    """The worker does nothing; what comes waits with the kernel."""
    worker = vpn.pids[1]
    os.kill(worker, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(worker, signal.SIGCONT)


def test_what_lay_unread_for_too_long_is_dropped_and_the_newest_answered(vpn: VPN, make_nas: MakeNAS) -> None:
    old, new = make_nas(), make_nas()
    late, fresh = old.request(code=STATUS_SERVER), new.request(code=STATUS_SERVER)
    with standing_still(vpn):
        old.send(late)
        time.sleep(LATE_SECONDS + 0.3)
        new.send(fresh)
    answer = None
    while answer is None:  # a machine that stood still itself: a NAS repeats itself, too
        answer = new.receive(fresh, LATE_SECONDS)
        new.send(fresh)
    assert answer.code == ACCEPT
    assert old.receive(late, QUIET_SECONDS) is None
    assert old.ask(late).code == ACCEPT, "asked again it is answered"


def alive(nas: NAS) -> int:
    """What a sign of life is answered; a NAS that hears nothing asks again."""
    asked = nas.request(code=STATUS_SERVER)
    while True:
        nas.send(asked)
        if (answer := nas.receive(asked, LATE_SECONDS)) is not None:
            return answer.code


def test_a_flood_is_answered_or_dropped_and_signs_of_life_are_answered(vpn: VPN) -> None:
    """All of it comes at once, from several ports; the process stays as large as it was."""
    before = vpn.memory_bytes
    with ExitStack() as opened:
        several = [opened.enter_context(NAS(vpn.radius, *FLOODING)) for _ in range(PORTS)]
        watcher = opened.enter_context(NAS(vpn.radius, "127.0.0.1", SECRET))
        packets = [
            [nas.pap(f"nobody{number}", "1234567890") for number in range(FLOOD // PORTS)] for nas in several
        ]
        for together in zip(*packets, strict=True):
            for nas, packet in zip(several, together, strict=True):
                nas.send(packet)
        assert alive(watcher) == ACCEPT
        codes = [code for nas in several for code in answered(nas)]
    assert set(codes) == {REJECT}
    assert vpn.memory_bytes < before + GROWTH_BYTES


def answered(nas: NAS) -> list[int]:
    """The codes of all that came until it was silent."""
    nas.socket.settimeout(QUIET_SECONDS)
    codes = []
    try:
        while True:
            codes.append(nas.socket.recv(4096)[0])
    except TimeoutError:
        return codes


def test_connections_that_stop_keep_no_nas_out(vpn: VPN) -> None:
    """Before the handshake, in it, and in the middle of a packet."""
    before = vpn.memory_bytes
    with ExitStack() as opened:
        for number in range(MOST_HANDSHAKES + 20):
            raw = socket.create_connection(("127.0.0.1", vpn.radsec), 60, (SAFE, 0))
            opened.enter_context(closing(raw)).sendall(HELLO[: number % len(HELLO)])
        half = opened.enter_context(closing(Tunnel(vpn)))
        half.stream.sendall(b"\1\0\0\x50")
        nas = opened.enter_context(closing(Tunnel(vpn)))
        assert nas.exchange(nas.request(code=STATUS_SERVER))[0].code == ACCEPT
        assert vpn.memory_bytes < before + GROWTH_BYTES

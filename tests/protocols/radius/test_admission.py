"""Who is answered at all: known NASes, genuine packets, each once."""

from __future__ import annotations

import asyncio
import hashlib
import os
import random

import pytest

from tests.protocols.radius.conftest import DIGITS, HOLDERS, VPN, MakeNAS, Memory
from tests.protocols.radius.fuzz import mutated
from tests.protocols.radius.nas import ACCEPT, CHALLENGE, NAS, REJECT


async def test_what_is_not_signed_is_dropped_in_silence(nas: NAS) -> None:
    """THREAT_MODEL.md 26: No valid Message-Authenticator: dropped by default, silently; ours is the first attribute of
    every reply (`NAS.verified` sees to that in every test)."""
    forger = NAS(nas.socket.getpeername()[1], "127.0.0.1", b"guessed")
    assert nas.is_ignored(nas.pap("anna", "", signed=False))
    assert forger.is_ignored(forger.pap("anna", ""))
    packet = bytearray(nas.pap("anna", ""))
    packet[24] ^= 1
    assert nas.is_ignored(bytes(packet))
    assert nas.ask(nas.pap("anna", "")).code == CHALLENGE
    forger.socket.close()


async def test_a_nas_may_be_excepted_by_name_but_not_from_everything(make_nas: MakeNAS) -> None:
    """THREAT_MODEL.md 26: … by default … per-NAS report of who cannot (CVE-2024-3596)."""
    old = make_nas("127.0.0.3")
    assert old.ask(old.pap("anna", "", signed=False)).code == CHALLENGE
    assert old.is_ignored(old.pap("anna", "", (33, b"proxy"), signed=False)), "a forger's place"
    assert old.is_ignored(old.request((1, b"anna"), (79, b"\2\1\0\5\1"), signed=False)), "RFC 3579 §3.1"
    broken = bytearray(old.pap("anna", ""))
    broken[-1] ^= 1
    assert old.is_ignored(bytes(broken)), "what is there must be right"


async def test_a_forged_reply_fails_at_every_place(nas: NAS) -> None:
    """THREAT_MODEL.md 26: a Reject that is made an Accept on the way, its MD5 collided or not, is seen."""
    packet = nas.pap("anna", "")
    raw = nas.ask(packet).raw
    for _ in range(100):
        forged = bytearray(raw)
        forged[random.choice((0, *range(20, len(raw))))] ^= random.randint(1, 255)
        # What a collision of MD5 would give: an authenticator that fits the forged answer.
        forged[4:20] = hashlib.md5(forged[:4] + packet[4:20] + forged[20:] + nas.secret).digest()
        try:
            nas.verified(bytes(forged), packet)
        except (AssertionError, IndexError):
            continue
        raise AssertionError(f"believed: {forged.hex()}")


async def test_a_stranger_and_a_wrong_secret_hear_nothing(make_nas: MakeNAS) -> None:
    """THREAT_MODEL.md 28: Unknown NAS: silence. The longest prefix says who is who."""
    stranger, other = (
        make_nas("127.0.0.1", b"wrong-secret"),
        make_nas("127.9.0.1", b"another-secret-0123456789"),
    )
    assert stranger.is_ignored(stranger.pap("anna", ""))
    assert other.ask(other.pap("anna", "")).code == CHALLENGE
    near = make_nas("127.0.0.77")
    assert near.ask(near.pap("anna", "")).code == CHALLENGE


async def test_ipv6(make_nas: MakeNAS) -> None:
    six = make_nas("::1")
    assert six.ask(six.pap("anna", "")).code == CHALLENGE


async def test_a_duplicate_gets_the_same_reply_and_spends_no_guess(
    nas: NAS, memory: Memory, holder: str
) -> None:
    """THREAT_MODEL.md 28: A duplicate (address, port, id, authenticator) gets the same reply and spends no guess."""
    packet = nas.pap(holder, "000000000")
    first = nas.ask(packet)
    assert [nas.ask(packet).raw for _ in range(5)] == [first.raw] * 5
    assert await memory.failures(holder, "totp") == 1
    packet = nas.pap(holder, "000000001")
    for _ in range(20):  # while the first is still being worked on
        nas.send(packet)
    assert nas.receive(packet) is not None
    await asyncio.sleep(0.2)
    assert await memory.failures(holder, "totp") == 2


async def test_a_duplicate_of_an_accept_is_an_accept(nas: NAS, holder: str) -> None:
    packet = nas.pap(holder, HOLDERS[holder].code())
    first = nas.ask(packet)
    assert first.code == ACCEPT
    assert nas.ask(packet).raw == first.raw
    # The same identifier again, and another question: not that answer.
    renewed = bytearray(nas.pap("anna", ""))
    renewed[1] = packet[1]
    assert nas.is_ignored(bytes(renewed)), "its signature does not fit any more"


def at_once(several: list[NAS], packets: list[bytes]) -> list[int]:
    """The codes of the answers to packets that are all on the way together, each NAS having its share."""
    rounds = [packets[start : start + len(several)] for start in range(0, len(packets), len(several))]
    for share in rounds:
        for one, packet in zip(several, share, strict=False):
            one.send(packet)
    codes = []
    for share in rounds:
        for one, _ in zip(several, share, strict=False):
            one.socket.settimeout(15)
            codes.append(one.socket.recv(4096)[0])
    return codes


async def test_parallel_guesses_are_all_counted(make_nas: MakeNAS, memory: Memory) -> None:
    """THREAT_MODEL.md 16: 100 parallel wrong guesses are 100 guesses: never more evaluated than the budget allows."""
    several = [make_nas() for _ in range(10)]
    guesses = [several[number % 10].pap("gus", "000000000") for number in range(100)]
    assert at_once(several, guesses) == [REJECT] * 100
    person = (await memory.events(event="proof.locked"))[0].user_id or ""
    events = [record.event for record in await memory.events(500, user_id=person)]
    assert (events.count("proof.refused"), events.count("proof.locked")) == (20, 80)


@pytest.mark.parametrize("proof", ["table", "code"])
async def test_of_many_right_answers_one_is_accepted(
    proof: str, make_nas: MakeNAS, memory: Memory, holder: str
) -> None:
    """THREAT_MODEL.md 15: Of 50 parallel … uses of one TOTP step, one matrix: exactly one succeeds."""
    several = [make_nas() for _ in range(10)]
    await memory.show("lena")
    name, typed = ("lena", DIGITS) if proof == "table" else (holder, HOLDERS[holder].code())
    codes = at_once(several, [several[number % 10].pap(name, typed) for number in range(20)])
    assert sorted(codes) == [ACCEPT, *[REJECT] * 19]


async def test_a_sign_of_life_is_given_to_whoever_signs(vpn: VPN, make_nas: MakeNAS) -> None:
    """RFC 5997: at each socket the answer looks like the answer to what is asked there."""
    nas, reports = make_nas(), make_nas(port=vpn.accounting)
    assert nas.ask(nas.request(code=12)).code == ACCEPT
    assert nas.is_ignored(nas.request(code=12, signed=False))
    assert reports.ask(reports.request(code=12)).code == 5
    assert reports.is_ignored(reports.pap("anna", ""))


async def test_no_password_is_logged(vpn: VPN, nas: NAS) -> None:
    """THREAT_MODEL.md 28: User-Password never logged."""
    typed = "a-password-that-nobody-has-0815"
    nas.ask(nas.pap("anna", typed))
    nas.is_ignored(nas.pap("anna", typed, signed=False))
    assert typed not in vpn.log
    assert all(typed not in path.read_bytes().decode("latin-1") for path in vpn.folder.glob("var/*.db*"))


async def test_garbage_gets_no_answer_and_does_no_harm(vpn: VPN, nas: NAS) -> None:
    """THREAT_MODEL.md 32: generated bad inputs: no exception, no reply to an unauthenticated one."""
    whole = [nas.pap("anna", ""), nas.chap("anna", "x"), nas.request((1, b"anna"), (79, b"\2\1\0\5\1"))]
    for number in range(2000):
        genuine = random.choice(whole)
        if not (draft := mutated(genuine)).startswith(genuine):  # behind its end stands padding
            nas.send(draft)
        if number % 100 == 99:
            nas.send(os.urandom(random.randint(0, 4096)))
            await asyncio.sleep(0.01)
    assert nas.ask(nas.pap("anna", "")).code == CHALLENGE, "and nothing was said before"
    assert [line for line in vpn.events if line["event"] == "defect"] == []


async def test_a_nonsense_request_is_a_reject(nas: NAS) -> None:
    """Signed, so somebody at the NAS should see what is wrong with it."""
    for attributes in (
        [(1, b"anna")],
        [(1, b"\xff\xfe"), (3, bytes(17))],
        [(1, b"an\0na"), (3, bytes(17))],
        [(1, b"anna"), (3, bytes(5))],
        [(1, b"anna"), (2, bytes(15))],
        [(1, b"anna"), (2, bytes(17))],
        [(1, b"anna"), (79, b"\2")],
        [(3, bytes(17)), (60, b"")],
        [],
    ):
        assert nas.ask(nas.request(*attributes)).code == REJECT, attributes


async def test_a_reload_loses_no_request(vpn: VPN, make_nas: MakeNAS) -> None:
    """What waits at the socket is answered by whoever has it then: the kernel keeps it, and nobody asks twice."""
    several, before = [make_nas() for _ in range(8)], vpn.pids[1]
    vpn.signal_reload()
    answered = 0
    while vpn.pids[1] == before or "server.reloaded" not in vpn.log or answered < 200:
        packets = [one.pap("anna", "") for one in several]
        for one, packet in zip(several, packets, strict=True):
            one.send(packet)
        for one, packet in zip(several, packets, strict=True):
            answer = one.receive(packet)
            assert answer is not None, f"no answer after {answered}"
            assert answer.code == CHALLENGE
            answered += 1
        await asyncio.sleep(0)

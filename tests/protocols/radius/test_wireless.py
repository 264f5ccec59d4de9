"""EAP and MS-CHAP as others speak them: `eapol_test`, the peer of wpa_supplicant, and `radclient`."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
from pathlib import Path

from keys.md4 import md4
from protocols.radius import mschap
from protocols.radius.packet import vendor_specific
from tests.protocols.radius import peer
from tests.protocols.radius.conftest import DIGITS, TOKENS, VPN, MakeNAS, Memory
from tests.protocols.radius.nas import ACCEPT, CHALLENGE, NAS, REJECT, SECRET, Answer
from tests.protocols.radius.test_access import digits

HERE = "127.0.1.1"  # where the NAS `wireless` asks from


class Supplicant:
    """`eapol_test` is a peer and its NAS in one."""

    def __init__(self, port: int, folder: Path, secret: bytes = SECRET, address: str = HERE) -> None:
        """`address` is where it asks from."""
        self._port, self._folder, self._secret, self._address = port, folder, secret.decode(), address

    def run(self, method: str, name: str, password: str, *words: str, **more: str) -> str:
        """All that it says; it ends with SUCCESS or FAILURE."""
        settings = {"identity": name, "password": password, **more}
        lines = [f'  {key}="{value}"' for key, value in settings.items()]
        path = self._folder / "peer.conf"
        path.write_text(
            "\n".join(["network={", '  ssid="x"', "  key_mgmt=WPA-EAP", f"  eap={method}", *lines, "}\n"])
        )
        done = subprocess.run(
            ["eapol_test", "-c", str(path), "-a", "127.0.0.1", "-p", str(self._port), "-A", self._address,
             "-s", self._secret, "-t", "10", *words],
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        return done.stdout


def radclient(vpn: VPN, folder: Path, *lines: str) -> str:
    """What radclient makes of these attributes, and of the answer, which it verifies."""
    request = "\n".join((*lines, f"Packet-Src-IP-Address = {HERE}", "Message-Authenticator = 0x00"))
    done = subprocess.run(
        ["radclient", "-x", "-r", "1", "-t", "10", f"127.0.0.1:{vpn.radius}", "auth", SECRET.decode()],
        input=request, capture_output=True, text=True, timeout=60, check=False, cwd=folder,
    )  # fmt: skip
    return done.stdout + done.stderr


async def test_eap_mschapv2_with_a_table(vpn: VPN, memory: Memory, tmp_path: Path) -> None:
    """The digits of a table that was shown on a page, under EAP: both sides have the same keys in the end."""
    await memory.show("alice")
    said = Supplicant(vpn.radius, tmp_path).run("MSCHAPV2", "alice", DIGITS)
    assert "MPPE keys OK: 1  mismatch: 0" in said
    assert said.endswith("SUCCESS\n")
    assert Supplicant(vpn.radius, tmp_path).run("MSCHAPV2", "alice", DIGITS).endswith("FAILURE\n")
    told = (await memory.events(service="wireless"))[:5]
    assert [(each.event, each.details["method"]) for each in reversed(told)] == [
        ("login.challenged", "eap"),
        ("login.challenged", "eap-mschapv2"),
        ("login.accepted", "eap-mschapv2"),
        ("login.challenged", "eap"),
        ("login.refused", "eap-mschapv2"),
    ]
    assert told[1].details["reason"] == "eap-mschapv2 is offered"
    assert {each.details["username"] for each in told if "username" in each.details} == {"alice"}


async def test_a_peer_that_refuses_gtc_answers_the_table_of_the_page(
    vpn: VPN, memory: Memory, tmp_path: Path
) -> None:
    """GTC is offered first, and draws a table of its own; whoever refuses it never sees that one."""
    await memory.show("lena")
    supplicant = Supplicant(vpn.radius, tmp_path, address="127.0.1.20")
    assert supplicant.run("MSCHAPV2", "lena", DIGITS).endswith("SUCCESS\n")
    told = [each.details.get("reason") for each in await memory.events(service="roaming")]
    assert "eap-mschapv2 is offered, since the peer refused eap-gtc" in told


async def test_a_peer_with_which_nothing_is_in_common_is_refused_with_the_reason(
    vpn: VPN, memory: Memory, tmp_path: Path
) -> None:
    """Every datagram's outcome is in the audit log."""
    assert Supplicant(vpn.radius, tmp_path).run("MD5", "lena", DIGITS).endswith("FAILURE\n")
    refused = (await memory.events(service="wireless", event="login.refused"))[0]
    assert (refused.details["username"], refused.details["method"]) == ("lena", "eap")
    assert "no EAP type" in refused.details["reason"]


def test_eap_mschapv2_with_a_code_and_a_hidden_name(vpn: VPN, tmp_path: Path) -> None:
    """Identity privacy: eapol_test says `anonymous` outside, and who it is in the response."""
    supplicant = Supplicant(vpn.radius, tmp_path)
    said = supplicant.run("MSCHAPV2", "tom", TOKENS["tom"].code(), anonymous_identity="anonymous@example.com")
    assert "MPPE keys OK: 1  mismatch: 0" in said
    assert "anonymous@example.com" in said
    assert supplicant.run("MSCHAPV2", "tom", "000000").endswith("FAILURE\n")


def test_eap_gtc_with_a_code(vpn: VPN, tmp_path: Path) -> None:
    """The peer refuses our first offer by its Nak, and gives the code as it is."""
    said = Supplicant(vpn.radius, tmp_path).run("GTC", "tom", TOKENS["tom"].code(), "-n")
    assert said.endswith("SUCCESS\n")
    assert "method 26" in said
    assert "(6, GTC)" in said


def test_eap_md5_is_refused(vpn: VPN, tmp_path: Path) -> None:
    """A peer that wants nothing else is told Failure at once, and no guess is spent."""
    said = Supplicant(vpn.radius, tmp_path).run("MD5", "tom", "000000", "-n")
    assert said.endswith("FAILURE\n")
    assert "CTRL-EVENT-EAP-FAILURE" in said


async def test_mschap_by_radclient(vpn: VPN, memory: Memory, tmp_path: Path) -> None:
    """Version 1, which is all that radclient computes: the table once, with the keys for PPP."""
    await memory.show("amy")
    lines = ("User-Name = amy", f'MS-CHAP-Password = "{DIGITS}"')
    said = radclient(vpn, tmp_path, *lines)
    assert "Received Access-Accept" in said
    hashed = md4(mschap.nt_password_hash(DIGITS)).hex()
    assert f"MS-CHAP-MPPE-Keys = 0x{'00' * 8}{hashed}" in said, "opened by radclient"
    refused = radclient(vpn, tmp_path, *lines)
    assert "Received Access-Reject" in refused
    assert "E=691 R=0" in refused


def microsoft(answer: Answer, kind: int) -> bytes:
    """The value of one of Microsoft's attributes."""
    head = (311).to_bytes(4) + bytes((kind,))
    (value,) = (value[6:] for value in answer.all(26) if value[:5] == head)
    return value


def opened(value: bytes, asked: bytes) -> bytes:
    """A session key, as the NAS opens it (RFC 2548 §2.4.2); `asked` is the authenticator of its request."""
    salt, hidden, plain = value[:2], value[2:], b""
    before = asked + salt
    for place in range(0, len(hidden), 16):
        pad = hashlib.md5(SECRET + before).digest()
        before = hidden[place : place + 16]
        plain += bytes(one ^ other for one, other in zip(before, pad, strict=True))
    return plain[1 : 1 + plain[0]]


async def test_mschapv2_for_ppp(make_nas: MakeNAS, memory: Memory) -> None:
    """Version 2 in attributes: our proof that we know the answer, and two keys that only the NAS can open."""
    nas = make_nas(HERE)
    challenge, own = os.urandom(16), os.urandom(16)
    hashed = mschap.challenge_hash(own, challenge, b"alice")
    password_hash = mschap.nt_password_hash(DIGITS)
    proof = mschap.challenge_response(hashed, password_hash)

    def packet(proof: bytes) -> bytes:
        response = bytes((7, 0)) + own + bytes(8) + proof
        attributes = (vendor_specific(311, 11, challenge), vendor_specific(311, 25, response))
        return nas.request((1, b"alice"), *attributes)

    await memory.show("alice")
    wrong = nas.ask(packet(bytes(24)))
    assert (wrong.code, microsoft(wrong, 2)) == (REJECT, b"\7E=691 R=0")
    await memory.show("alice")
    asked = packet(proof)
    accept = nas.ask(asked)
    assert accept.code == ACCEPT
    proven = mschap.authenticator_response(password_hash, proof, hashed)
    assert microsoft(accept, 26) == b"\7" + proven.encode()
    keys = tuple(opened(microsoft(accept, kind), asked[4:20]) for kind in (16, 17))
    assert keys == mschap.session_keys(password_hash, proof)
    salts = [microsoft(accept, kind)[:2] for kind in (16, 17)]
    assert salts[0] != salts[1]
    assert all(salt[0] & 0x80 for salt in salts)


def conversation(nas: NAS, name: str, *, state: bytes | None, whole: bytes) -> Answer:
    held = [(24, state)] if state is not None else []
    return nas.ask(nas.request((1, name.encode()), *peer.attributes(whole), *held))


async def test_eap_gtc_draws_the_table(make_nas: MakeNAS) -> None:
    """The table in the request's own words, then the code: a chain of the policy under one EAP method."""
    nas = make_nas(HERE)
    first = conversation(nas, "dora", state=None, whole=peer.response(1, 1, b"dora"))
    offered = peer.joined(first.attributes)
    asked = conversation(nas, "dora", state=first.state, whole=peer.response(offered[1], 3, b"\6"))
    assert asked.code == CHALLENGE
    request = peer.joined(asked.attributes)
    rows = re.findall(r"^\d+  ([\d ]+)$", request[5:].decode(), re.MULTILINE)
    table = [row.split() for row in rows]
    asked = conversation(
        nas, "dora", state=asked.state, whole=peer.response(request[1], 6, digits(table).encode())
    )
    request = peer.joined(asked.attributes)
    assert b"code" in request
    code = TOKENS["dora"].code().encode()
    last = conversation(nas, "dora", state=asked.state, whole=peer.response(request[1], 6, code))
    assert last.code == ACCEPT
    assert peer.joined(last.attributes) == bytes((3, request[1], 0, 4))


async def test_each_eap_method_spends_the_same_budget(make_nas: MakeNAS, memory: Memory) -> None:
    """THREAT_MODEL.md 18: Every path that checks a secret spends the same budget: each EAP method, and MS-CHAP."""
    nas = make_nas(HERE)
    before = await memory.failures("eve", "totp")
    first = conversation(nas, "eve", state=None, whole=peer.response(1, 1, b"eve"))
    offered = peer.joined(first.attributes)
    answered = peer.answer_mschapv2(offered, "eve", "000000")
    assert conversation(nas, "eve", state=first.state, whole=answered).code == REJECT
    first = conversation(nas, "eve", state=None, whole=peer.response(1, 1, b"eve"))
    offered = peer.joined(first.attributes)
    asked = conversation(nas, "eve", state=first.state, whole=peer.response(offered[1], 3, b"\6"))
    request = peer.joined(asked.attributes)
    wrong = peer.response(request[1], 6, b"000000")
    assert conversation(nas, "eve", state=asked.state, whole=wrong).code == REJECT
    assert await memory.failures("eve", "totp") == before + 2


async def test_the_end_of_a_conversation_is_not_its_middle(make_nas: MakeNAS) -> None:
    """An acknowledgement before any proof is a reject, and its State is spent."""
    nas = make_nas(HERE)
    first = conversation(nas, "eve", state=None, whole=peer.response(1, 1, b"eve"))
    offered = peer.joined(first.attributes)
    early = peer.response(offered[1], 26, b"\3")
    assert conversation(nas, "eve", state=first.state, whole=early).code == REJECT
    right = peer.answer_mschapv2(offered, "eve", TOKENS["eve"].code())
    assert conversation(nas, "eve", state=first.state, whole=right).code == REJECT

"""radclient of FreeRADIUS, a client that we did not write."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest

from tests.people import PASSWORD, PATTERN, answer
from tests.protocols.radius.conftest import DIGITS, TOKENS, VPN, Memory
from tests.protocols.radius.nas import SECRET

RADCLIENT = shutil.which("radclient") or "radclient"  # a missing one is an error


@pytest.fixture
def radclient(vpn: VPN):  # type: ignore[no-untyped-def]
    """Sends one request; gives what was received, empty for silence. It verifies what comes."""

    def send(*attributes: str, kind: str = "auth", secret: str = SECRET.decode()) -> str:
        port = vpn.accounting if kind == "acct" else vpn.radius
        done = subprocess.run(
            [RADCLIENT, "-x", "-r", "1", "-t", "5", f"127.0.0.1:{port}", kind, secret],
            input="\n".join(attributes), capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert "verification failed" not in done.stderr
        return done.stdout.partition("Received ")[2]

    return send


SIGNED = "Message-Authenticator = 0x00"


def state(received: str) -> str:
    return f"State = {re.search(r'State = (0x[0-9a-f]+)', received)[1]}"  # type: ignore[index]


@pytest.mark.parametrize("attribute", ["User-Password", "CHAP-Password"])
async def test_a_web_token(attribute: str, radclient, memory: Memory) -> None:  # type: ignore[no-untyped-def]
    await memory.show("alice")
    login = ("User-Name = alice", f'{attribute} = "{DIGITS}"', SIGNED)
    assert radclient(*login).startswith("Access-Accept")
    assert radclient(*login).startswith("Access-Reject")


def test_a_challenge_with_a_table(radclient) -> None:  # type: ignore[no-untyped-def]
    drawn = radclient("User-Name = alice", 'User-Password = "matrix"', SIGNED)
    assert drawn.startswith("Access-Challenge")
    rows = re.findall(r'Reply-Message = "\d+  ([\d ]+)"', drawn)
    typed = answer(PATTERN, [row.split() for row in rows])
    assert radclient(
        "User-Name = alice", f'User-Password = "{typed}"', state(drawn), SIGNED
    ).startswith("Access-Accept")  # fmt: skip


def test_a_password_and_a_code(radclient) -> None:  # type: ignore[no-untyped-def]
    asked = radclient("User-Name = bob", f'User-Password = "{PASSWORD}"', SIGNED)
    assert asked.startswith("Access-Challenge")
    typed = f'User-Password = "{TOKENS["bob"].code()}"'
    assert radclient("User-Name = bob", typed, state(asked), SIGNED).startswith("Access-Accept")


def test_what_is_not_signed_or_signed_by_another(radclient) -> None:  # type: ignore[no-untyped-def]
    assert radclient("User-Name = alice", 'User-Password = "x"') == ""
    assert radclient("User-Name = alice", 'User-Password = "x"', SIGNED, secret="other-secret") == ""


def test_a_sign_of_life(radclient) -> None:  # type: ignore[no-untyped-def]
    assert radclient(SIGNED, kind="status").startswith("Access-Accept")


async def test_accounting(radclient, memory: Memory) -> None:  # type: ignore[no-untyped-def]
    about = (
        "User-Name = amy",
        'Acct-Session-Id = "r1"',
        "NAS-Identifier = rad",
        "Framed-IP-Address = 10.1.2.3",
    )
    assert radclient("Acct-Status-Type = Start", *about, kind="acct").startswith("Accounting-Response")
    (session,) = await memory.sessions("amy")
    assert (session.service, session.session, session.framed) == ("vpn", "r1", "10.1.2.3")
    used = ("Acct-Session-Time = 60", "Acct-Input-Octets = 5", "Acct-Input-Gigawords = 1")
    radclient("Acct-Status-Type = Interim-Update", *about, *used, kind="acct")
    (session,) = await memory.sessions("amy")
    assert (session.seconds, session.octets_in) == (60, 2**32 + 5)
    continued = (await memory.events(event="network.continued"))[0]
    assert (continued.details["seconds"], continued.details["session"]) == ("60", "r1")
    radclient("Acct-Status-Type = Tunnel-Start", *about, kind="acct")
    assert (await memory.events(event="network.unknown"))[0].details["status"] == 9
    radclient("Acct-Status-Type = Stop", *about, *used, "Acct-Terminate-Cause = Idle-Timeout", kind="acct")
    assert await memory.sessions("amy") == []
    ended = (await memory.events(event="network.ended"))[0]
    assert (ended.details["cause"], ended.details["seconds"]) == ("Idle-Timeout", "60")
    radclient("Acct-Status-Type = Start", *about, 'Acct-Session-Id += "r2"', kind="acct")
    radclient("Acct-Status-Type = Accounting-On", "NAS-Identifier = rad", kind="acct")
    assert await memory.sessions("amy") == []
    assert radclient("Acct-Status-Type = Start", *about, kind="acct", secret="other-secret") == ""

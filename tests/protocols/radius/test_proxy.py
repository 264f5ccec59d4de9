"""FreeRADIUS in front: it sends on what it gets, signs, and marks each packet with a Proxy-State of its own."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.people import PASSWORD
from tests.protocols.radius.conftest import DIGITS, TOKENS, VPN, Memory
from tests.protocols.radius.nas import ACCEPT, CHALLENGE, NAS, REJECT, SECRET
from tests.protocols.radius.test_access import digits
from tests.protocols.radius.test_wireless import Supplicant
from tests.server import free_port

START_SECONDS = 60
FRONT = b"the-secret-of-the-front-01"
CONFIGURATION = """prefix = /usr
name = proxy
confdir = {folder}
logdir = {folder}
run_dir = {folder}
libdir = /usr/lib/freeradius
pidfile = {folder}/pid
max_request_time = 30
cleanup_delay = 5
hostname_lookups = no
proxy_requests = yes
log {{
    destination = stdout
}}
security {{
    allow_core_dumps = no
    max_attributes = 200
    reject_delay = 0
    status_server = no
}}
thread pool {{
    start_servers = 2
    max_servers = 4
    min_spare_servers = 1
    max_spare_servers = 3
}}
proxy server {{
    default_fallback = no
}}
home_server us {{
    type = auth
    ipaddr = 127.0.0.1
    port = {radius}
    secret = {secret}
    src_ipaddr = 127.0.1.4
    require_message_authenticator = yes
    response_window = 15
    status_check = status-server
}}
home_server_pool us {{
    type = fail-over
    home_server = us
}}
realm us {{
    auth_pool = us
    nostrip
}}
client nas {{
    ipaddr = 127.0.0.0/8
    secret = {front}
}}
modules {{
}}
server default {{
    listen {{
        type = auth
        ipaddr = 127.0.0.1
        port = {port}
    }}
    authorize {{
        update control {{
            Proxy-To-Realm := "us"
        }}
    }}
}}
"""


@pytest.fixture(scope="module")
def front(vpn: VPN, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of FreeRADIUS, which asks us from the NAS `proxy`."""
    folder, port = tmp_path_factory.mktemp("freeradius"), free_port()
    names = {"folder": folder, "port": port, "radius": vpn.radius}
    text = CONFIGURATION.format(**names, secret=SECRET.decode(), front=FRONT.decode())
    (folder / "radiusd.conf").write_text(text)
    (folder / "dictionary").write_text("$INCLUDE /usr/share/freeradius/dictionary\n")
    log = folder / "log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            ["freeradius", "-f", "-l", "stdout", "-d", str(folder), "-n", "radiusd"],
            stdout=out, stderr=out, start_new_session=True,
        )  # fmt: skip
    try:
        until = time.monotonic() + START_SECONDS
        while "Ready to process requests" not in log.read_text():
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < until, log.read_text()
            time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait(START_SECONDS)


@pytest.fixture
def nas(front: int) -> Iterator[NAS]:
    """A NAS of FreeRADIUS."""
    with NAS(front, secret=FRONT) as one:
        yield one


async def test_a_table_from_the_page(nas: NAS, memory: Memory) -> None:
    """Through the proxy as without it."""
    await memory.show("alice")
    assert nas.ask(nas.pap("alice", DIGITS)).code == ACCEPT
    assert nas.ask(nas.pap("alice", DIGITS)).code == REJECT


def test_challenges_and_their_states(nas: NAS) -> None:
    """The table in the first challenge, the code after the second: State survives the way through.

    A word asks for the table: FreeRADIUS does not send on an empty password.
    """
    challenge = nas.ask(nas.pap("dora", "matrix"))
    assert challenge.code == CHALLENGE
    again = nas.ask(nas.pap("dora", digits(challenge.table), state=challenge.state))
    assert again.code == CHALLENGE
    code = TOKENS["dora"].code()
    assert nas.ask(nas.pap("dora", code, state=again.state)).code == ACCEPT
    challenge = nas.ask(nas.pap("bob", PASSWORD))
    assert nas.ask(nas.pap("bob", "000000", state=challenge.state)).code == REJECT


async def test_eap_through_the_proxy(vpn: VPN, front: int, memory: Memory, tmp_path: Path) -> None:
    """The keys are hidden anew by the proxy for its own NAS, and are still those of the peer."""
    await memory.show("amy")
    peer = Supplicant(front, tmp_path, FRONT, "127.0.0.1")
    assert "MPPE keys OK: 1  mismatch: 0" in peer.run("MSCHAPV2", "amy", DIGITS)

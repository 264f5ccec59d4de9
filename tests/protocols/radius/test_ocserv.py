"""ocserv and openconnect: a real SSL-VPN between a person and us, with its tunnel and its accounting."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.people import PASSWORD
from tests.protocols.radius.conftest import DIGITS, TOKENS, VPN, Memory
from tests.protocols.radius.nas import SECRET, table_in
from tests.protocols.radius.terminal import Terminal
from tests.protocols.radius.test_access import digits
from tests.server import free_port

START_SECONDS = 60
RADCLI = """authserver 127.0.0.1:{radius}
acctserver 127.0.0.1:{accounting}
servers {folder}/servers
dictionary /etc/radcli/dictionary
default_realm
radius_timeout 10
radius_retries 1
bindaddr 127.0.0.3
nas-identifier ocserv
"""
OCSERV = """auth = "radius[config={folder}/radcli.conf,groupconfig=false]"
acct = "radius[config={folder}/radcli.conf]"
stats-report-time = 360
listen-host = 127.0.0.1
tcp-port = {port}
run-as-user = nobody
run-as-group = daemon
socket-file = {folder}/socket
pid-file = {folder}/pid
server-cert = {folder}/cert.pem
server-key = {folder}/key.pem
isolate-workers = false
max-clients = 16
max-same-clients = 4
keepalive = 300
dpd = 90
tls-priorities = "NORMAL"
auth-timeout = 60
max-ban-score = 0
cookie-timeout = 300
cisco-client-compat = true
device = vpns
ipv4-network = 10.250.0.0
ipv4-netmask = 255.255.255.0
ping-leases = false
"""


def certificate(folder: Path) -> None:
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
         "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2",
         "-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")],
        check=True, capture_output=True,
    )  # fmt: skip


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """Which the worker processes of ocserv, who are nobody, may enter."""
    with TemporaryDirectory(prefix="masugata-ocserv-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture(scope="module")
def gateway(vpn: VPN, folder: Path) -> Iterator[Sequence[str]]:
    """ocserv, running; gives the beginning of openconnect's command. radcli 1.3 does not sign, as `old`."""
    port = free_port()
    names = {"folder": folder, "port": port, "radius": vpn.radius, "accounting": vpn.accounting}
    (folder / "radcli.conf").write_text(RADCLI.format(**names))
    (folder / "ocserv.conf").write_text(OCSERV.format(**names))
    (folder / "servers").write_text(f"127.0.0.1 {SECRET.decode()}\n")
    certificate(folder)
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            ["ocserv", "-f", "-d", "3", "-c", str(folder / "ocserv.conf")],
            stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
    try:
        until = time.monotonic() + START_SECONDS
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                assert process.poll() is None, (folder / "log").read_text()
                assert time.monotonic() < until, (folder / "log").read_text()
                time.sleep(0.05)
        yield [
            "openconnect",
            "--protocol=anyconnect",
            f"--cafile={folder}/cert.pem",
            f"https://127.0.0.1:{port}",
        ]
    finally:
        process.terminate()
        process.wait(START_SECONDS)


def dial(gateway: Sequence[str], name: str, *words: str) -> Terminal:
    return Terminal([*gateway, f"--user={name}", *(words or ("--authenticate",))])


async def test_a_table_from_the_page(gateway: Sequence[str], memory: Memory) -> None:
    """The answer is typed as the password (PAP); openconnect then holds the cookie of a session."""
    await memory.show("alice")
    with dial(gateway, "alice") as terminal:
        terminal.answer("Password:", DIGITS)
        assert terminal.end() == 0
        assert "COOKIE=" in terminal.text
    with dial(gateway, "alice") as terminal:
        terminal.answer("Password:", DIGITS)  # used
        terminal.wait("Login failed")


def test_a_table_in_the_challenge(gateway: Sequence[str]) -> None:
    """The table is drawn in the client's own window, line by line."""
    with dial(gateway, "anna") as terminal:
        terminal.answer("Password:", "matrix")
        said = terminal.wait("Password1:")
        terminal.answer("", digits(table_in(said)))
        assert terminal.end() == 0
        assert "COOKIE=" in terminal.text


def test_a_password_and_then_a_code(gateway: Sequence[str]) -> None:
    """Two proofs, two prompts."""
    with dial(gateway, "bob") as terminal:
        terminal.answer("Password:", PASSWORD)
        terminal.answer("one-time code:[^:]*:", TOKENS["bob"].code())
        assert terminal.end() == 0
        assert "COOKIE=" in terminal.text


def has_tunnels() -> bool:
    """A container may have none to give."""
    try:
        os.close(os.open("/dev/net/tun", os.O_RDWR))
    except OSError:
        return False
    return True


@pytest.mark.skipif(not has_tunnels(), reason="this machine lets nobody make a tunnel (/dev/net/tun)")
async def test_the_tunnel(gateway: Sequence[str], memory: Memory) -> None:
    """It comes up with an address, ocserv reports the session, and reports its end."""
    words = ("--no-dtls", "--script-tun", "--script=exec cat")
    with dial(gateway, "tom", *words) as terminal:
        terminal.answer("Password:", TOKENS["tom"].code())
        terminal.wait(r"(Configured as|Connected as|Established).*10\.250\.0\.")
        session = await reported(memory, "tom", lasting=1)
        assert session == 1
        os.kill(terminal.pid, signal.SIGINT)
        terminal.end()  # it tells ocserv before it goes
    assert await reported(memory, "tom", lasting=0) == 0


async def reported(memory: Memory, name: str, lasting: int) -> int:
    """How many sessions of a user last, once that is as many as expected."""
    for _ in range(100):
        found = len(await memory.sessions(name))
        if found == lasting:
            break
        await asyncio.sleep(0.1)
    return found

"""Start, crash and end."""

from __future__ import annotations

import os
import signal
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests import processes
from tests.server import ROOT, Server, eventually


def threads(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/task").iterdir()))


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] != "Z"
    except FileNotFoundError:
        return False


def test_the_first_start_makes_a_key_that_only_its_owner_reads(server: Server) -> None:
    server.start()
    for name in ("master.key", "masugata.db"):
        assert stat.S_IMODE((server.folder / "var" / name).stat().st_mode) == 0o600, name


def test_the_supervisor_can_always_fork(server: Server, record_property: pytest.RecordProperty) -> None:
    """It has one thread and serves nothing itself; all memory together stays below 150 MB."""
    server.imports_anew = True  # its memory shall be its own
    begun = time.monotonic()
    server.start()
    record_property("ready_seconds", round(time.monotonic() - begun, 2))
    record_property("memory_mb", server.memory_bytes // 10**6)
    assert threads(server.pid) == 1
    assert len(server.pids) == 3
    assert server.memory_bytes < 150 * 10**6


async def test_a_worker_that_dies_is_replaced(server: Server) -> None:
    server.start()
    await eventually(lambda: "server.ready" in server.log)  # all of them, not only the first that answers
    for _ in range(2):
        victim = server.pids[1]
        os.kill(victim, signal.SIGKILL)
        await eventually(lambda victim=victim: len(now := server.pids) == 3 and victim not in now)
    assert [line["status"] for line in server.events if line["event"] == "worker.died"] == [-9, -9]
    delays = [line["in_seconds"] for line in server.events if line["event"] == "worker.replaced"]
    assert delays == sorted(set(delays)), "each time later"
    assert server.is_ready()


async def test_workers_that_are_killed_while_they_start_or_all_at_once_are_replaced(server: Server) -> None:
    server.start()
    await eventually(lambda: "server.ready" in server.log)
    before = set(server.pids)
    server.signal_reload()
    coming: set[int] = set()

    def both_are_forked() -> bool:
        """Not the process that asks the database before them, which is seen once at most."""
        seen, found = coming.copy(), set(server.pids) - before
        coming.clear()
        coming.update(found)
        return len(found) == 2 and found == seen

    await eventually(both_are_forked)
    os.kill(coming.pop(), signal.SIGKILL)
    await eventually(lambda: "server.reloaded" in server.log and len(server.pids) == 3)
    victims = set(server.pids[1:])
    for victim in victims:
        os.kill(victim, signal.SIGKILL)
    await eventually(lambda: len(now := server.pids) == 3 and not victims & set(now))
    await eventually(server.is_ready)
    assert "worker.start.failed" not in server.log


async def test_the_only_worker_is_replaced_when_it_dies(server: Server) -> None:
    """And then there was none: the supervisor, which waits before it forks, must not take that for the end."""
    server.configuration.idp["workers"] = 1
    server.start()
    await eventually(lambda: "server.ready" in server.log)
    victim = server.pids[1]
    os.kill(victim, signal.SIGKILL)
    await eventually(lambda: len(now := server.pids) == 2 and victim not in now)
    await eventually(server.is_ready)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_the_end_is_graceful(server: Server, number: signal.Signals) -> None:
    """A request that was sent is answered; then every process has gone and the exit status is 0."""
    server.start()
    pids = server.pids
    with socket.create_connection(("127.0.0.1", server.port)) as slow:
        slow.sendall(b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n")
        # To the whole group, as Ctrl-C in a terminal is.
        os.killpg(server.pid, number)
        slow.sendall(b"\r\n")
        slow.settimeout(5)
        assert slow.recv(4096).startswith(b"HTTP/1.1 200 OK")
    assert server.stop() == 0
    assert not any(map(is_alive, pids))


async def test_a_node_that_drains_serves_on_and_says_that_it_is_not_ready(server: Server) -> None:
    """So that a balancer has the time to look elsewhere; asked twice, it ends at once."""
    server.configuration.idp["drain_seconds"] = 300
    server.start()
    await eventually(lambda: "server.ready" in server.log)
    server.begin_to_stop()
    await eventually(lambda: not server.is_ready())
    with socket.create_connection(("127.0.0.1", server.port)) as asked:
        asked.sendall(f"GET /oidc/jwks HTTP/1.1\r\nHost: localhost:{server.port}\r\n\r\n".encode())
        head = asked.recv(4096).lower()
    assert head.startswith(b"http/1.1 200 ")
    assert b"connection: close" in head
    assert server.stop() == 0


async def test_workers_end_when_their_supervisor_is_killed(server: Server) -> None:
    """Else a restarted server would share its database with workers of an older configuration."""
    server.start()
    pids = server.pids
    os.kill(server.pid, signal.SIGKILL)
    await eventually(lambda: not any(map(is_alive, pids)))


def test_mistakes_at_the_start_are_told_all_at_once(server: Server) -> None:
    server.tenant.settings |= {"time_zone": "Asia/Atlantis", "colour": "blue"}
    with pytest.raises(AssertionError, match="the server ended with 1"):
        server.start()
    assert server.log.count("tenant.yaml:") == 2


def test_a_database_out_of_reach_ends_the_start(server: Server) -> None:
    server.configuration.idp["storage"] = "postgresql://nobody@127.0.0.1:9/none"
    with pytest.raises(AssertionError, match="the server ended with 1"):
        server.start()
    assert "worker.unfit" in server.log
    assert "Traceback" not in server.log


LAUNCHER = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.set_inheritable(3, True)
os.environ |= {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": "1"}
os.execv(sys.executable, [sys.executable, "-m", "idp", "serve", "--config", sys.argv[2]])
"""


def test_systemd_may_pass_the_socket_and_hears_when_we_are_ready(server: Server) -> None:
    """Socket activation (sd_listen_fds(3)) and readiness (sd_notify(3))."""
    server.configuration.write(server.config)
    notices = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    notices.bind(str(server.folder / "notify"))
    notices.settimeout(30)
    with notices, socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        os.set_inheritable(listening.fileno(), True)
        process = subprocess.Popen(
            [sys.executable, "-c", LAUNCHER, str(listening.fileno()), str(server.config)],
            cwd=ROOT,
            env={**os.environ, "NOTIFY_SOCKET": str(server.folder / "notify")},
            close_fds=False,
        )
        try:
            assert notices.recv(100) == b"READY=1"
            server.port = listening.getsockname()[1]
            assert server.is_ready()
            process.send_signal(signal.SIGHUP)
            assert notices.recv(100).startswith(b"RELOADING=1\nMONOTONIC_USEC=")
            assert notices.recv(100) == b"READY=1"
            process.terminate()
            assert notices.recv(100) == b"STOPPING=1"
            assert process.wait(15) == 0
        finally:
            process.kill()
            process.wait()
    assert processes.tree(process.pid) == []

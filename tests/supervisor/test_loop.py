"""The event loop of a worker, where descriptors are closed by others."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator

import pytest
import uvloop

from idp.supervisor.loop import Loop
from storage import StorageError
from storage.postgres_servers import Servers

TIMES = 4


class Overtaken(Loop):
    """A thread opened something under the number before aiopg could see that it was closed."""

    remove_reader = uvloop.Loop.remove_reader


@pytest.fixture
def silent_port() -> Iterator[int]:
    """Taken, so that nobody else gets it, and nobody listens there: whoever comes is refused."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


@pytest.mark.parametrize("loop", [Loop, Overtaken])
def test_a_database_that_refuses_is_asked_again_and_again(loop: type[Loop], silent_port: int) -> None:
    """Each time the same answer, for which people are told to come again; a second connection gets the number of the
    first one's descriptor, and must not find what was left of it.
    """

    async def ask() -> list[str]:
        servers, answers = Servers(f"postgresql://masugata@127.0.0.1:{silent_port}/masugata"), []
        for _ in range(TIMES):
            with pytest.raises(StorageError) as refused:
                await servers.connect(read_only=False)
            answers.append(str(refused.value))
        return answers

    with asyncio.Runner(loop_factory=loop) as runner:
        answers = runner.run(ask())
    assert all("Connection refused" in answer for answer in answers), answers


def test_what_a_refused_connection_left_is_in_nobodys_way(silent_port: int) -> None:
    """Our HTTP client's sockets are watched by uvloop itself: sign-outs would not go out until a restart."""

    async def connect() -> None:
        with pytest.raises(StorageError):
            await Servers(f"postgresql://masugata@127.0.0.1:{silent_port}/masugata").connect(read_only=False)
        with socket.socket() as one, socket.create_server(("127.0.0.1", 0)) as listening:
            one.setblocking(False)
            await asyncio.get_running_loop().sock_connect(one, listening.getsockname())

    with asyncio.Runner(loop_factory=Loop) as runner:
        runner.run(connect())

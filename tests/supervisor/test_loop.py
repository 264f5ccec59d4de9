"""The event loop of a worker, where descriptors are closed by others."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator

import pytest

from idp.supervisor.loop import Loop
from storage import StorageError
from storage.postgres_servers import Servers

TIMES = 4


@pytest.fixture
def silent_port() -> Iterator[int]:
    """Taken, so that nobody else gets it, and nobody listens there: whoever comes is refused."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


def test_a_database_that_refuses_is_asked_again_and_again(silent_port: int) -> None:
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

    with asyncio.Runner(loop_factory=Loop) as runner:
        answers = runner.run(ask())
    assert all("Connection refused" in answer for answer in answers), answers

"""A rehearsal on all cores: each process takes a part of the time and opens the database for itself."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from signal import SIG_IGN, SIGINT, signal
from typing import Any, Final

import click

import storage
from idp.policy import Rule
from idp.policy.rehearsal import Findings
from idp.revisions.rehearsing import rehearse

FEWEST_SECONDS: Final = 86400  # a shorter time is not worth another process


@dataclass(frozen=True, slots=True)
class Work:
    """The rules of one tenant, in force and candidates, and the time (epoch seconds) from whose logins they decide."""

    url: str
    tenant: str
    rules: tuple[Sequence[Rule], Sequence[Rule]]
    since: int
    until: int


def crew(work: Work, heard: Callable[[int], None]) -> Findings:
    """What was found in all of it. `heard` is told how many seconds of the time are done since it was told last.

    Forks: only a process without threads may call this. Raises ClickException.
    """
    parts = list(_parts(work, os.cpu_count() or 1))
    if len(parts) == 1:
        return _alone(parts[0], heard)
    context = get_context("fork")  # rules hold functions, which cannot be sent
    pipes: dict[Connection, int] = {}
    for place, part in enumerate(parts):
        ours, theirs = context.Pipe(duplex=False)
        process = context.Process(target=_told, args=(part, theirs), daemon=True)
        process.start()
        theirs.close()
        pipes[ours] = place
    found: dict[int, Findings] = {}
    while pipes:
        for pipe in wait(list(pipes)):
            assert isinstance(pipe, Connection)
            said = _hear(pipe)
            if isinstance(said, int):
                heard(said)
                continue
            found[pipes.pop(pipe)] = said
    whole = Findings()
    for place in range(len(parts)):
        whole.add(found[place])
    return whole


def _parts(work: Work, count: int) -> Iterator[Work]:
    count = max(1, min(count, (work.until - work.since) // FEWEST_SECONDS))
    marks = [work.since + (work.until - work.since) * place // count for place in range(count + 1)]
    for begin, end in pairwise(marks):
        yield Work(work.url, work.tenant, work.rules, begin, end)


def _hear(pipe: Connection) -> Any:
    try:
        said = pipe.recv()
    except EOFError:
        raise click.ClickException("a process of the rehearsal has ended") from None
    if isinstance(said, str):
        raise click.ClickException(said)
    return said


def _told(work: Work, pipe: Connection) -> None:
    signal(SIGINT, SIG_IGN)  # Ctrl-C is for all in front of the terminal: whoever started us ends us
    try:
        pipe.send(_alone(work, pipe.send))
    except storage.StorageError as error:
        pipe.send(str(error))


def _alone(work: Work, heard: Callable[[int], None]) -> Findings:
    done = work.since

    def until(at: int) -> None:
        nonlocal done
        heard(at - done)
        done = at

    async def run() -> Findings:
        opened = await storage.open(work.url)
        try:
            return await rehearse(opened, work.tenant, work.rules, (work.since, work.until), until)
        finally:
            await opened.close()

    found = asyncio.run(run())
    heard(work.until - done)
    return found

"""What an administrator of the story types, and what he is told."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any, TypeVar

from click.testing import CliRunner

from idp.cli import main
from tests.story.company import Company, Node
from tests.story.month import Change

T = TypeVar("T")


async def cli(node: Node, *words: str) -> str:
    return await asyncio.to_thread(node.cli, *words)


async def refused(node: Node, *words: str) -> str:
    """All that a command printed that did nothing."""
    status, said = await idp(*words, f"--config={node.config}")
    assert status == 1, said
    return said


async def idp(*words: str) -> tuple[int, str]:
    """A command in this process: its exit status, and all that it printed."""
    done = await asyncio.to_thread(CliRunner().invoke, main, list(words))
    return done.exit_code, done.output


async def health(node: Node) -> dict[str, Any]:
    return (await asyncio.to_thread(node.health))[1]


async def until(node: Node, holds: Callable[[dict[str, Any]], bool]) -> None:
    """Until the node's health is so."""
    async with asyncio.timeout(60):
        async for told in repeated(lambda: health(node)):
            if holds(told):
                break


async def repeated(ask: Callable[[], Awaitable[T]]) -> AsyncIterator[T]:
    """What is answered, again and again."""
    while True:
        yield await ask()
        await asyncio.sleep(0.1)


async def until_in_force(company: Company, revision: int) -> None:
    for node in company.nodes:
        await until(node, lambda told: told["revision"] == revision)


def drifted(told: Mapping[str, Any]) -> bool:
    return any("policies.yaml differs" in words for words in told["notices"])


def rehearsed(found: Mapping[str, Any]) -> Counter[Change]:
    return Counter(
        {
            (each["before"], each["after"], each["rule_before"], each["rule_after"]): each["count"]
            for each in found["flips"]
        }
    )


async def linked(node: Node) -> None:
    """Until no record waits, and the log is whole; the anchor may be a minute behind."""

    async with asyncio.timeout(60):
        async for said in repeated(lambda: cli(node, "audit", "verify")):
            assert said.startswith("whole: "), said
            if "not linked" not in said:
                break

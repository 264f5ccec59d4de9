"""Use-once and budgets hold when several processes race, on both databases."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from subprocess import PIPE

import pytest

from storage import Storage
from tests.storage.examples import (
    DELIVERY,
    DEVICE,
    INITIAL_TOKEN,
    INTERACTION,
    MAIL,
    NOW,
    REGISTERED_CLIENT,
    RELEASE,
    RESET_LINK,
    add_login,
)
from tests.storage.racer import LIMIT

ROOT = Path(__file__).parents[2]


class Racer:
    """One process, which races as often as it is told to: a start takes longer than a race."""

    def __init__(self) -> None:
        command = (sys.executable, "-m", "tests.storage.racer")
        self._process = subprocess.Popen(command, cwd=ROOT, stdin=PIPE, stdout=PIPE, text=True, bufsize=1)

    def tell(self, line: str) -> None:
        assert self._process.stdin
        self._process.stdin.write(f"{line}\n")

    def said(self) -> str:
        assert self._process.stdout
        return self._process.stdout.readline()

    def stop(self) -> None:
        """By the end of its input."""
        self._process.communicate(timeout=60)
        assert self._process.returncode == 0


@pytest.fixture(scope="module")
def racers() -> Iterator[list[Racer]]:
    started = [Racer() for _ in range(5)]
    yield started
    for racer in started:
        racer.stop()


def race(racers: Sequence[Racer], url: str, action: str, tasks: int) -> int:
    """How many of `len(racers) * tasks` won."""
    for racer in racers:
        racer.tell(f"{url} {action} {tasks}")
    assert [racer.said() for racer in racers] == ["ready\n"] * len(racers)
    for racer in racers:
        racer.tell("go")
    return sum(int(racer.said()) for racer in racers)


@pytest.mark.parametrize(
    "action",
    [
        "consume_interaction",
        "consume_code",
        "rotate_token",
        "claim_delivery",
        "spend_identifier",
        "advance_credential",
        "consume_initial_token",
        "replace_registered_client",
        "consume_device_grant",
        "decide_device_grant",
        "claim_mail",
        "consume_reset_link",
        "consume_release",
    ],
)
async def test_of_50_racing_from_several_processes_exactly_one_wins(
    store: Storage, storage_url: str, racers: list[Racer], action: str
) -> None:
    """THREAT_MODEL.md 15: of 50 parallel redemptions of one code, refreshes of one token, uses of one TOTP step,
    one matrix, one initial access token, updates of one registered client,
    redemptions of and decisions about one device, uses of one link for a forgotten pattern or of one
    login-protect release: exactly one succeeds."""
    async with store.transaction("acme") as tx:
        await add_login(tx)
        await tx.interactions.add(INTERACTION)
        await tx.deliveries.add(DELIVERY)
        await tx.mails.add(MAIL)
        await tx.reset_links.add(RESET_LINK)
        await tx.releases.replace(RELEASE)
        await tx.initial_tokens.add(replace(INITIAL_TOKEN, uses_left=1))
        await tx.registered_clients.add(REGISTERED_CLIENT, 1)
        await tx.device_grants.add(replace(DEVICE, state="allowed", grant_id="g1"))
        await tx.device_grants.add(replace(DEVICE, device_hash=b"other", user_code_hash=b"waiting"))
    assert race(racers, storage_url, action, 10) == 1


async def test_of_100_parallel_guesses_never_more_are_evaluated_than_the_budget_allows(
    store: Storage, storage_url: str, racers: list[Racer]
) -> None:
    """THREAT_MODEL.md 16: 100 parallel wrong guesses are 100 guesses."""
    assert race(racers[:4], storage_url, "spend_budget", 25) == LIMIT
    async with store.snapshot("acme") as tx:
        budget = await tx.budgets.find("alice")
    assert budget is not None and (budget.failures, budget.until) == (LIMIT, NOW + 60)

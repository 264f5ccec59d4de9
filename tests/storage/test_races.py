"""Use-once and budgets hold when several processes race, on both databases."""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from dataclasses import replace
from pathlib import Path

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


async def start(url: str, action: str, tasks: int) -> Process:
    module = ("-m", "tests.storage.racer", url, action, str(tasks))
    racer = await asyncio.create_subprocess_exec(sys.executable, *module, cwd=ROOT, stdin=PIPE, stdout=PIPE)
    assert racer.stdout and await racer.stdout.readline() == b"ready\n"
    return racer


async def race(url: str, action: str, processes: int, tasks: int) -> int:
    """How many of `processes * tasks` won."""
    racers = await asyncio.gather(*(start(url, action, tasks) for _ in range(processes)))
    results = await asyncio.gather(*(racer.communicate(b"go\n") for racer in racers))
    return sum(int(output) for output, _ in results)


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
    store: Storage, storage_url: str, action: str
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
    assert await race(storage_url, action, 5, 10) == 1


async def test_of_100_parallel_guesses_never_more_are_evaluated_than_the_budget_allows(
    store: Storage, storage_url: str
) -> None:
    """THREAT_MODEL.md 16: 100 parallel wrong guesses are 100 guesses."""
    assert await race(storage_url, "spend_budget", 4, 25) == LIMIT
    async with store.snapshot("acme") as tx:
        budget = await tx.budgets.find("alice")
    assert budget is not None and (budget.failures, budget.until) == (LIMIT, NOW + 60)

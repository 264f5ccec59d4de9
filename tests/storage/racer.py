"""One of several processes that race for one row, again and again.

For each line `URL ACTION TASKS` it opens the storage and says `ready`; at the next line it races, and says how
often it won. Called as `python -m tests.storage.racer`.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from dataclasses import replace

import storage
from storage import Storage, Transaction
from tests.storage.examples import (
    CREDENTIAL,
    DEVICE,
    GRANT,
    INITIAL_TOKEN,
    INTERACTION,
    NOW,
    REFRESH,
    REGISTERED_CLIENT,
    RELEASE,
    RESET_LINK,
)

LIMIT = 5


async def consume_interaction(tx: Transaction) -> bool:
    return await tx.interactions.consume("i1", INTERACTION.browser_hash, NOW) is not None


async def consume_code(tx: Transaction) -> bool:
    assert GRANT.code_hash
    return await tx.grants.consume_code(GRANT.code_hash, NOW) is not None


async def rotate_token(tx: Transaction) -> bool:
    return await tx.tokens.rotate(REFRESH.token_hash, NOW)


async def claim_delivery(tx: Transaction) -> bool:
    return await tx.deliveries.claim(NOW + 5, NOW + 60) is not None


async def claim_mail(tx: Transaction) -> bool:
    return await tx.mails.claim(NOW + 5, NOW + 60) is not None


async def consume_reset_link(tx: Transaction) -> bool:
    return await tx.reset_links.consume(RESET_LINK.token_hash, NOW) is not None


async def consume_release(tx: Transaction) -> bool:
    return await tx.releases.consume("u1", RELEASE.id, NOW)


async def spend_identifier(tx: Transaction) -> bool:
    return await tx.spent_identifiers.add(b"assertion", NOW + 60)


async def advance_credential(tx: Transaction) -> bool:
    return await tx.credentials.advance(CREDENTIAL.id, CREDENTIAL.counter + 1, 0, NOW)


async def consume_initial_token(tx: Transaction) -> bool:
    return await tx.initial_tokens.consume(INITIAL_TOKEN.token_hash, NOW)


async def replace_registered_client(tx: Transaction) -> bool:
    return await tx.registered_clients.replace(
        replace(REGISTERED_CLIENT, token_hash=b"\x07" * 32), REGISTERED_CLIENT.token_hash
    )


async def consume_device_grant(tx: Transaction) -> bool:
    return await tx.device_grants.consume(DEVICE.device_hash, NOW) is not None


async def decide_device_grant(tx: Transaction) -> bool:
    return await tx.device_grants.decide(b"waiting", "allowed", "g1", NOW)


async def spend_budget(tx: Transaction) -> bool:
    return (await tx.budgets.spend("alice", LIMIT, 60, NOW)).failures <= LIMIT


ACTIONS: dict[str, Callable[[Transaction], Awaitable[bool]]] = {
    action.__name__: action
    for action in (
        *(consume_interaction, consume_code, rotate_token, claim_delivery, spend_identifier),
        *(advance_credential, spend_budget, consume_initial_token, replace_registered_client),
        *(claim_mail, consume_reset_link, consume_release),
        *(consume_device_grant, decide_device_grant),
    )
}


async def race(store: Storage, action: str) -> bool:
    async with store.transaction("acme") as tx:
        return await ACTIONS[action](tx)


async def main(url: str, action: str, tasks: int) -> None:
    store = await storage.open(url)
    await store.check()
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    won = sum(await asyncio.gather(*(race(store, action) for _ in range(tasks))))
    await store.close()
    print(won, flush=True)


if __name__ == "__main__":
    for line in sys.stdin:
        url, action, tasks = line.split()
        asyncio.run(main(url, action, int(tasks)))

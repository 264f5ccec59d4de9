"""A process that adds users one after the other, and prints each name once its transaction has ended.

Called as `python -m tests.storage.writer URL PREFIX COUNT`.
"""

from __future__ import annotations

import asyncio
import sys

import storage
from tests.storage.examples import user


async def main(url: str, prefix: str, count: int) -> None:
    store = await storage.open(url)
    for number in range(count):
        name = f"{prefix}{number}"
        async with store.transaction("acme") as tx:
            await tx.users.add(user(number, id=name, username=name))
        print(name, flush=True)
    await store.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))

"""Bodies that are waited for: so many, and where more come, somebody who sends the most of them makes room."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import IPv6Address
from typing import Final

from idp.web.address import Address

SITE_BITS: Final = 80  # of an IPv6 address one site chooses by itself: it was given a /48 (RFC 6177 §2)

Source = tuple[int, int]  # the version of IP, and the address or its network


def source_of(address: Address) -> Source:
    """From where it comes: an IPv4 address, or the network of an IPv6 one: its owner has as many as he likes."""
    is_new = isinstance(address, IPv6Address)
    return address.version, int(address) >> SITE_BITS if is_new else int(address)


class Bodies:
    """Of one process. What is too much, of sources and in all, is found when one more comes."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._waited_for: dict[asyncio.Timeout, Source] = {}  # longest waited for first
        self._of: Counter[Source] = Counter()

    @contextmanager
    def waited_for(self, limit: asyncio.Timeout, source: Source) -> Iterator[None]:
        """While the block runs; `limit` ends it when another takes its place.

        Of too many the source goes first that has the most: a crowd from one place costs nobody elsewhere his own. Of
        sources that have as many it is whoever is waited for longest.
        """
        self._waited_for[limit] = source
        self._of[source] += 1
        if len(self._waited_for) > self._most:
            self._give_up()
        try:
            yield
        finally:
            self._forget(limit)

    def _give_up(self) -> None:
        most = max(self._of.values())
        longest = next(limit for limit, source in self._waited_for.items() if self._of[source] == most)
        self._forget(longest)
        if not longest.expired():  # else its time is up anyway, and it is about to be told
            longest.reschedule(asyncio.get_running_loop().time())

    def _forget(self, limit: asyncio.Timeout) -> None:
        source = self._waited_for.pop(limit, None)
        if source is None:  # it was given up
            return
        self._of[source] -= 1
        if not self._of[source]:
            del self._of[source]

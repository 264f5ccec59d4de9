"""The keys that clients publish at their own addresses (`jwks_uri`): fetched when needed, kept for a while.

It is the one thing of another's that a process remembers. What a client took back is believed for an hour at the
most, and whoever names keys that do not exist makes us ask once a minute, whatever he sends.
"""

from __future__ import annotations

import asyncio
import dataclasses
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final

import orjson
import structlog

from idp.authenticators.crowd import Crowd
from idp.outside import outside
from idp.web.outbound import Outbound, OutboundError
from protocols.oidc.clients import Client
from protocols.oidc.foreign import LIMIT, Keys, Untrustworthy, unverified_header

FRESH_SECONDS: Final = 600  # then they are fetched again before they are used
LONGEST_SECONDS: Final = 3600  # so long they are used while they cannot be
PAUSE_SECONDS: Final = 60  # from one fetch for a client to the next
WAITING: Final = 64  # requests that wait for one client's at once
REMEMBERED: Final = 1000  # clients; who was not seen for longest goes first

log = structlog.get_logger("oidc.client_keys")


@dataclass(slots=True)
class _Published:
    """What is known of one address. Times are epoch seconds."""

    keys: Keys | None = None
    fetched_at: int = 0
    tried_at: int = -PAUSE_SECONDS
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    crowd: Crowd = field(default_factory=Crowd)

    def may_be_asked(self, now: int) -> bool:
        return now - self.tried_at >= PAUSE_SECONDS

    def is_lacking(self, now: int, kid: str | None, *, anew: bool) -> bool:
        """Whether what is known will not do."""
        if anew or self.keys is None or now - self.fetched_at >= FRESH_SECONDS:
            return True
        return kid is not None and kid not in self.keys.kids


class ClientKeys:
    """Of the clients of one tenant."""

    def __init__(self, outbound: Outbound) -> None:
        self._outbound = outbound
        self._published: OrderedDict[tuple[str, str], _Published] = OrderedDict()

    async def equip(
        self, client: Client, now: int, unverified_token: str = "", *, anew: bool = False
    ) -> Client:
        """The client with the keys that it publishes, as fresh as the token needs that it is said to have signed.

        With `anew` none that are known will do. Without keys where they cannot be had. Only requests that name
        this client, and that those known will not do, wait for its address; they keep no place meanwhile. Raises
        `Busy` where too many do. Call it outside of a transaction.
        """
        uri = client.settings.jwks_uri
        if uri is None:
            return client
        published = self._find(client.id, uri)
        kid = _unverified_kid(unverified_token)
        # Whom the known ones will do does not wait for others: anybody can name a key that nobody has.
        if published.is_lacking(now, kid, anew=anew) and (
            published.turn.locked() or published.may_be_asked(now)
        ):
            with published.crowd.join(WAITING), outside():
                async with published.turn:
                    if published.is_lacking(now, kid, anew=anew) and published.may_be_asked(now):
                        await self._fetch(published, client, uri, now)
        if published.keys is None or now - published.fetched_at >= LONGEST_SECONDS:
            return client
        try:
            recipients = client.settings.recipients(published.keys.jwks)
        except ValueError:  # it may verify all the same
            recipients = {}
        return dataclasses.replace(client, keys=published.keys, recipients=recipients)

    def _find(self, client_id: str, uri: str) -> _Published:
        published = self._published.setdefault((client_id, uri), _Published())
        self._published.move_to_end((client_id, uri))
        if len(self._published) > REMEMBERED:
            self._published.popitem(last=False)
        return published

    async def _fetch(self, published: _Published, client: Client, uri: str, now: int) -> None:
        """Whatever goes wrong, what was known stays."""
        published.tried_at = now
        try:
            answer = await self._outbound.get(uri)
            if answer.status != 200:
                raise OutboundError(f"it answered {answer.status}")
            published.keys, published.fetched_at = Keys.readable(orjson.loads(answer.body)), now
        except (OutboundError, ValueError) as error:
            reason = str(error) if isinstance(error, OutboundError) else "it is no JWK set with a key of use"
            log.warning("oidc.jwks_uri.failed", service=client.service, client=client.id, reason=reason)


def _unverified_kid(unverified_token: str) -> str | None:
    if not 0 < len(unverified_token) <= LIMIT:
        return None
    try:
        kid = unverified_header(unverified_token).get("kid")
    except Untrustworthy:
        return None
    return kid if isinstance(kid, str) else None

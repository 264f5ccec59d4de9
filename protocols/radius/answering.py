"""A packet that was admitted, answered: by the login, by the accounting, or with a sign of life."""

from __future__ import annotations

import time
from collections.abc import Mapping
from functools import lru_cache
from ipaddress import IPv4Address
from typing import Final

import structlog

from idp.authenticators import Busy
from idp.caller import Caller
from idp.monitoring.table import DATAGRAMS
from idp.provider import IdentityProvider
from idp.tracing import SERVER, is_on, span
from idp.visit import Visit
from protocols.radius import accounting
from protocols.radius.bridge import Bridge
from protocols.radius.clients import NAS, Address, parse
from protocols.radius.packet import CALLING_STATION_ID, Code, Malformed, Packet, acknowledgement, reply
from storage import StorageError

# A station that is no address, a telephone or a Wi-Fi card, is in no network: never taken for one inside.
NOWHERE: Final = IPv4Address("0.0.0.0")  # noqa: S104

# By the code that the reply begins with.
OUTCOMES: Final[Mapping[int, str]] = {
    Code.ACCESS_ACCEPT: "accepted",
    Code.ACCESS_REJECT: "rejected",
    Code.ACCESS_CHALLENGE: "challenged",
    Code.ACCOUNTING_RESPONSE: "acknowledged",
}

log = structlog.get_logger("radius")


class Answering:
    """What all sockets of the process share."""

    def __init__(self, provider: IdentityProvider) -> None:
        self._provider = provider

    async def answer(self, nas: NAS, packet: Packet, peer: str, kind: Code) -> bytes | None:
        """The reply; None where there is none now, so that the NAS asks again, or asks another server. Raises `Busy`.

        `kind` is what is asked at this socket: a sign of life looks like the answer to that (RFC 5997 §3).
        """
        began = time.perf_counter()
        answered = await (self._followed if is_on() else self._answer)(nas, packet, peer, kind)
        seconds = time.perf_counter() - began
        self._provider.meter.time(DATAGRAMS, seconds, nas.tenant.name, nas.service, _outcome(answered))
        return answered

    async def _followed(self, nas: NAS, packet: Packet, peer: str, kind: Code) -> bytes | None:
        """The same as a step that somebody follows."""
        about = {"masugata.tenant": nas.tenant.name, "masugata.service": nas.service}
        with span("radius", about, kind=SERVER) as step:
            answered = await self._answer(nas, packet, peer, kind)
            step.tell({"masugata.outcome": _outcome(answered)})
        return answered

    async def _answer(self, nas: NAS, packet: Packet, peer: str, kind: Code) -> bytes | None:
        try:
            match packet.code:
                case Code.ACCESS_REQUEST:
                    return await self._access(nas, packet, peer)
                case Code.ACCOUNTING_REQUEST:
                    return await self._account(nas, packet, peer)
            await self._provider.storage.check()
        except StorageError as error:
            log.error("radius.unanswered", tenant=nas.tenant.name, service=nas.service, error=str(error))
        except Busy:  # whoever asked counts it: there may be thousands
            raise
        except Exception:
            log.exception("defect", tenant=nas.tenant.name, service=nas.service)
        else:
            alive = Code.ACCOUNTING_RESPONSE if kind == Code.ACCOUNTING_REQUEST else Code.ACCESS_ACCEPT
            return reply(alive, packet, (), nas.secret)
        return None

    async def _access(self, nas: NAS, packet: Packet, peer: str) -> bytes | None:
        details: dict[str, object] = {"nas": peer}
        if packet.signed_at is None:
            details["unsigned"] = True
        caller = _caller(nas, packet, peer)
        if caller.address is NOWHERE and (named := packet.first(CALLING_STATION_ID)):
            details["station"] = named.decode(errors="replace").replace("\0", "")  # which no database takes
        async with self._provider.storage.transaction(nas.tenant.name) as tx:
            visit = Visit(tx, nas.tenant, caller, self._provider.clock(), details)
            bridge = Bridge(visit, nas, packet, details)
            code, attributes = await bridge.answer()
            try:
                return reply(code, packet, attributes, nas.secret)
            except Malformed as error:  # more attributes than a packet holds
                code, attributes = await bridge.refuse(str(error))
        try:
            return reply(code, packet, attributes, nas.secret)
        except Malformed as error:  # nor does it hold a no: the request was nothing but Proxy-States
            log.warning("radius.unanswerable", tenant=nas.tenant.name, service=nas.service, error=str(error))
            return None

    async def _account(self, nas: NAS, packet: Packet, peer: str) -> bytes:
        async with self._provider.storage.transaction(nas.tenant.name) as tx:
            visit = Visit(tx, nas.tenant, _caller(nas, packet, peer), self._provider.clock(), {"nas": peer})
            await accounting.account(visit, nas, packet, peer)
        return acknowledgement(packet, nas.secret)


def _outcome(answered: bytes | None) -> str:
    return OUTCOMES.get(answered[0], "other") if answered else "unanswered"


def _caller(nas: NAS, packet: Packet, peer: str) -> Caller:
    request_id = packet.authenticator.hex()
    return Caller(
        station(packet),
        nas.browser,
        request_id=request_id,
        through=f"nas {peer}",
        trusted=nas.settings.trusted,
    )


def station(packet: Packet) -> Address:
    """Where the user is, as the NAS says in Calling-Station-Id."""
    return _address(packet.first(CALLING_STATION_ID) or b"")


@lru_cache(maxsize=4096)
def _address(text: bytes) -> Address:
    try:
        found = parse(text.decode().strip("[]"))
    except ValueError:
        return NOWHERE
    return NOWHERE if found == NOWHERE else found  # that one, so that it is known without comparing

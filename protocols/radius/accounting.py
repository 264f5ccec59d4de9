"""Accounting (RFC 2866): what a NAS reports of the sessions that it let in."""

from __future__ import annotations

import hashlib
from enum import IntEnum
from typing import Final

from idp.username import canonical, split
from idp.visit import Visit
from protocols.radius.clients import NAS, dotted
from protocols.radius.packet import CALLING_STATION_ID, NAS_IDENTIFIER, NAS_IP_ADDRESS, USER_NAME, Packet
from storage.network import NetworkSession

FRAMED_IP_ADDRESS, STATUS_TYPE, INPUT_OCTETS, OUTPUT_OCTETS, SESSION_ID = 8, 40, 42, 43, 44
DELAY_TIME, SESSION_TIME, TERMINATE_CAUSE, INPUT_GIGAWORDS, OUTPUT_GIGAWORDS = 41, 46, 49, 52, 53
REBOOT: Final = "NAS-Reboot"
KEPT_SECONDS: Final = 86400  # after its end, so that a report which was overtaken does not begin it anew
MOST_OCTETS: Final = 2**63 - 1
# RFC 2866 §5.10
CAUSES: Final = (
    *("", "User-Request", "Lost-Carrier", "Lost-Service", "Idle-Timeout", "Session-Timeout", "Admin-Reset"),
    *("Admin-Reboot", "Port-Error", "NAS-Error", "NAS-Request", REBOOT, "Port-Unneeded", "Port-Preempted"),
    *("Port-Suspended", "Service-Unavailable", "Callback", "User-Error", "Host-Request"),
)


class Status(IntEnum):
    """Acct-Status-Type (RFC 2866 §5.1); others say nothing of a session, and are acknowledged."""

    START = 1
    STOP = 2
    INTERIM_UPDATE = 3
    ACCOUNTING_ON = 7
    ACCOUNTING_OFF = 8


EVENTS: Final = {
    Status.START: "network.began",
    Status.INTERIM_UPDATE: "network.continued",
    Status.STOP: "network.ended",
}


async def account(visit: Visit, nas: NAS, packet: Packet, peer: str) -> None:
    """Write a report down. What comes twice changes nothing the second time, but for its audit event."""
    named = nas_name(packet, peer)
    match _number(packet, STATUS_TYPE):
        case Status.ACCOUNTING_ON | Status.ACCOUNTING_OFF:
            ended = await visit.tx.network_sessions.end_of(nas.service, named, visit.now, REBOOT)
            await visit.record("nas.restarted", user_id=None, service=nas.service, sessions=ended)
        case Status.START | Status.STOP | Status.INTERIM_UPDATE as status:
            session = await _reported(visit, nas, packet, named, ends=status == Status.STOP)
            await visit.tx.network_sessions.replace(session)
            await _record(visit, session, Status(status))
        case other:
            await visit.record("network.unknown", user_id=None, service=nas.service, status=other)


def nas_name(packet: Packet, peer: str) -> str:
    """Where reports come from, and what the NAS calls itself: a proxy in front speaks for several."""
    return f"{peer} {_text(packet, NAS_IDENTIFIER) or dotted(packet.first(NAS_IP_ADDRESS))}".strip()


async def _reported(visit: Visit, nas: NAS, packet: Packet, named: str, *, ends: bool) -> NetworkSession:
    username, session = canonical(_text(packet, USER_NAME)), _text(packet, SESSION_ID)
    user = await visit.tx.users.find_by_name(*split(username, visit.tenant.settings.domains))
    seconds, at = _number(packet, SESSION_TIME), visit.now - _number(packet, DELAY_TIME)
    cause = _number(packet, TERMINATE_CAUSE)
    silence = KEPT_SECONDS if ends else nas.settings.silence_seconds
    return NetworkSession(
        id=hashlib.sha256("\0".join((nas.service, named, session)).encode()).hexdigest()[:32],
        service=nas.service,
        user_id=user.id if user else None,
        username=username,
        nas=named,
        session=session,
        station=_text(packet, CALLING_STATION_ID),
        framed=dotted(packet.first(FRAMED_IP_ADDRESS)),
        began_at=at - seconds,
        seen_at=visit.now,
        ended_at=at if ends else None,
        expires_at=visit.now + silence,
        seconds=seconds,
        octets_in=_octets(packet, INPUT_OCTETS, INPUT_GIGAWORDS),
        octets_out=_octets(packet, OUTPUT_OCTETS, OUTPUT_GIGAWORDS),
        cause=(CAUSES[cause] if cause < len(CAUSES) else str(cause)) if ends else "",
    )


async def _record(visit: Visit, session: NetworkSession, status: Status) -> None:
    about = {"username": session.username, "session": session.session, "framed": session.framed}
    if status != Status.START:
        about |= {
            "seconds": str(session.seconds),
            "octets_in": str(session.octets_in),
            "octets_out": str(session.octets_out),
        }
    if status == Status.STOP:
        about["cause"] = session.cause
    await visit.record(EVENTS[status], user_id=session.user_id, service=session.service, **about)


def _octets(packet: Packet, low: int, high: int) -> int:
    """Gigawords count how often the other has run over (RFC 2869 §5.1); more than a database counts is cut."""
    return min((_number(packet, high) << 32) + _number(packet, low), MOST_OCTETS)


def _number(packet: Packet, kind: int) -> int:
    value = packet.first(kind) or b""
    return int.from_bytes(value) if len(value) == 4 else 0


def _text(packet: Packet, kind: int) -> str:
    """For people to read: what is no UTF-8 is shown as such, and no database takes a NUL."""
    return (packet.first(kind) or b"").decode(errors="replace").replace("\0", "")

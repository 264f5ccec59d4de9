"""Devices that wait for their user, and the promises every backend keeps about them; see `storage.contract`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, Protocol

from storage.records import JSON

SLOWER_SECONDS: Final = 5  # RFC 8628 §3.5: by how much a device that polls too often has to wait longer


@dataclass(frozen=True, slots=True)
class DeviceGrant:
    """A device authorization request (RFC 8628 §3.1). Both of its codes are stored as hashes.

    `request` is what the device asks for. Once it is allowed, `grant_id` names what the user gave.
    """

    device_hash: bytes
    user_code_hash: bytes
    client_id: str
    request: JSON
    interval_seconds: int
    created_at: int
    expires_at: int
    state: Literal["pending", "allowed", "denied"] = "pending"
    grant_id: str = ""
    polled_at: int = 0  # 0 before the first time


class DeviceGrants(Protocol):
    """Devices that wait."""

    async def add(self, grant: DeviceGrant) -> bool:
        """False if another device that is still known has that user code."""

    async def find(self, device_hash: bytes) -> DeviceGrant | None:
        """Also one that has expired, until it is swept."""

    async def find_by_user_code(self, user_code_hash: bytes, now: int) -> DeviceGrant | None:
        """One that lives and waits for a decision."""

    async def poll(self, device_hash: bytes, now: int) -> bool:
        """Count a poll. False if it came too soon: the interval then grows by `SLOWER_SECONDS`."""

    async def decide(self, user_code_hash: bytes, state: str, grant_id: str, now: int) -> bool:
        """Write down the user's decision; False if there is one, or it is too late. One statement."""

    async def consume(self, device_hash: bytes, now: int) -> DeviceGrant | None:
        """Return what was allowed and delete it, in one statement: of many, one gets it."""

"""What no two services of the whole server may share, whatever their tenants: the networks of their NASes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from idp.config.mistake import Findings, Position
from idp.config.tenant_folder import TenantFolder
from idp.doors import DoorModels


def check(tenants: Sequence[TenantFolder], doors: Mapping[str, DoorModels], findings: Findings) -> None:
    """Each entry of a list that a door calls `EXCLUSIVE` stands once; the place of the first is told."""
    taken: dict[tuple[str, str, str], Position] = {}
    for tenant in tenants:
        for document, service in tenant.services:
            for door, section in service.doors.items():
                for key in doors[door].exclusive if door in doors else ():
                    for place, entry in enumerate(getattr(section, key)):
                        at = document.position((door, key, place))
                        first = taken.setdefault((door, key, str(entry)), at)
                        if first != at:
                            words = f"{door}.{key}[{place + 1}]: {entry} stands at {first} already, choose another"
                            findings.error(at, words)

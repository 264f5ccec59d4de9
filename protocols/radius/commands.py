"""`idp radius`: what this door lends to the command line."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import click

from idp.cli.audit import Span, find
from idp.cli.context import Opened, in_tenant
from idp.cli.noun import Noun
from idp.cli.show import json_option, show
from protocols.radius import admission, tally
from storage import Transaction
from storage.records import AuditRecord

COLUMNS: Final = (
    *("service", "message_authenticator", "unsigned_answered", "unsigned_dropped", "dropped"),
    *("last_seen", "from", "reasons"),
)
UNKNOWN: Final = "(unknown)"  # no service is called so
MANY: Final = 100_000  # events that are counted: a month of a NAS that sends rubbish every minute
PAGE: Final = 500


@dataclass(slots=True)
class Count:
    """Packets of one NAS."""

    unsigned: int = 0  # answered without a Message-Authenticator, since it is excepted
    dropped: Counter[str] = field(default_factory=Counter)  # by reason, or by address of a stranger


@click.group(cls=Noun)
def radius() -> None:
    """NASes: what each of them did lately, and who does not sign."""


@radius.command()
@click.option("--since", type=Span(), default="7d", show_default=True, help="30m, 12h, 7d: how far back.")
@json_option
@in_tenant
async def nas(opened: Opened, since: int, as_json: bool) -> None:
    """List NASes: who does not send a Message-Authenticator, what was dropped and why, who was answered when.

    What was dropped is written down once a minute. Packets from where no NAS is are counted last, by address, if no
    other tenant has NASes: nobody could say whose they are.
    """
    oldest = opened.now - since
    services = {
        name: service.doors["radius"]
        for name, service in opened.tenant.services.items()
        if "radius" in service.doors
    }
    async with opened.snapshot() as tx:
        counts = await counted(tx, oldest)
        rows = [
            _row(
                opened, name, counts[name], await _answered(tx, name, oldest), settings.message_authenticator
            )
            for name, settings in services.items()
        ]
    if counts[UNKNOWN].dropped.total():
        rows.append(_row(opened, UNKNOWN, counts[UNKNOWN]))
    show(rows, COLUMNS, as_json=as_json)


async def counted(tx: Transaction, oldest: int) -> Mapping[str, Count]:
    """What was counted of each service since `oldest` (epoch seconds), and of strangers."""
    counts: defaultdict[str, Count] = defaultdict(Count)
    for each in await find(tx, oldest, MANY, event=tally.UNSIGNED):
        counts[each.service].unsigned += each.details["packets"]
    for each in await find(tx, oldest, MANY, event=tally.DROPPED):
        counts[each.service].dropped[each.details["reason"]] += each.details["packets"]
    for each in await find(tx, oldest, MANY, event=tally.STRANGERS):
        named: dict[str, int] = each.details["addresses"]
        counts[UNKNOWN].dropped.update(named, others=each.details["packets"] - sum(named.values()))
    return counts


async def _answered(tx: Transaction, service: str, oldest: int) -> AuditRecord | None:
    """The newest event that an answered packet of this NAS has left: its details say from where that came."""
    before = ""
    while page := await tx.audit.list(before, PAGE, service=service):
        for each in page:
            if "nas" in each.details or each.at < oldest:
                return each if each.at >= oldest else None
        before = page[-1].id
    return None


def _row(
    opened: Opened, name: str, count: Count, answered: AuditRecord | None = None, wanted: str | None = None
) -> dict[str, Any]:
    return {
        "service": name,
        "message_authenticator": wanted,
        "unsigned_answered": count.unsigned,
        "unsigned_dropped": count.dropped[admission.UNSIGNED],
        "dropped": count.dropped.total(),
        "last_seen": opened.time(answered.at) if answered else None,
        "from": answered.details["nas"] if answered else None,
        "reasons": dict((+count.dropped).most_common()),
    }

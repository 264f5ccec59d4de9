"""Reads the logins of a time out of the audit log, and rehearses other rules on them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from idp.policy import Rule
from idp.policy.rehearsal import Example, Findings, Rehearsal
from storage import Storage

PAGE: Final = 5000

Heard = Callable[[int], None]


async def rehearse(
    storage: Storage,
    tenant: str,
    rules: tuple[Sequence[Rule], Sequence[Rule]],
    span: tuple[int, int],
    heard: Heard = lambda _: None,
) -> Findings:
    """The rules in force and the candidates on the logins from `span[0]` on, before `span[1]` (epoch seconds).

    `heard` is told now and then how far it has come: the time of the login that was rehearsed last.
    """
    rehearsal, after = Rehearsal(*rules), ""
    while True:
        async with storage.snapshot(tenant) as tx:
            page = await tx.audit.attempts(*span, after, PAGE)
        if not page:
            return rehearsal.findings
        for record in page:
            example = Example(record.at, record.user_id, record.service, record.reference)
            rehearsal.take(record.details.get("attempt"), example)
        after = page[-1].id
        heard(page[-1].at)

"""From what was committed to what is counted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from idp.audit_events import EVENTS as DECLARED
from idp.monitoring.meter import OTHERS, Meter
from idp.monitoring.table import CHALLENGES, EVENTS, LOGINS, PROOFS, TRANSACTIONS
from storage.records import AuditRecord

ENDED = {"login.accepted": "accepted", "login.denied": "denied", "login.refused": "refused"}
WRONG = {"proof.refused": "refused", "proof.locked": "locked"}


class Asked(NamedTuple):
    """A question was put to somebody on a page: no event of the audit log, for nothing has happened yet."""

    door: str
    question: str


class Proved(NamedTuple):
    """An answer was right; what became of the login stands elsewhere."""

    authenticator: str


class Noting:
    """`storage.watching.Watcher`: counts what is on the disk, and nothing that was rolled back."""

    def __init__(self, meter: Meter) -> None:
        self._meter = meter

    def ended(self, tenant: str, *, committed: bool, seconds: float) -> None:  # noqa: ARG002  as it is called
        self._meter.time(TRANSACTIONS, seconds, "committed" if committed else "rolled back")

    def kept(self, tenant: str, notes: Sequence[object]) -> None:
        for note in notes:
            match note:
                case AuditRecord():
                    self._happened(tenant, note)
                case Asked(door, question):
                    self._meter.count(CHALLENGES, tenant, door, question)
                case Proved(authenticator):
                    self._meter.count(PROOFS, tenant, authenticator, "accepted")

    def _happened(self, tenant: str, record: AuditRecord) -> None:
        event, details, meter = record.event, record.details, self._meter
        meter.count(EVENTS, tenant, event if event in DECLARED else OTHERS)
        if outcome := ENDED.get(event):
            # Of a refusal the reason may be any words; a denial's are few (`idp.flow.duty.refused_for`).
            reason = details.get("reason", "") if outcome == "denied" else ""
            meter.count(LOGINS, tenant, details.get("door", ""), outcome, details.get("rule", ""), reason)
        elif outcome := WRONG.get(event):
            meter.count(PROOFS, tenant, details["authenticator"], outcome)
        elif event == "login.challenged":
            asked = details.get("authenticator", "")  # else the peer of EAP is told something
            meter.count(CHALLENGES, tenant, details.get("door", ""), asked)

"""The closed table of metrics: names as Prometheus wants them, what each says, and its labels.

No label holds what a stranger can choose: tenants, services, rules and authenticators are of the configuration, events,
routes and reasons are ours. `docs/monitoring.md` has the same table; a test keeps the two alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Kind = Literal["counter", "histogram", "gauge"]


@dataclass(frozen=True, slots=True)
class Metric:
    """One family. Durations are seconds, times epoch seconds, sizes bytes."""

    name: str
    kind: Kind
    help: str
    labels: tuple[str, ...] = ()


METRICS: Final[dict[str, Metric]] = {}


def _metric(name: str, kind: Kind, words: str, *labels: str) -> Metric:
    made = METRICS[name] = Metric(f"masugata_{name}", kind, words, labels)
    return made


# What happened, counted when it was committed.
LOGINS = _metric(
    "logins_total", "counter", "Logins that ended", "tenant", "door", "outcome", "rule", "reason"
)
PROOFS = _metric(
    "proofs_total", "counter", "Answers, and what became of them", "tenant", "authenticator", "outcome"
)
CHALLENGES = _metric("challenges_total", "counter", "Questions asked", "tenant", "door", "authenticator")
EVENTS = _metric("events_total", "counter", "Events of the audit log", "tenant", "event")
# Requests and datagrams.
REQUESTS = _metric(
    "http_request_duration_seconds", "histogram", "HTTP requests answered", "route", "method", "status"
)
TURNED_AWAY = _metric("http_turned_away_total", "counter", "Requests answered 503 at once", "worker")
UNDER_WAY = _metric("http_requests_under_way", "gauge", "Requests being answered", "worker")
ROOM = _metric("http_requests_room", "gauge", "How many there is room for just now", "worker")
DATAGRAMS = _metric(
    "radius_request_duration_seconds",
    "histogram",
    "RADIUS requests answered",
    "tenant",
    "service",
    "outcome",
)
DROPPED = _metric("radius_dropped_total", "counter", "RADIUS packets dropped", "tenant", "service", "reason")
UNSIGNED = _metric(
    "radius_unsigned_total",
    "counter",
    "RADIUS requests answered without Message-Authenticator",
    "tenant",
    "service",
)
REPEATED = _metric("radius_repeated_total", "counter", "RADIUS requests heard before", "tenant", "service")
# The database.
TRANSACTIONS = _metric(
    "storage_commit_duration_seconds",
    "histogram",
    "Transactions ended: the wait until it is durable",
    "outcome",
)
FLUSHES = _metric("storage_flushes_total", "counter", "Waits for the disk, shared by many (SQLite)", "worker")
QUEUE = _metric("storage_waiting_transactions", "gauge", "Transactions that wait for their turn (SQLite)")
CONNECTIONS = _metric("storage_connections", "gauge", "Connections to the database (PostgreSQL)", "state")
STALLED = _metric(
    "storage_stalled", "gauge", "1 while the database answers, and keeps nothing that is written"
)
# Processes.
WORKERS = _metric("workers", "gauge", "Processes that serve")
MEMORY = _metric("worker_resident_memory_bytes", "gauge", "Memory of a worker", "worker")
CPU = _metric("worker_cpu_seconds_total", "counter", "CPU time of a worker, user and system", "worker")
STARTED = _metric("worker_start_timestamp_seconds", "gauge", "When a worker began to serve", "worker")
# What stands in the database, asked for when the metrics are.
SESSIONS = _metric("sessions", "gauge", "Browser sessions that have not ended", "tenant")
MAILS = _metric("mails", "gauge", "Mails waiting, and those that could not be sent", "tenant", "state")
MAIL_AGE = _metric("mail_oldest_seconds", "gauge", "How long the oldest mail has waited", "tenant")
DELIVERIES = _metric("logout_deliveries", "gauge", "Services to be told of a sign-out", "tenant")
DELIVERY_AGE = _metric(
    "logout_delivery_oldest_seconds", "gauge", "How long the oldest of these has waited", "tenant"
)
LINKED = _metric("audit_linked_records", "gauge", "The last linked record of the audit log", "tenant")
UNLINKED = _metric("audit_unlinked_records", "gauge", "Records that are not linked yet", "tenant")
LINKING_AGE = _metric(
    "audit_unlinked_oldest_seconds", "gauge", "How long the first of these has waited", "tenant"
)
BEHIND = _metric("stream_behind_records", "gauge", "Records that a stream has not sent", "tenant", "stream")
FAILING = _metric("stream_attempts", "gauge", "Attempts since a stream got through", "tenant", "stream")
KEYS = _metric(
    "signing_key_changed_timestamp_seconds",
    "gauge",
    "Since when a key has its state",
    "tenant",
    "alg",
    "state",
)
ENDS = _metric(
    "certificate_expiry_timestamp_seconds",
    "gauge",
    "When the certificate of that purpose ends",
    "tenant",
    "purpose",
)
# The house.
PARTS = _metric("part_state", "gauge", "0: ok, 1: degraded, 2: failed", "part")
REVISION = _metric("configuration_revision", "gauge", "The revision in force; 0: the node's own files")
BUILD = _metric("build_info", "gauge", "1, and what runs", "version", "python", "storage")

# Upper bounds in seconds: a page takes milliseconds, a password's hash a tenth of a second, a slow directory seconds.
BOUNDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

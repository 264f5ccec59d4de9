"""The promises every backend keeps; `tests/storage` holds them to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import NamedTuple, Protocol

from storage.audit import Audit
from storage.audit_view import AuditView
from storage.authorization import AuthorizationRequests, Consents
from storage.budgets import Budgets
from storage.certificates import Authorities, IssuedCertificates
from storage.certified import CertifiedKeys, NameRevisions
from storage.chain import AuditChain, AuditTurns
from storage.clock import Clocks
from storage.deliveries import Deliveries
from storage.devices import DeviceGrants
from storage.exchange import ExchangedTokens
from storage.exposures import Exposures
from storage.grants import Grants, Tokens
from storage.hardware import Activations, HardwareTokens
from storage.keyring import DataKeys, DerivationKeys, SigningKeys
from storage.known_devices import KnownDevices
from storage.logins import Interactions, Sessions
from storage.mails import Mails, ResetLinks
from storage.network import NetworkSessions, WebTokens
from storage.nodes import Nodes
from storage.notes import Notes
from storage.participants import Artifacts, Participants
from storage.patterns import FormerPatterns
from storage.person_keys import PersonKeys
from storage.presented import RetryAnswers, ServiceTokens, SpentIdentifiers
from storage.records import Credential, User
from storage.registration import InitialTokens, RegisteredClients
from storage.releases import Releases
from storage.requests import Requests
from storage.revisions import Revisions
from storage.service_metadata import ServiceMetadata


class StorageError(Exception):
    """The database could not do what it was asked; nothing of the transaction was kept."""


class StorageTimeout(StorageError):
    """A statement or a lock took longer than it may."""


class StorageUnwritable(StorageError):
    """It cannot be written, and asking again soon helps nobody: a full or broken disk, a standby. Says which."""


class Duplicate(StorageError):
    """A record of that name is there already."""


class Model(NamedTuple):
    """Of a user what rules look at, and not who it is."""

    groups: frozenset[str]
    attributes: str  # as `User.attributes`


class Users(Protocol):
    """The people of one tenant."""

    async def add(self, user: User) -> None:
        """Raises `Duplicate` when the user name is taken in its domain."""

    async def find(self, user_id: str) -> User | None: ...
    async def lock(self, user_id: str) -> User | None:
        """As `find`; until the transaction ends nobody else changes him, or locks him."""

    async def find_by_name(self, username: str, domain: str = ...) -> User | None: ...
    async def list_by_email(self, email: str, limit: int = 100) -> Sequence[User]:
        """Those who have this address, in small or capital letters; several may share one."""

    async def list(self, after: tuple[str, str] = ("", ""), limit: int = 100) -> Sequence[User]:
        """By user name and domain, those after this pair."""

    async def list_models(self, after: str, limit: int) -> Sequence[Model]:
        """Of those who are not disabled, by id, those after the id `after`."""

    async def replace(self, user: User) -> bool: ...
    async def delete(self, user_id: str) -> bool:
        """With credentials, sessions and grants."""


class Credentials(Protocol):
    """What users hold, sealed; listed oldest first."""

    async def add(self, credential: Credential) -> None: ...
    async def list(self, user_id: str, authenticator: str | None = None) -> Sequence[Credential]: ...
    # Of the first user after the id `after` who has any; after the last id again of the first.
    async def list_near(self, authenticator: str, after: str) -> Sequence[Credential]: ...
    async def lock(self, user_id: str, authenticator: str) -> Sequence[Credential]:
        """As `list`; until the transaction ends nobody else changes them, or counts on them to stay."""

    async def replace(self, credential: Credential) -> bool: ...
    async def reseal(self, credential: Credential) -> bool:
        """Keep what is sealed now, and leave counter and drift as they are."""

    async def rename(self, credential_id: str, name: str) -> bool: ...
    async def advance(self, credential_id: str, counter: int, drift: int, now: int) -> bool:
        """Accept one-time step `counter`; False if it or a later one was accepted before. One statement."""

    async def touch(self, credential_id: str, now: int) -> None: ...
    async def delete(self, user_id: str, authenticator: str) -> int: ...
    async def delete_one(self, credential_id: str) -> bool: ...


class Transaction(Protocol):
    """One unit of work in one tenant: all of it or none of it, durable once it ends."""

    users: Users
    credentials: Credentials
    budgets: Budgets
    interactions: Interactions
    sessions: Sessions
    grants: Grants
    tokens: Tokens
    deliveries: Deliveries
    mails: Mails
    reset_links: ResetLinks
    device_grants: DeviceGrants
    exchanged_tokens: ExchangedTokens
    service_tokens: ServiceTokens
    spent_identifiers: SpentIdentifiers
    retry_answers: RetryAnswers
    authorization_requests: AuthorizationRequests
    consents: Consents
    signing_keys: SigningKeys
    data_keys: DataKeys
    certified_keys: CertifiedKeys
    name_revisions: NameRevisions
    authorities: Authorities
    issued_certificates: IssuedCertificates
    derivation_keys: DerivationKeys
    registered_clients: RegisteredClients
    initial_tokens: InitialTokens
    web_tokens: WebTokens
    network_sessions: NetworkSessions
    service_metadata: ServiceMetadata
    participants: Participants
    artifacts: Artifacts
    releases: Releases
    hardware_tokens: HardwareTokens
    activations: Activations
    known_devices: KnownDevices
    exposures: Exposures
    requests: Requests
    former_patterns: FormerPatterns
    revisions: Revisions
    clocks: Clocks
    nodes: Nodes
    audit: Audit
    audit_view: AuditView
    audit_chain: AuditChain
    audit_turns: AuditTurns
    person_keys: PersonKeys
    notes: Notes

    async def commit(self) -> None:
        """Make what was done durable and let others write: before slow work that is no database work (a hash)."""


class Storage(Protocol):
    """An open database."""

    def transaction(self, tenant: str) -> AbstractAsyncContextManager[Transaction]:
        """Write: commits at the end, rolls back on any exception."""

    def snapshot(self, tenant: str) -> AbstractAsyncContextManager[Transaction]:
        """Read only, never waiting for writers; each statement sees what was committed before it."""

    async def migrate(self) -> Sequence[str]:
        """Apply what is missing, under a lock; returns the names applied."""

    async def pending(self) -> Sequence[str]: ...
    async def sweep(self, tenant: str, now: int) -> int:
        """Delete what has expired; returns how many rows."""

    async def check(self) -> None:
        """Raises `StorageError` when a statement cannot be run, `StorageUnwritable` where nobody could write here."""

    async def stalled(self) -> str:
        """Why no write is kept, by any node, though statements run: for the administrator. Raises `StorageError`."""

    async def warnings(self) -> Sequence[str]:
        """What in the way it was set up weakens a promise, in words for the administrator."""

    def figures(self) -> Mapping[str, int]:
        """How busy this process is with it, by words of its own kind."""

    async def time(self) -> float | None:
        """What time it is where the database is, in epoch seconds; None where that is here."""

    async def close(self) -> None: ...

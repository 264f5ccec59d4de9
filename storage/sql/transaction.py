"""All repositories over one connection: the transaction of every SQL backend."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from types import TracebackType

from storage.authorization import AuthorizationRequests, Consents
from storage.certified import CertifiedKeys, NameRevisions
from storage.contract import (
    Audit,
    Budgets,
    Credentials,
    Grants,
    Tokens,
    Users,
)
from storage.deliveries import Deliveries
from storage.devices import DeviceGrants
from storage.exchange import ExchangedTokens
from storage.hardware import Activations, HardwareTokens
from storage.keyring import DataKeys, DerivationKeys, SigningKeys
from storage.logins import Interactions, Sessions
from storage.network import NetworkSessions, WebTokens
from storage.participants import Artifacts, Participants
from storage.presented import RetryAnswers, ServiceTokens, SpentIdentifiers
from storage.registration import InitialTokens, RegisteredClients
from storage.service_metadata import ServiceMetadata
from storage.sql.activations import SQLActivations
from storage.sql.artifacts import SQLArtifacts
from storage.sql.audit import SQLAudit
from storage.sql.authorization_requests import SQLAuthorizationRequests
from storage.sql.budgets import SQLBudgets
from storage.sql.certified_keys import SQLCertifiedKeys
from storage.sql.connection import Connection
from storage.sql.consents import SQLConsents
from storage.sql.credentials import SQLCredentials
from storage.sql.data_keys import SQLDataKeys
from storage.sql.deliveries import SQLDeliveries
from storage.sql.derivation_keys import SQLDerivationKeys
from storage.sql.device_grants import SQLDeviceGrants
from storage.sql.exchanged_tokens import SQLExchangedTokens
from storage.sql.expired import SQLExpired
from storage.sql.grants import SQLGrants
from storage.sql.hardware_tokens import SQLHardwareTokens
from storage.sql.initial_tokens import SQLInitialTokens
from storage.sql.interactions import SQLInteractions
from storage.sql.name_revisions import SQLNameRevisions
from storage.sql.network_sessions import SQLNetworkSessions
from storage.sql.participants import SQLParticipants
from storage.sql.registered_clients import SQLRegisteredClients
from storage.sql.retry_answers import SQLRetryAnswers
from storage.sql.service_metadata import SQLServiceMetadata
from storage.sql.service_tokens import SQLServiceTokens
from storage.sql.sessions import SQLSessions
from storage.sql.signing_keys import SQLSigningKeys
from storage.sql.spent_identifiers import SQLSpentIdentifiers
from storage.sql.tokens import SQLTokens
from storage.sql.users import SQLUsers
from storage.sql.web_tokens import SQLWebTokens

SLICE_ROWS = 500


class SQLTransaction:
    """`storage.contract.Transaction`."""

    __slots__ = (
        *("audit", "authorization_requests", "budgets", "commit", "consents", "credentials", "data_keys"),
        *("activations", "hardware_tokens"),
        *("artifacts", "certified_keys", "name_revisions", "participants", "service_metadata"),
        *("deliveries", "derivation_keys", "device_grants", "exchanged_tokens", "expired", "grants"),
        *("initial_tokens", "interactions", "registered_clients", "retry_answers", "service_tokens"),
        *("sessions", "signing_keys", "spent_identifiers", "tokens", "users"),
        *("network_sessions", "web_tokens"),
    )

    def __init__(self, connection: Connection) -> None:
        self.users: Users = SQLUsers(connection)
        self.credentials: Credentials = SQLCredentials(connection)
        self.budgets: Budgets = SQLBudgets(connection)
        self.interactions: Interactions = SQLInteractions(connection)
        self.sessions: Sessions = SQLSessions(connection)
        self.grants: Grants = SQLGrants(connection)
        self.tokens: Tokens = SQLTokens(connection)
        self.deliveries: Deliveries = SQLDeliveries(connection)
        self.device_grants: DeviceGrants = SQLDeviceGrants(connection)
        self.exchanged_tokens: ExchangedTokens = SQLExchangedTokens(connection)
        self.retry_answers: RetryAnswers = SQLRetryAnswers(connection)
        self.service_tokens: ServiceTokens = SQLServiceTokens(connection)
        self.spent_identifiers: SpentIdentifiers = SQLSpentIdentifiers(connection)
        self.authorization_requests: AuthorizationRequests = SQLAuthorizationRequests(connection)
        self.consents: Consents = SQLConsents(connection)
        self.signing_keys: SigningKeys = SQLSigningKeys(connection)
        self.data_keys: DataKeys = SQLDataKeys(connection)
        self.certified_keys: CertifiedKeys = SQLCertifiedKeys(connection)
        self.name_revisions: NameRevisions = SQLNameRevisions(connection)
        self.derivation_keys: DerivationKeys = SQLDerivationKeys(connection)
        self.registered_clients: RegisteredClients = SQLRegisteredClients(connection)
        self.initial_tokens: InitialTokens = SQLInitialTokens(connection)
        self.web_tokens: WebTokens = SQLWebTokens(connection)
        self.network_sessions: NetworkSessions = SQLNetworkSessions(connection)
        self.service_metadata: ServiceMetadata = SQLServiceMetadata(connection)
        self.participants: Participants = SQLParticipants(connection)
        self.hardware_tokens: HardwareTokens = SQLHardwareTokens(connection)
        self.activations: Activations = SQLActivations(connection)
        self.artifacts: Artifacts = SQLArtifacts(connection)
        self.audit: Audit = SQLAudit(connection)
        self.expired = SQLExpired(connection)
        self.commit = connection.commit


class Scope(AbstractAsyncContextManager[SQLTransaction]):
    """`async with`: commits at the end, rolls back on any exception."""

    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def __aenter__(self) -> SQLTransaction:
        return SQLTransaction(self._connection)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            await self._connection.rollback()
            return
        try:
            await self._connection.commit()
        except BaseException:
            await self._connection.rollback()
            raise


async def sweep(begin: Callable[[], Scope], now: int) -> int:
    """Delete what has expired, each slice in a transaction of its own; returns how many rows."""
    total, more = 0, True
    while more:
        async with begin() as tx:
            count, more = await tx.expired.delete(now, SLICE_ROWS)
        total += count
    return total

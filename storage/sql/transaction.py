"""All repositories over one connection: the transaction of every SQL backend."""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from typing import Generic, TypeVar

from storage.audit import Audit
from storage.audit_view import AuditView
from storage.authorization import AuthorizationRequests, Consents
from storage.budgets import Budgets
from storage.certificates import Authorities, IssuedCertificates
from storage.certified import CertifiedKeys, NameRevisions
from storage.chain import AuditChain, AuditTurns
from storage.clock import Clocks
from storage.contract import Credentials, Users
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
from storage.presented import RetryAnswers, ServiceTokens, SpentIdentifiers
from storage.registration import InitialTokens, RegisteredClients
from storage.releases import Releases
from storage.requests import Requests
from storage.revisions import Revisions
from storage.service_metadata import ServiceMetadata
from storage.sql.activations import SQLActivations
from storage.sql.artifacts import SQLArtifacts
from storage.sql.audit import SQLAudit
from storage.sql.audit_view import SQLAuditView
from storage.sql.authorities import SQLAuthorities
from storage.sql.authorization_requests import SQLAuthorizationRequests
from storage.sql.budgets import SQLBudgets
from storage.sql.certified_keys import SQLCertifiedKeys
from storage.sql.chain import SQLAuditChain, SQLAuditTurns
from storage.sql.clock import SQLClocks
from storage.sql.connection import Connection
from storage.sql.consents import SQLConsents
from storage.sql.credentials import SQLCredentials
from storage.sql.data_keys import SQLDataKeys
from storage.sql.deliveries import SQLDeliveries
from storage.sql.derivation_keys import SQLDerivationKeys
from storage.sql.device_grants import SQLDeviceGrants
from storage.sql.exchanged_tokens import SQLExchangedTokens
from storage.sql.expired import SQLExpired
from storage.sql.exposures import SQLExposures
from storage.sql.former_patterns import SQLFormerPatterns
from storage.sql.grants import SQLGrants
from storage.sql.hardware_tokens import SQLHardwareTokens
from storage.sql.initial_tokens import SQLInitialTokens
from storage.sql.interactions import SQLInteractions
from storage.sql.issued_certificates import SQLIssuedCertificates
from storage.sql.known_devices import SQLKnownDevices
from storage.sql.mails import SQLMails
from storage.sql.name_revisions import SQLNameRevisions
from storage.sql.network_sessions import SQLNetworkSessions
from storage.sql.nodes import SQLNodes
from storage.sql.participants import SQLParticipants
from storage.sql.person_keys import SQLPersonKeys
from storage.sql.registered_clients import SQLRegisteredClients
from storage.sql.releases import SQLReleases
from storage.sql.requests import SQLRequests
from storage.sql.reset_links import SQLResetLinks
from storage.sql.retry_answers import SQLRetryAnswers
from storage.sql.revisions import SQLRevisions
from storage.sql.service_metadata import SQLServiceMetadata
from storage.sql.service_tokens import SQLServiceTokens
from storage.sql.sessions import SQLSessions
from storage.sql.signing_keys import SQLSigningKeys
from storage.sql.spent_identifiers import SQLSpentIdentifiers
from storage.sql.tokens import SQLTokens
from storage.sql.users import SQLUsers
from storage.sql.web_tokens import SQLWebTokens

T = TypeVar("T")


class Made(Generic[T]):
    """A repository that is made when it is first asked for: a transaction uses three or four of them."""

    def __init__(self, make: Callable[[Connection], T]) -> None:
        self._make = make

    def __set_name__(self, _: type, name: str) -> None:
        self._name = name

    def __get__(self, tx: SQLTransaction, _: type) -> T:
        made = self._make(tx.connection)
        tx.__dict__[self._name] = made  # where it is found from now on
        return made


class Keyed(Made[T]):
    """One that needs keys of persons: what one repository has read of them the others know."""

    def __init__(self, make: Callable[[Connection, SQLPersonKeys], T]) -> None:
        self._make_keyed = make

    def __get__(self, tx: SQLTransaction, _: type) -> T:
        made = self._make_keyed(tx.connection, tx.person_keys)
        tx.__dict__[self._name] = made
        return made


class SQLTransaction:
    """`storage.contract.Transaction`. `days` is what `SQLPersonKeys` shares."""

    def __init__(self, connection: Connection, days: MutableMapping[str, bytes]) -> None:
        self.connection = connection
        self.notes = Notes()
        self.person_keys = SQLPersonKeys(connection, days)

    async def commit(self) -> None:
        await self.connection.commit()
        self.notes.keep()

    users = Keyed[Users](SQLUsers)
    credentials = Made[Credentials](SQLCredentials)
    budgets = Made[Budgets](SQLBudgets)
    interactions = Made[Interactions](SQLInteractions)
    sessions = Made[Sessions](SQLSessions)
    grants = Made[Grants](SQLGrants)
    tokens = Made[Tokens](SQLTokens)
    deliveries = Made[Deliveries](SQLDeliveries)
    device_grants = Made[DeviceGrants](SQLDeviceGrants)
    exchanged_tokens = Made[ExchangedTokens](SQLExchangedTokens)
    retry_answers = Made[RetryAnswers](SQLRetryAnswers)
    service_tokens = Made[ServiceTokens](SQLServiceTokens)
    spent_identifiers = Made[SpentIdentifiers](SQLSpentIdentifiers)
    authorization_requests = Made[AuthorizationRequests](SQLAuthorizationRequests)
    consents = Made[Consents](SQLConsents)
    signing_keys = Made[SigningKeys](SQLSigningKeys)
    data_keys = Made[DataKeys](SQLDataKeys)
    certified_keys = Made[CertifiedKeys](SQLCertifiedKeys)
    name_revisions = Made[NameRevisions](SQLNameRevisions)
    authorities = Made[Authorities](SQLAuthorities)
    issued_certificates = Made[IssuedCertificates](SQLIssuedCertificates)
    derivation_keys = Made[DerivationKeys](SQLDerivationKeys)
    registered_clients = Made[RegisteredClients](SQLRegisteredClients)
    initial_tokens = Made[InitialTokens](SQLInitialTokens)
    web_tokens = Made[WebTokens](SQLWebTokens)
    network_sessions = Made[NetworkSessions](SQLNetworkSessions)
    service_metadata = Made[ServiceMetadata](SQLServiceMetadata)
    participants = Made[Participants](SQLParticipants)
    artifacts = Made[Artifacts](SQLArtifacts)
    mails = Made[Mails](SQLMails)
    reset_links = Made[ResetLinks](SQLResetLinks)
    releases = Made[Releases](SQLReleases)
    hardware_tokens = Made[HardwareTokens](SQLHardwareTokens)
    activations = Made[Activations](SQLActivations)
    known_devices = Made[KnownDevices](SQLKnownDevices)
    exposures = Made[Exposures](SQLExposures)
    requests = Made[Requests](SQLRequests)
    former_patterns = Made[FormerPatterns](SQLFormerPatterns)
    revisions = Made[Revisions](SQLRevisions)
    clocks = Made[Clocks](SQLClocks)
    nodes = Made[Nodes](SQLNodes)
    audit = Keyed[Audit](SQLAudit)
    audit_view = Made[AuditView](SQLAuditView)
    audit_chain = Made[AuditChain](SQLAuditChain)
    audit_turns = Made[AuditTurns](SQLAuditTurns)
    expired = Made(SQLExpired)

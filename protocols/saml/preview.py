"""What a service would be told if a user signed in now: nothing is asked, and nothing is written."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from idp import assurance
from idp.authenticators import Authenticator
from idp.outcome import Authentication
from idp.policy import Require
from keys.token import new_id
from protocols.saml.assertion import encryption_certificate
from protocols.saml.entity import Party
from protocols.saml.errors import SAMLError
from protocols.saml.message import Statement
from protocols.saml.name_id import Naming, choose_format, name
from protocols.saml.statement import Teller, state
from storage import Transaction
from storage.records import Proof, User


@dataclass(frozen=True, slots=True)
class Home:
    """A tenant, as far as what it says depends on it."""

    teller: Teller
    name_key: bytes
    authenticators: Mapping[str, Authenticator]
    session_seconds: int


def authenticated(home: Home, user: User, verdict: Require, now: int) -> Authentication:
    """As if every proof that the rule asks for had been given this second."""
    known = home.authenticators
    proofs = tuple(Proof(each, known[each].amr, now) for each in verdict.authenticators)
    return Authentication(
        user=user,
        sid=new_id(),
        amr=assurance.amr(proofs, known),
        acr=verdict.acr or assurance.acr(proofs, known),
        proofs=proofs,
        auth_time=now,
        expires_at=now + home.session_seconds,
        rule=verdict.rule,
        claims=verdict.claims,
    )


async def foresee(
    tx: Transaction, home: Home, party: Party, authentication: Authentication, now: int
) -> Statement:
    """The statement of a login that the service did not ask for. Raises `SAMLError` where there would be none."""
    consumer = party.default_consumer
    if consumer is None:
        raise SAMLError("", "", "its metadata has no address by POST or Artifact to answer at")
    naming = Naming(home.name_key, home.teller.issuer, party.service, party.metadata.entity_id)
    settings = party.settings
    named = await name(tx, authentication.user, settings, naming, choose_format(settings, None))
    kept = {"acs": consumer.location}
    return state(home.teller, party, authentication, named, new_id(), kept, now)


def warnings(party: Party, said: Statement, held: Collection[str], verdict: Require) -> Iterator[str]:
    """What an administrator should know; `held` are the authenticators that the user has credentials for."""
    for each in verdict.authenticators:
        if each not in held:
            yield f"the user has no credential for {each}, and would not get in"
    try:
        encryption_certificate(party)
    except SAMLError as error:
        yield f"nothing would be sent: {error.words}"
    given = {each.name for each in said.attributes}
    for attribute in party.settings.attributes:
        if attribute not in given:
            yield f"attribute {attribute} has no value for this user, and is left out"
    for wanted in party.metadata.requested_attributes:
        if wanted.is_required and wanted.name not in party.settings.attributes:
            yield f"the service requires attribute {wanted.name}, and no rule gives it"

"""Every event that there is, and its fields: which are of a person, and are sealed under his key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Event:
    """One kind of event. A change of what a field means makes a new version."""

    plain: frozenset[str]
    personal: frozenset[str]
    version: int


def _event(plain: str = "", personal: str = "", version: int = 1) -> Event:
    return Event(frozenset(plain.split()) | DOOR, frozenset(personal.split()) | DOOR_PERSONAL, version)


DOOR: Final = frozenset({"method", "nas", "unsigned"})  # what the door of RADIUS adds to all that it writes
DOOR_PERSONAL: Final = frozenset({"station"})
_REFUSED: Final = _event("error reason by client", "")
_TOLD: Final = _event("sid attempts reason place")
_KID: Final = _event("kid alg reason")
_TOKEN: Final = _event("serial sessions", "username")
_PERSON: Final = _event("", "username")
_NETWORK: Final = _event("session seconds octets_in octets_out cause", "username framed")
_CLIENT: Final = _event("client by name error reason")

EVENTS: Final[Mapping[str, Event]] = {
    # logins, their proofs and their sessions
    "login.accepted": _event("door rule amr proofs", "agent attempt why"),
    "login.denied": _event("door rule reason", "attempt why"),
    "login.refused": _event("door reason", "username"),
    "login.challenged": _event("door authenticator reason", "username"),
    "login.started": _event("door"),
    "login.released": _PERSON,
    "proof.refused": _event("authenticator unreleased", "username device certificate"),
    "proof.locked": _event("authenticator unreleased", "username device"),
    "session.ended": _event("sid reason"),
    "session.disconnected": _event("sid"),
    "matrix.exposed": _event("logins"),
    # signing out at services
    **dict.fromkeys(
        [f"logout.{what}" for what in ("done", "pending", "waiting", "asked", "failed", "unsupported")], _TOLD
    ),
    "logout.given_up": _TOLD,
    "logout.refused": _REFUSED,
    # what people hold
    "credential.set": _event("authenticator replaced must_change", "username"),
    "credential.reset": _event("authenticator sessions", "username"),
    "credential.issued": _event("authenticator until by_mail", "username"),
    "credential.added": _event("authenticator serial", "username device"),
    "credential.activated": _event("authenticator", "username device"),
    "credential.renamed": _event("authenticator", "username device before"),
    "certificate.issued": _event("serial", "username device"),
    "certificate.revoked": _event("serial"),
    "authority.renewed": _event("id"),
    "authority.deleted": _event("id"),
    "credential.removed": _event("authenticator serial", "username device"),
    "activation.issued": _event("authenticator replaced devices", "username"),
    "password.changed": _event("why"),
    "pattern.changed": _event("way why"),
    "phrase.changed": _event("way why"),
    "pin.changed": _event("devices"),
    "devices.forgotten": _event("devices", "username"),
    "protect.on": _event("", "username device"),
    "protect.off": _PERSON,
    "protect.removed": _event("devices", "username"),
    "recovery.asked": _PERSON,
    "recovery.refused": _event("reason"),
    "recovery.mailed": _event(),
    "recovery.done": _event("sessions way"),
    "recovery.issued": _PERSON,
    "recovery.used": _event("left"),
    "token.imported": _event("serials"),
    **dict.fromkeys(
        [f"token.{what}" for what in ("assigned", "unassigned", "resynchronised", "lost")], _TOKEN
    ),
    # people
    "user.added": _event("groups by", "username"),
    "user.changed": _event("attributes", "username"),
    "user.disabled": _event("sessions grants", "username"),
    "user.enabled": _PERSON,
    "user.unlocked": _PERSON,
    "user.deleted": _PERSON,
    "user.erased": _event("sessions"),
    "pseudonym.renewed": _event(),
    # services by OpenID Connect
    "grant.given": _event("client grant response_type rule"),
    **dict.fromkeys(
        [f"grant.{what}" for what in ("redeemed", "revoked", "retried")], _event("grant by reason")
    ),
    "token.issued": _event("scope"),
    "token.exchanged": _event("grant audience scope act"),
    "token.revoked": _event("grant reason"),
    "token.refused": _REFUSED,
    "authorization.refused": _REFUSED,
    "introspection.refused": _REFUSED,
    "revocation.refused": _REFUSED,
    "userinfo.refused": _REFUSED,
    "consent.given": _event("scope"),
    "consent.denied": _event("scope"),
    "consent.revoked": _event("grants client"),
    "device.began": _event("scope"),
    **dict.fromkeys([f"device.{what}" for what in ("allowed", "denied", "late")], _event("client")),
    "device.refused": _REFUSED,
    "user_code.locked": _event(),
    "user_code.refused": _event(),
    **dict.fromkeys([f"client.{what}" for what in ("registered", "changed", "deleted", "refused")], _CLIENT),
    "initial_token.added": _event("token uses days note"),
    "initial_token.deleted": _event("token"),
    # services by SAML
    "assertion.given": _event("request format session_index"),
    "authn_request.refused": _REFUSED,
    "authn_request.failed": _REFUSED,
    "artifact.resolved": _event(),
    "artifact.unknown": _event(),
    "artifact.refused": _REFUSED,
    "metadata.accepted": _event("digest changes reason"),
    "metadata.waiting": _event("digest changes"),
    "metadata.failed": _event("reason"),
    "metadata.ending": _event("what at days"),
    # NASes
    **dict.fromkeys([f"network.{what}" for what in ("began", "continued", "ended")], _NETWORK),
    "network.unknown": _event("status"),
    "nas.restarted": _event("sessions"),
    "radius.dropped": _event("packets reason"),
    "radius.unsigned": _event("packets"),
    "radius.strangers": _event("packets addresses"),
    # what administrators looked at; the subject is the id of a user
    "console.viewed": _event("page filters subject record revisions"),
    # the house itself
    **dict.fromkeys([f"key.{what}" for what in ("announced", "rotated", "retired", "deleted")], _KID),
    **dict.fromkeys([f"certificate.{what}" for what in ("announced", "rotated", "renewed", "deleted")], _KID),
    "configuration.applied": _event("reason revision hash by restores"),
    "mail.sent": _event("mail kind attempts"),
    "mail.failed": _event("mail kind attempts reason"),
    "mail.retried": _event("mail"),
    "mail.deleted": _event("mail"),
    "audit.rotated": _event("kid"),
    "audit.pruned": _event("records last_seq before"),
    "audit.skipped": _event("stream first_seq last_seq"),
}
UNDECLARED: Final = Event(frozenset(), frozenset(), 0)

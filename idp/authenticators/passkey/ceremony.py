"""The two ceremonies of WebAuthn, registration (§7.1) and authentication (§7.2), by the library that knows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson
import structlog
from fido2.cose import CoseKey
from fido2.server import Fido2Server
from fido2.webauthn import (
    AttestationConveyancePreference,
    AttestedCredentialData,
    AuthenticationResponse,
    AuthenticatorTransport,
    PublicKeyCredentialDescriptor,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialType,
    PublicKeyCredentialUserEntity,
    RegistrationResponse,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from idp.authenticators.passkey.makers import Makers
from idp.authenticators.passkey.settings import Placed
from keys import base64url

LARGEST: Final = 32768  # characters of an answer: an attestation brings its certificates along
LONGEST_ID: Final = 1023  # bytes (§4, credential ID)

_log = structlog.get_logger()


class Wrong(Exception):
    """The answer does not prove what it should. Why is for the log, never for the browser."""


@dataclass(frozen=True, slots=True)
class Key:
    """One passkey as the browser is told of it, and as its signatures are checked."""

    data: bytes  # model, credential id and public key, as the authenticator sent them (§6.5.2)
    transports: tuple[str, ...] = ()
    attested: bool = False  # its maker's signature for the model was verified

    @property
    def id(self) -> bytes:
        """The credential id, made by the authenticator."""
        return AttestedCredentialData(self.data).credential_id

    @property
    def model(self) -> bytes:
        """The AAGUID; zeros where the authenticator does not say."""
        return bytes(AttestedCredentialData(self.data).aaguid)


@dataclass(frozen=True, slots=True)
class Asserted:
    """What an authenticator signed, verified."""

    id: bytes
    counter: int  # signatures made so far; 0 where it does not count


class Ceremony:
    """Asks browsers, and verifies what they answer, for one relying party."""

    def __init__(self, placed: Placed) -> None:
        self._verification = UserVerificationRequirement(placed.user_verification)
        self._attested = placed.attestation.mode == "direct"
        name = placed.relying_party
        self._server = Fido2Server(
            PublicKeyCredentialRpEntity(name=name, id=name),
            attestation=AttestationConveyancePreference(placed.attestation.mode),
            verify_origin=lambda origin: origin == placed.origin,
            verify_attestation=Makers(placed) if self._attested else None,
        )

    def creation(
        self, challenge: bytes, user_id: str, username: str, display_name: str, held: Sequence[Key]
    ) -> Mapping[str, Any]:
        """What `navigator.credentials.create` is asked for, as JSON; not another key of a device that has one."""
        options, _ = self._server.register_begin(
            PublicKeyCredentialUserEntity(
                id=user_id.encode(), name=username, display_name=display_name or username
            ),
            [_descriptor(key.id, key.transports) for key in held],
            # Preferred: a security key that keeps nothing is as good where the user name is typed.
            resident_key_requirement=ResidentKeyRequirement.PREFERRED,
            user_verification=self._verification,
            challenge=challenge,
        )
        return _json(options.public_key)

    def request(self, challenge: bytes, listed: Sequence[tuple[bytes, Sequence[str]]]) -> Mapping[str, Any]:
        """What `navigator.credentials.get` is asked for: one of those listed; of nobody in particular, any."""
        # By hand: the library looks up the types of its own classes each time, a millisecond for every login page.
        options: dict[str, Any] = {
            "challenge": base64url.encode(challenge).decode(),
            "rpId": self._server.rp.id,
            "userVerification": self._verification.value,
        }
        if listed:
            options["allowCredentials"] = [_listed(*one) for one in listed]
        return options

    def created(self, challenge: bytes, unverified_text: str) -> tuple[Key, int]:
        """The new key and its counter (§7.1). Raises `Wrong`."""
        try:
            answer = RegistrationResponse.from_dict(_parse(unverified_text))
            self._refuse_frames(answer.response.client_data.cross_origin)
            made = self._server.register_complete(self._state(challenge), answer)
            data = made.credential_data
            assert data is not None
            if data.public_key.ALGORITHM not in CoseKey.supported_algorithms():
                raise Wrong("its algorithm was not asked for")
            if len(data.credential_id) > LONGEST_ID:
                raise Wrong("its id is too long")
            return Key(bytes(data), _transports(unverified_text), self._attested), made.counter
        except Exception as error:  # what untrusted bytes make of a library, RecursionError included
            raise _wrong(error) from None

    def asserted(self, challenge: bytes, keys: Sequence[Key], unverified_text: str) -> Asserted:
        """Which of the keys signed (§7.2), all but the counter checked. Raises `Wrong`."""
        try:
            answer = AuthenticationResponse.from_dict(_parse(unverified_text))
            self._refuse_frames(answer.response.client_data.cross_origin)
            known = [AttestedCredentialData(key.data) for key in keys]
            used = self._server.authenticate_complete(self._state(challenge), known, answer)
            return Asserted(used.credential_id, answer.response.authenticator_data.counter)
        except Exception as error:  # as above
            raise _wrong(error) from None

    def _state(self, challenge: bytes) -> Mapping[str, Any]:
        return {
            "challenge": base64url.encode(challenge).decode(),
            "user_verification": self._verification,
        }

    @staticmethod
    def _refuse_frames(cross_origin: bool) -> None:
        """§7.2 step 10: we are never shown in another page's frame, so nobody answers from there."""
        if cross_origin:
            raise Wrong("it was given in a frame of another page")


def handle(unverified_text: str) -> str:
    """The user that an answer says it is of (§6.1, user handle): whom to look up, and no proof. Empty for none."""
    try:
        given = _parse(unverified_text)["response"]["userHandle"]
        return base64url.decode(given.encode()).decode()
    except Exception:  # whatever stands there, it names nobody
        return ""


def _parse(unverified_text: str) -> Mapping[str, Any]:
    if len(unverified_text) > LARGEST:
        raise Wrong("it is too long")
    parsed = orjson.loads(unverified_text)
    if not isinstance(parsed, dict):
        raise Wrong("it is no object")
    return parsed


def _transports(unverified_text: str) -> tuple[str, ...]:
    """How the authenticator is reached, a hint for the next time (§5.4.4)."""
    given = _parse(unverified_text)["response"].get("transports")
    known = {each.value for each in AuthenticatorTransport}
    return tuple(sorted({each for each in given if each in known})) if isinstance(given, list) else ()


def _descriptor(key_id: bytes, transports: Sequence[str]) -> PublicKeyCredentialDescriptor:
    return PublicKeyCredentialDescriptor(
        type=PublicKeyCredentialType.PUBLIC_KEY,
        id=key_id,
        transports=[AuthenticatorTransport(each) for each in transports] or None,
    )


def _listed(key_id: bytes, transports: Sequence[str]) -> Mapping[str, Any]:
    """The same in the words of browsers (§5.10.3)."""
    return {"type": "public-key", "id": base64url.encode(key_id).decode(), "transports": list(transports)}


def _json(options: Any) -> Mapping[str, Any]:
    plain: Mapping[str, Any] = orjson.loads(orjson.dumps(dict(options)))
    return plain


def _wrong(error: Exception) -> Wrong:
    _log.info(
        "passkey.wrong", reason=str(error) if isinstance(error, (Wrong, ValueError)) else type(error).__name__
    )
    return Wrong()

"""Whether a passkey is of a model that the tenant takes: its maker has signed for that (WebAuthn §6.5)."""

from __future__ import annotations

from fido2.attestation.base import (
    AttestationResult,
    AttestationVerifier,
    InvalidAttestation,
    verify_x509_chain,
)
from fido2.webauthn import AuthenticatorData

from idp.authenticators.passkey.settings import Placed, certificates


class Makers(AttestationVerifier):
    """Believes the models that were named, where one of the roots signed for them (§7.1 step 23)."""

    def __init__(self, placed: Placed) -> None:
        super().__init__()
        self._models = {model.bytes for model in placed.attestation.aaguids}
        self._roots = certificates(placed.attestation.roots or "")

    def ca_lookup(self, attestation_result: AttestationResult, auth_data: AuthenticatorData) -> bytes | None:
        """The root that signed the last certificate of the path; none for a model that was not named."""
        data, path = auth_data.credential_data, attestation_result.trust_path
        if data is None or bytes(data.aaguid) not in self._models or not path:
            return None
        return next((root for root in self._roots if _has_signed(root, path[-1])), None)


def _has_signed(root: bytes, certificate: bytes) -> bool:
    try:
        verify_x509_chain([certificate, root])
    except InvalidAttestation:  # another's, or of a kind of key that the library does not verify
        return False
    return True

"""An authenticator in software: what a browser with a security key answers, and what neither ever would."""

from __future__ import annotations

import hashlib
import json
import secrets
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from fido2 import cbor
from fido2.cose import ES256

from keys import base64url

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40
MODEL = bytes.fromhex("2fc0579f811347eab116bb5a8db9202a")


def text(data: bytes) -> str:
    return base64url.encode(data).decode()


@dataclass
class SoftKey:
    """One authenticator, whose counter all its passkeys share. Its browser is at a page of `origin`."""

    origin: str
    counter: int = 0  # 0: it does not count, as passkeys that a provider copies
    flags: int = PRESENT | VERIFIED
    id_bytes: int = 32
    model: bytes = MODEL
    held: dict[bytes, tuple[ec.EllipticCurvePrivateKey, bytes]] = field(default_factory=dict)

    def create(self, options: Mapping[str, Any], *, statement: Any = None, **client: Any) -> str:
        """A new passkey. `statement` makes the attestation, `client` is laid over what the browser says of itself."""
        private = ec.generate_private_key(ec.SECP256R1())
        key_id = secrets.token_bytes(self.id_bytes)
        self.held[key_id] = private, base64url.decode(options["user"]["id"].encode())
        public = cbor.encode(ES256.from_cryptography_key(private.public_key()))
        data = self.model + struct.pack(">H", len(key_id)) + key_id + public
        signed = self._data(options["rp"]["id"], ATTESTED) + data
        said = self._client("webauthn.create", options, client)
        form, content = (
            statement(signed + hashlib.sha256(said).digest(), private) if statement else ("none", {})
        )
        attestation = cbor.encode({"fmt": form, "attStmt": content, "authData": signed})
        response = {"attestationObject": text(attestation), "transports": ["usb", "nfc"]}
        return self._answer(key_id, said, response)

    def get(self, options: Mapping[str, Any], *, rp_id: str = "", key_id: bytes = b"", **client: Any) -> str:
        """A signature by the first of our passkeys that is listed, or by any; or by the one of that id."""
        listed = [base64url.decode(one["id"].encode()) for one in options.get("allowCredentials", [])]
        chosen = key_id or next((each for each in self.held if each in listed or not listed), b"")
        private, owner = self.held[chosen]
        if self.counter:
            self.counter += 1
        signed = self._data(rp_id or options["rpId"], 0)
        said = self._client("webauthn.get", options, client)
        signature = private.sign(signed + hashlib.sha256(said).digest(), ec.ECDSA(SHA256()))
        response = {
            "authenticatorData": text(signed),
            "signature": text(signature),
            "userHandle": text(owner),
        }
        return self._answer(chosen, said, response)

    def _data(self, rp_id: str, flags: int) -> bytes:
        return hashlib.sha256(rp_id.encode()).digest() + struct.pack(">BI", self.flags | flags, self.counter)

    def _client(self, kind: str, options: Mapping[str, Any], over: Mapping[str, Any]) -> bytes:
        said = {"type": kind, "challenge": options["challenge"], "origin": self.origin, "crossOrigin": False}
        return json.dumps(said | over).encode()

    @staticmethod
    def _answer(key_id: bytes, said: bytes, response: Mapping[str, Any]) -> str:
        response = {"clientDataJSON": text(said), **response}
        return json.dumps(
            {"id": text(key_id), "rawId": text(key_id), "type": "public-key", "response": response}
        )

"""How a message travels through the browser: in the address, or in a form (saml-bindings-2.0 §3.4, §3.5)."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote_to_bytes

from keys import xml_signature
from keys.certified_key import Unusable, public_key
from protocols.saml.errors import Refused
from protocols.saml.names import POST, REDIRECT
from protocols.saml.signature import BadSignature, is_signed, verify
from protocols.saml.xml import MESSAGE_BYTES, Element, Unreadable, inflate, parse
from storage.quick import quick

DEFLATE: Final = "urn:oasis:names:tc:SAML:2.0:bindings:URL-Encoding:DEFLATE"
SIGNED: Final = ("RelayState", "SigAlg")  # what a signature covers beside the message, in this order
KNOWN: Final = frozenset(("SAMLRequest", "SAMLResponse", "RelayState", "SAMLEncoding", "SigAlg", "Signature"))


@dataclass(frozen=True, slots=True)
class Detached:
    """A signature beside the message, over the very characters of the address (§3.4.4.1)."""

    method: str
    value: bytes
    covered: bytes

    def verify(self, certificates: Sequence[bytes], *, sha1: bool) -> None:
        """Raises `BadSignature`."""
        method = xml_signature.find(self.method, sha1=sha1)
        if method is None:
            raise BadSignature("the signature algorithm is not allowed")
        for certificate in certificates:
            try:
                if method.verify(public_key(certificate), self.value, self.covered):
                    return
            except Unusable:
                continue
        raise BadSignature("no certificate of the metadata fits the signature")


@quick
@dataclass(frozen=True, slots=True)
class Received:
    """A message as it came. `unverified_root` is to be asked who sent it, and what its `verified` root says."""

    binding: str
    unverified_root: Element
    relay_state: str | None = None
    detached: Detached | None = None

    @property
    def is_signed(self) -> bool:
        return self.detached is not None or is_signed(self.unverified_root)

    def verified(self, certificates: Sequence[bytes], *, sha1: bool = False) -> Element:
        """What the sender signed, and nothing else of the message. Raises `BadSignature`."""
        if not certificates:
            raise BadSignature("the metadata has no signing certificate")
        if self.detached is not None:
            self.detached.verify(certificates, sha1=sha1)
            if not is_signed(self.unverified_root):
                return self.unverified_root
        return verify(self.unverified_root, certificates, sha1=sha1)


def from_query(raw_query: str, name: str) -> Received:
    """A message in the address, under `name`. Raises `Refused`."""
    raw = _raw_parameters(raw_query)
    if name not in raw:
        raise Refused("malformed", f"there is no {name}")
    values = {key: _unescape(value) for key, value in raw.items()}
    if values.get("SAMLEncoding", DEFLATE) != DEFLATE:
        raise Refused("malformed", "SAMLEncoding is unknown")
    root = _read(name, values[name], deflated=True)
    detached = None
    if "Signature" in raw or "SigAlg" in raw:
        parts = [f"{key}={raw[key]}" for key in (name, *SIGNED) if key in raw]
        detached = Detached(
            values.get("SigAlg", ""),
            _base64(values.get("Signature", ""), "Signature"),
            "&".join(parts).encode("ascii", "replace"),
        )
    return Received(REDIRECT, root, values.get("RelayState"), detached)


def from_form(form: Mapping[str, str], name: str) -> Received:
    """A message in a form. Raises `Refused`."""
    if name not in form:
        raise Refused("malformed", f"there is no {name}")
    return Received(POST, _read(name, form[name], deflated=False), form.get("RelayState"))


def _read(name: str, value: str, *, deflated: bool) -> Element:
    """The XML in a parameter. Some compress what they post too (node-saml does): XML begins with a bracket."""
    data = _base64(value, name)
    try:
        if deflated or not data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
            data = inflate(data)
        return parse(data)
    except Unreadable as error:
        raise Refused("malformed", str(error)) from None


def _base64(value: str, name: str) -> bytes:
    """RFC 2045 lets lines be broken anywhere."""
    if len(value) > 2 * MESSAGE_BYTES:
        raise Refused("malformed", f"{name} is too long")
    try:
        return base64.b64decode("".join(value.split()), validate=True)
    except (binascii.Error, ValueError):
        raise Refused("malformed", f"{name} is not base64") from None


def _raw_parameters(raw_query: str) -> dict[str, str]:
    """As they were sent: a signature covers the characters, and there are many ways to escape one."""
    raw: dict[str, str] = {}
    for part in raw_query.split("&"):
        key, _, value = part.partition("=")
        if key in raw and key in KNOWN:
            raise Refused("malformed", f"{key} stands twice in the address")
        raw[key] = value
    return {key: value for key, value in raw.items() if key in KNOWN}


def _unescape(value: str) -> str:
    try:
        return unquote_to_bytes(value.replace("+", " ")).decode()
    except UnicodeDecodeError:
        raise Refused("malformed", "the address is not UTF-8") from None

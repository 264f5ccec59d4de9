"""The section `passkey` of authenticators.yaml, and whose passkeys they are."""

from __future__ import annotations

import ssl
from typing import Annotated, Final, Literal, Self
from urllib.parse import urlsplit
from uuid import UUID

from pydantic import AfterValidator, Field, model_validator

from idp.config.model import Model

Verification = Literal["required", "preferred", "discouraged"]
_BEGIN: Final = "-----BEGIN CERTIFICATE-----"
_END: Final = "-----END CERTIFICATE-----"


def _certificates(value: str) -> str:
    """PEM, as the makers of security keys publish it."""
    try:
        ssl.create_default_context(cadata=value)
    except (ssl.SSLError, ValueError):
        raise ValueError("must be certificates in PEM form, one after the other") from None
    return value


def certificates(text: str) -> tuple[bytes, ...]:
    """Each certificate of a text in PEM form (RFC 7468) as DER; what stands before and between is no matter."""
    parts = (part[part.index(_BEGIN) :] for part in text.split(_END)[:-1])
    return tuple(ssl.PEM_cert_to_DER_cert(f"{part}{_END}") for part in parts)


class AttestationSettings(Model):
    """Whether a new passkey must show by its maker's signature of which model it is."""

    mode: Literal["none", "direct"] = "none"
    aaguids: tuple[UUID, ...] = ()  # the models that are taken (WebAuthn §6.5.1)
    roots: Annotated[str, AfterValidator(_certificates)] | None = None  # PEM: whose signatures are believed

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.mode == "direct":
            if not self.aaguids:
                raise ValueError("aaguids: is missing, direct means that only these models are taken")
            if self.roots is None:
                raise ValueError("roots: is missing, a model is believed by its maker's signature only")
        elif self.aaguids or self.roots is not None:
            raise ValueError("mode: must be direct, else nobody looks at aaguids and roots")
        return self


class PasskeySettings(Model):
    """How passkeys are asked for."""

    user_verification: Verification = "required"
    rp_id: str | None = None  # None: the host of base_url
    attestation: AttestationSettings = AttestationSettings()
    at_login: bool = True  # who has none makes one when he signs in, behind another proof
    passkeys: Annotated[int, Field(ge=1, le=20)] = 10  # of one user

    def at(self, base_url: str) -> Placed:
        """The same where the tenant lives: nothing else says for whom a passkey is (THREAT_MODEL.md 23)."""
        return Placed(**dict(self), base_url=base_url)


class Placed(PasskeySettings):
    """The section and the tenant's address: no key of a file."""

    base_url: str

    @property
    def relying_party(self) -> str:
        """The name to which passkeys are bound (WebAuthn §5.1.2)."""
        return self.rp_id or urlsplit(self.base_url).hostname or ""

    @property
    def origin(self) -> str:
        """The one origin whose pages may use them, as browsers write it (RFC 6454 §6.2)."""
        parts = urlsplit(self.base_url)
        port = parts.port
        is_default = port is None or (parts.scheme, port) in (("https", 443), ("http", 80))
        return f"{parts.scheme}://{parts.hostname}" + ("" if is_default else f":{port}")


def fault(placed: Placed) -> tuple[str, str] | None:
    """What is wrong with where it lives: the key that is to blame, and words. None where nothing is."""
    host = urlsplit(placed.base_url).hostname or ""
    if ":" in host or host.rpartition(".")[2].isdigit():
        return "base_url", f"passkeys are bound to a name, and {host} is an address: give the server a name"
    name = placed.rp_id
    if name is not None and name != host and not (host.endswith(f".{name}") and "." in name):
        return "rp_id", f"must be {host} or a domain above it, browsers refuse any other"
    return None

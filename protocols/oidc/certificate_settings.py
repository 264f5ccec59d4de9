"""What an administrator says about the certificates of a service (RFC 8705)."""

from __future__ import annotations

import ipaddress
from typing import Annotated, Any, Final, get_args

from pydantic import AfterValidator, BeforeValidator, InstanceOf, ValidationInfo, WithJsonSchema

from idp.config.secrets import SecretReading
from keys.certificate import Authorities, subject
from protocols.oidc.key_settings import ServiceKeys
from protocols.oidc.vocabulary import CertificateMethod

CERTIFICATE_METHODS: Final = get_args(CertificateMethod)
PKI, SELF_SIGNED = CERTIFICATE_METHODS
SUBJECT: Final = "tls_client_auth_subject_dn"
ALTERNATIVES: Final = {f"tls_client_auth_san_{kind}": kind for kind in ("dns", "uri", "ip", "email")}
MAXIMUM_BYTES: Final = 256 * 1024


def _name(text: str) -> str:
    try:
        subject(text)
    except ValueError:
        raise ValueError("must be a distinguished name, for example CN=batch,O=Example (RFC 4514)") from None
    return text


def _address(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        raise ValueError("must be an IP address") from None


def _read(value: Any, info: ValidationInfo) -> Authorities:
    """`{file: PATH}` becomes the certificates there, in PEM; a relative path begins at the configuration folder."""
    reading = info.context
    if not isinstance(reading, SecretReading) or not isinstance(value, dict) or value.keys() != {"file"}:
        raise ValueError("must be {file: …}, certificates in PEM")
    path = reading.find(str(value["file"]))
    try:
        with path.open("rb") as file:
            return Authorities.from_pem(file.read(MAXIMUM_BYTES))
    except OSError as error:
        raise ValueError(f"cannot read {path}: {(error.strerror or '').lower()}") from None
    except ValueError:
        raise ValueError(f"{path} holds no certificates of authorities in PEM") from None


FILE: Final = {"type": "object", "properties": {"file": {"type": "string"}}, "required": ["file"]}
CertificateFile = Annotated[InstanceOf[Authorities], BeforeValidator(_read), WithJsonSchema(FILE)]


class ServiceCertificate(ServiceKeys):
    """Of a service. The names are those of RFC 8705 §2.1.2 and §3.4, except that of the authorities."""

    # By which of its names the certificate is recognised: exactly one, for tls_client_auth.
    tls_client_auth_subject_dn: Annotated[str, AfterValidator(_name)] | None = None
    tls_client_auth_san_dns: str | None = None
    tls_client_auth_san_uri: str | None = None
    tls_client_auth_san_ip: Annotated[str, AfterValidator(_address)] | None = None
    tls_client_auth_san_email: str | None = None
    # Who may issue it. A proxy that lets self-signed ones pass for another service proves no name.
    tls_client_auth_ca: CertificateFile | None = None
    tls_client_certificate_bound_access_tokens: bool = False

    def check_certificate(self, method: str) -> None:
        """Raises ValueError where the method of authentication lacks something, or something lacks the method."""
        named = [name for name in (SUBJECT, *ALTERNATIVES) if getattr(self, name) is not None]
        if method == PKI and len(named) != 1:
            raise ValueError(f"{SUBJECT}: tls_client_auth needs exactly one of {SUBJECT}, {_listed()}")
        if method == PKI and self.tls_client_auth_ca is None:
            raise ValueError("tls_client_auth_ca: is missing; tls_client_auth needs to know who may issue")
        if method != PKI and (named or self.tls_client_auth_ca is not None):
            raise ValueError(f"{(*named, 'tls_client_auth_ca')[0]}: is for tls_client_auth only")
        if method == SELF_SIGNED and not self.has_keys:
            raise ValueError(
                "jwks: self_signed_tls_client_auth needs jwks or jwks_uri with the key of the certificate"
            )


def _listed() -> str:
    return ", ".join(ALTERNATIVES)

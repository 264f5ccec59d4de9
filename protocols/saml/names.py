"""The names that the standards give: namespaces, bindings, formats, statuses."""

from __future__ import annotations

from typing import Final

ASSERTION: Final = "urn:oasis:names:tc:SAML:2.0:assertion"
PROTOCOL: Final = "urn:oasis:names:tc:SAML:2.0:protocol"
METADATA: Final = "urn:oasis:names:tc:SAML:2.0:metadata"
MDUI: Final = "urn:oasis:names:tc:SAML:metadata:ui"
DS: Final = "http://www.w3.org/2000/09/xmldsig#"
XENC: Final = "http://www.w3.org/2001/04/xmlenc#"
XS: Final = "http://www.w3.org/2001/XMLSchema"
XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"
ECP: Final = "urn:oasis:names:tc:SAML:2.0:profiles:SSO:ecp"
SOAP_ENVELOPE: Final = "http://schemas.xmlsoap.org/soap/envelope/"
XML: Final = "http://www.w3.org/XML/1998/namespace"

# saml-bindings-2.0
REDIRECT: Final = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
POST: Final = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
ARTIFACT: Final = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Artifact"
SOAP: Final = "urn:oasis:names:tc:SAML:2.0:bindings:SOAP"
PAOS: Final = "urn:oasis:names:tc:SAML:2.0:bindings:PAOS"

# saml-core-2.0 §8.3
UNSPECIFIED: Final = "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified"
EMAIL: Final = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"
PERSISTENT: Final = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"
TRANSIENT: Final = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"
ENTITY: Final = "urn:oasis:names:tc:SAML:2.0:nameid-format:entity"

# saml-core-2.0 §3.2.2.2
_STATUS: Final = "urn:oasis:names:tc:SAML:2.0:status:"
SUCCESS: Final = f"{_STATUS}Success"
REQUESTER: Final = f"{_STATUS}Requester"
RESPONDER: Final = f"{_STATUS}Responder"
VERSION_MISMATCH: Final = f"{_STATUS}VersionMismatch"
INVALID_NAME_ID_POLICY: Final = f"{_STATUS}InvalidNameIDPolicy"
NO_AUTHN_CONTEXT: Final = f"{_STATUS}NoAuthnContext"
PARTIAL_LOGOUT: Final = f"{_STATUS}PartialLogout"
NO_PASSIVE: Final = f"{_STATUS}NoPassive"
REQUEST_DENIED: Final = f"{_STATUS}RequestDenied"
UNKNOWN_PRINCIPAL: Final = f"{_STATUS}UnknownPrincipal"
UNSUPPORTED_BINDING: Final = f"{_STATUS}UnsupportedBinding"

# saml-core-2.0 §8.2
BASIC: Final = "urn:oasis:names:tc:SAML:2.0:attrname-format:basic"
URI: Final = "urn:oasis:names:tc:SAML:2.0:attrname-format:uri"
BEARER: Final = "urn:oasis:names:tc:SAML:2.0:cm:bearer"


def tag(namespace: str, name: str) -> str:
    """A qualified name as lxml writes it."""
    return f"{{{namespace}}}{name}"

"""Whether client certificates can reach us, and whether what they need is there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from urllib.parse import urlsplit

from idp.authenticators.certificate.settings import CertificateSettings
from idp.config.document import Document
from idp.config.mistake import Findings, suggest
from idp.config.policies import RequireSettings
from idp.config.server import ServerSettings
from idp.config.tenant_folder import TenantFolder
from idp.custody.authority import AUTHENTICATOR

UNSEEN: Final = (
    "nobody could show one: let browsers be asked (tls.client_certificates in idp.yaml), or name the header in which a "
    "proxy hands it on (client_certificate_header)"
)
ALONE: Final = (
    "asks for a certificate alone: whoever sits down at the device gets in, ask for a proof before it"
)


def check_certificates(tenant: TenantFolder, server: ServerSettings, findings: Findings) -> None:
    """The section `certificate`, the rules that ask for one, and TLS of our own."""
    base_url = tenant.settings.base_url if tenant.settings else "https:"
    if server.tls is not None and urlsplit(base_url).scheme != "https":
        words = "base_url: must be https, the server speaks TLS (tls in idp.yaml)"
        findings.error(tenant.document.position(("base_url",)), words)
    section, document = tenant.authenticators.get(AUTHENTICATOR), tenant.authenticators_document
    if not isinstance(section, CertificateSettings) or document is None:
        return
    _check_attributes(tenant, section, document, findings)
    asks = server.tls is not None and server.tls.client_certificates
    for place, rule in tenant.rules.by_place.items() if tenant.rules else ():
        ways = rule.then.ways if isinstance(rule.then, RequireSettings) else ()
        assert tenant.rules is not None
        at = tenant.rules.document.position((place, "then"))
        if (
            any(AUTHENTICATOR in way for way in ways)
            and not asks
            and server.client_certificate_header is None
        ):
            findings.error(at, f"rule {rule.name} asks for a certificate, and {UNSEEN}")
        elif (AUTHENTICATOR,) in ways:
            findings.warn(at, f"rule {rule.name} {ALONE}")


def _check_attributes(
    tenant: TenantFolder, section: CertificateSettings, document: Document, findings: Findings
) -> None:
    """Where serial numbers are kept must be somewhere."""
    declared: Sequence[str] = tuple(tenant.settings.attributes) if tenant.settings else ()
    for index, each in enumerate(section.external):
        if each.attribute is None or tenant.settings is None:
            continue
        if tenant.settings.attributes.get(each.attribute) != "text":
            words = f"external[{index + 1}].attribute: no attribute of text is called {each.attribute}"
            path = (AUTHENTICATOR, "external", index, "attribute")
            hint = f", {suggest(each.attribute, declared)}" if declared else ", declare it in tenant.yaml"
            findings.error(document.position(path), f"{AUTHENTICATOR}.{words}{hint}")

"""A server with real service providers at it, everybody told of everybody."""

from __future__ import annotations

import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from keys.certified_key import CertifiedKey
from keys.xml_signature import RSA_SHA256
from tests.clients.saml.service import ATTRIBUTES, Issuer, Service
from tests.people import PATTERN
from tests.server import Server, running


@dataclass(frozen=True)
class Site:
    """Services by name, and the identity provider as its metadata describe it."""

    server: Server
    services: dict[str, Service]
    issuer: Issuer


@contextmanager
def open_site(folder: Path, *programs: type[Service]) -> Iterator[Site]:
    """`folder` is the server's; alice is there."""
    key = CertifiedKey.generate(RSA_SHA256, "sp", int(time.time()))
    with TemporaryDirectory(prefix="masugata-saml-") as made, ExitStack() as running_services:
        Path(made).chmod(0o755)  # Apache's children run as another user
        services = [each(Path(made, each.name), key) for each in programs]
        for service in services:
            running_services.callback(service.stop)
        for server in running(new_server(folder, services)):
            with urllib.request.urlopen(f"{server.url}/saml/metadata", timeout=60) as answer:
                issuer = Issuer(answer.read())
            for service in services:
                service.trust(issuer)
            yield Site(server, {service.name: service for service in services}, issuer)


def new_server(folder: Path, services: Sequence[Service]) -> Server:
    """It knows the services by the metadata that they make themselves; not started."""
    one = Server(folder)
    one.configuration.idp["doors"] = ["oidc", "saml"]
    one.tenant.add_demo_user("alice", "staff", matrix={"pattern": PATTERN})
    one.tenant.people[0]["email"] = "alice@example.com"
    (one.config / "metadata").mkdir(parents=True)
    for service in services:
        file = f"metadata/{service.name}.xml"
        (one.config / file).write_text(service.describe())
        saml = {"metadata": file, "attributes": ATTRIBUTES, **service.settings}
        described = {"service": service.name, "display_name": {"en": service.name}, "saml": saml}
        one.tenant.services[service.name] = described
    return one

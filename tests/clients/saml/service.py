"""What all service providers have in common: a name, a port, a key, and where logins begin and end."""

from __future__ import annotations

import base64
import os
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from keys.certified_key import CertifiedKey
from protocols.saml.names import METADATA, REDIRECT
from protocols.saml.xml import parse
from tests.server import free_port

START_SECONDS = 60
UID = "urn:oid:0.9.2342.19200300.100.1.1"
MAIL = "urn:oid:0.9.2342.19200300.100.1.3"
ATTRIBUTES = {
    UID: {"attribute": "preferred_username", "friendly_name": "uid"},
    MAIL: {"attribute": "email", "friendly_name": "mail"},
}
XMLNS = {"md": METADATA, "ds": "http://www.w3.org/2000/09/xmldsig#"}


@dataclass(frozen=True)
class Issuer:
    """The identity provider, as an administrator copies it out of its metadata."""

    metadata: bytes

    @property
    def entity_id(self) -> str:
        return parse(self.metadata).get("entityID", "")

    @property
    def certificates(self) -> list[str]:
        """Those that sign, base64."""
        found: Any = parse(self.metadata).xpath(
            "//md:KeyDescriptor[@use='signing']//ds:X509Certificate/text()", namespaces=XMLNS
        )
        return list(dict.fromkeys(map(str, found)))

    def location(self, service: str, binding: str = REDIRECT) -> str:
        """Of `SingleSignOnService` or `SingleLogoutService`."""
        found: Any = parse(self.metadata).xpath(
            f"//md:{service}[@Binding='{binding}']/@Location", namespaces=XMLNS
        )
        return str(found[0])


class Service:
    """One service provider. Its host is another site than the identity provider's `localhost`."""

    name: ClassVar[str]
    settings: ClassVar[Mapping[str, Any]] = {}  # of its `saml` section
    login: ClassVar[str]  # the path where a login begins
    consumer: ClassVar[str]  # that of its AssertionConsumerService
    entity: ClassVar[str]  # its entity ID, as a path too
    logout: ClassVar[str]  # where signing out begins
    home: ClassVar[str]  # shows a user's address to him, and to nobody else
    distrust: ClassVar[str]  # how it says, to the browser or in its log, that a signature is not good

    def __init__(self, folder: Path, key: CertifiedKey) -> None:
        self.folder, self.port = folder, free_port()
        self._process: subprocess.Popen[bytes] | None = None
        folder.mkdir(mode=0o755)
        (folder / "sp.key").write_text(pem("PRIVATE KEY", key.dump()))
        (folder / "sp.crt").write_text(pem("CERTIFICATE", key.certificate))

    @property
    def origin(self) -> str:
        return f"http://{self.name}.localhost:{self.port}"

    @property
    def entity_id(self) -> str:
        return self.origin + self.entity

    @property
    def log(self) -> str:
        """Whatever it wrote."""
        return "".join(path.read_text(errors="replace") for path in sorted(self.folder.glob("*.log")))

    def describe(self) -> str:
        """Its metadata, made by itself."""
        raise NotImplementedError

    def trust(self, issuer: Issuer) -> None:
        """Tell it of the identity provider; it serves from now on."""
        raise NotImplementedError

    def stop(self) -> None:
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGTERM)
            self._process.wait(10)

    def run(self, command: Sequence[str | Path], **environment: str) -> None:
        """Start the program, in a process group of its own: some end all of theirs."""
        with (self.folder / "out.log").open("ab") as out:
            self._process = subprocess.Popen(
                command, stdout=out, stderr=out, start_new_session=True, env={**os.environ, **environment}
            )
        until = time.monotonic() + START_SECONDS
        while not self._is_up():
            assert self._process.poll() is None and time.monotonic() < until, self.log
            time.sleep(0.05)

    def fetch(self, path: str) -> str:
        """A page of it."""
        asked = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}", headers={"Host": f"{self.name}.localhost:{self.port}"}
        )
        with urllib.request.urlopen(asked, timeout=60) as answer:
            text: str = answer.read().decode()
            return text

    def _is_up(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
        except OSError:
            return False
        return True


def pem(label: str, der: bytes) -> str:
    """RFC 7468."""
    return f"-----BEGIN {label}-----\n{base64.encodebytes(der).decode()}-----END {label}-----\n"

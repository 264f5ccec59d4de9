"""Certificates that lie in files, which their owner renews and not we: when they end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from idp.config.server import ServerSettings
from idp.config.tenant import TenantSettings
from keys.validity import ends_of


@dataclass(frozen=True, slots=True)
class Certified:
    """Of the certificates of one purpose, when the one ends that counts (epoch seconds)."""

    purpose: str
    ends_at: int


@dataclass(frozen=True, slots=True)
class Filed:
    """What one file holds: when each certificate ends that has to be renewed (epoch seconds)."""

    purpose: str
    ends: tuple[int, ...]

    def certified(self, now: int) -> Certified:
        """The next one to end counts, so that each is told of in time. One that has ended long ago, as bundles of
        authorities have them, spoils nothing while another is left.
        """
        return Certified(self.purpose, min((end for end in self.ends if end > now), default=max(self.ends)))


def of_node(settings: ServerSettings, folder: Path) -> tuple[Filed, ...]:
    """As they are read for those who listen; to be asked when these read them, for a file may be renewed later."""
    found: list[Filed | None] = []
    if settings.tls is not None:
        found.append(_chain("tls", folder / settings.tls.certificate))
    if settings.radsec is not None:
        found.append(_chain("radsec", folder / settings.radsec.certificate))
        found.append(_bundle("radsec authorities", _read(folder / settings.radsec.authorities)))
    return tuple(filter(None, found))


def of_tenant(settings: TenantSettings) -> Sequence[Filed]:
    """Whom a tenant trusts: as they lie there now, which is how a directory and a stream are asked by."""
    return list(filter(None, _of_tenant(settings)))


def _of_tenant(settings: TenantSettings) -> Iterator[Filed | None]:
    for name, domain in settings.domains.items():
        if domain.ldap is not None and domain.ldap.ca_file is not None:
            yield _bundle(f"ldap {name}", _read(Path(domain.ldap.ca_file)))
    for name, stream in (settings.audit.streams or {}).items():
        if stream.syslog is not None and stream.syslog.ca_file is not None:
            yield _bundle(f"stream {name}", _read(Path(stream.syslog.ca_file)))
    if settings.mail.ca_file is not None:
        yield _bundle("mail", settings.mail.ca_file.encode())


def _chain(purpose: str, file: Path) -> Filed | None:
    """One that has ended breaks it."""
    found = _bundle(purpose, _read(file))
    return found and Filed(purpose, (min(found.ends),))


def _bundle(purpose: str, pem: bytes) -> Filed | None:
    """None for what cannot be read: whoever needs it says so."""
    try:
        return Filed(purpose, tuple(ends_of(pem)))
    except ValueError:
        return None


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError:
        return b""

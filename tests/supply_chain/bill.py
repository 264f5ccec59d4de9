"""What we are made of: every release that the lock names, with its hashes, its licence and what it needs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).parents[2]
LOCKS = (
    "requirements.txt",
    "requirements-ldap.txt",
    "requirements-tracing.txt",
)  # what runs, with all extras

# Some releases say their licence in words of their own. These are theirs, as SPDX names them.
_SAID: Mapping[str, str] = {
    "3-Clause BSD License": "BSD-3-Clause",
    "Apache 2": "Apache-2.0",
    "Apache 2.0": "Apache-2.0",
    "Apache License, Version 2.0": "Apache-2.0",
    "MIT License": "MIT",
    "PSFL": "PSF-2.0",
}
# And some say it only in a file: read there, once for each.
_READ: Mapping[str, str] = {
    "aiopg": "BSD-2-Clause",
    "fido2": "BSD-2-Clause AND Apache-2.0 AND MPL-2.0",
    "jinja2": "BSD-3-Clause",
    "psycopg2-binary": "LGPL-3.0-or-later",
    "pycryptodomex": "BSD-2-Clause AND LicenseRef-Public-Domain",
    "segno": "BSD-3-Clause",
    "uvloop": "MIT OR Apache-2.0",
}


@dataclass(frozen=True, slots=True)
class Release:
    """One release: `hashes` are SHA-256 of each of its files, `needs` names other releases of the bill."""

    name: str
    version: str
    hashes: tuple[str, ...]
    licence: str
    needs: tuple[str, ...]


def locked(*locks: str) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Name to version and hashes, as the lock files of those names have them."""
    text = "".join((ROOT / lock).read_text() for lock in locks)
    entries = re.findall(r"^([a-z0-9-]+)==([^ ;\\]+).*\n((?: +--hash=.*\n)+)", text, re.MULTILINE)
    return {
        name: (version, tuple(sorted(re.findall("sha256:([0-9a-f]{64})", hashes))))
        for name, version, hashes in entries
    }


def releases() -> list[Release]:
    """Everything that runs, by name. Raises `LookupError` for a release whose licence nobody has looked up."""
    found = locked(*LOCKS)
    return [
        Release(name, version, hashes, licence(name), needs(name, found))
        for name, (version, hashes) in sorted(found.items())
    ]


def licence(name: str) -> str:
    """The licence of an installed release as an SPDX expression."""
    if name in _READ:
        return _READ[name]
    told = metadata.metadata(name)
    said = told.get("License-Expression") or told.get("License") or ""
    spdx = _SAID.get(said, said)
    if not re.fullmatch(r"[A-Za-z0-9.()+ -]{3,60}", spdx):
        raise LookupError(
            f"{name} says its licence in words of its own: read it, and write it into {__name__}"
        )
    return spdx


def needs(name: str, among: Mapping[str, object]) -> tuple[str, ...]:
    """The releases of the bill that one asks for, whatever the platform."""
    asked = metadata.requires(name) or []
    plain = (line for line in asked if "extra ==" not in line)
    names = {re.sub(r"[-_.]+", "-", re.split(r"[^A-Za-z0-9._-]", line)[0]).lower() for line in plain}
    return tuple(sorted(names & set(among)))

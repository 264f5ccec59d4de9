"""How the files of a node differ from the revision that is in force."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from idp.config.bundle import Bundle
from idp.config.configuration import Configuration
from idp.config.document import read
from idp.config.load import FILE, OF_THE_NODE
from idp.config.mistake import Findings

SHOWN: Final = 3
READ: Final = ("*.yaml", "services/*.yaml")  # in a tenant's folder
How = Literal["differs", "gone", "unreadable", "new"]
WORDS: Final[Mapping[How, str]] = {
    "differs": "differs",
    "gone": "is gone",
    "unreadable": "cannot be read",
    "new": "is new",
}


@dataclass(frozen=True, slots=True)
class Difference:
    """One file that an apply would change; `str` says it to logs and terminals, pages say it in their language."""

    file: str
    how: How

    def __str__(self) -> str:
        return f"{self.file} {WORDS[self.how]}"


def drift(home: Path, bundle: Bundle, configuration: Configuration) -> tuple[Difference, ...]:
    """Each file that an apply would change; `configuration` is that of the bundle.

    What `idp.yaml` says of the node alone does not count.
    """
    found = [
        Difference(name, how)
        for name, content in bundle.files.items()
        if (how := _differs(home / name, configuration.folder / name, content))
    ]
    added = sorted(set(_here(home, configuration)) - bundle.files.keys())
    return (*found, *(Difference(name, "new") for name in added))


def summary(differences: tuple[Difference, ...], number: int) -> str:
    """One line for who looks at a log or at `idp health`."""
    more = f" and {len(differences) - SHOWN} more" if len(differences) > SHOWN else ""
    named = ", ".join(map(str, differences[:SHOWN]))
    return f"the files differ from revision {number}, which is in force, see idp config plan: {named}{more}"


def shared(file: Path) -> Any:
    """What an `idp.yaml` says for all nodes; None if it cannot be understood."""
    document = read(file, Findings())
    if document is None:
        return None
    data = document.data if isinstance(document.data, dict) else {}
    return {key: value for key, value in data.items() if key not in OF_THE_NODE}


def _differs(here: Path, applied: Path, content: bytes) -> How | None:
    try:
        if here.read_bytes() == content:
            return None
    except FileNotFoundError:
        return "gone"
    except OSError:
        return "unreadable"
    if here.name == FILE and shared(here) == shared(applied):
        return None
    return "differs"


def _here(home: Path, configuration: Configuration) -> Iterator[str]:
    """The files in the folders of tenants and themes that would be read."""
    themes = {tenant.settings.theme for tenant in configuration.tenants}
    tenants = [folder for folder in home.glob(configuration.server.tenants) if folder.is_dir()]
    found = [path for folder in tenants for pattern in READ for path in folder.glob(pattern)]
    found += [path for theme in themes for path in (home / "themes" / theme).rglob("*") if path.is_file()]
    for path in found:
        name = path.relative_to(home).as_posix()
        if not any(part.startswith(".") for part in path.relative_to(home).parts):
            yield name

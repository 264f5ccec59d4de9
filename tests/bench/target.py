"""A server to measure: how to reach it and whom to sign in."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path


@dataclasses.dataclass(frozen=True)
class Target:
    """One OpenID provider that is up. Users are `user0` … `userN`, all with the same pattern and password."""

    name: str
    issuer: str
    client_id: str
    client_secret: str
    redirect_uri: str
    scope: str
    users: int
    roots: tuple[int, ...]  # process ids; their descendants count too
    pattern: str = ""
    password: str = ""

    def write(self, path: Path) -> None:
        path.write_text(json.dumps(dataclasses.asdict(self)))

    @classmethod
    def read(cls, path: Path) -> Target:
        given = json.loads(path.read_text())
        return cls(**{**given, "roots": tuple(given["roots"])})

"""A server to measure: how to reach it and whom to sign in."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path


@dataclasses.dataclass(frozen=True)
class Target:
    """One identity provider that is up, at one door or both.

    Users are `user0` … `userN`, all with the same pattern and password.
    """

    name: str
    issuer: str
    users: int
    roots: tuple[int, ...]  # process ids; their descendants count too
    client_id: str = ""  # empty: no OpenID provider
    client_secret: str = ""
    redirect_uri: str = ""
    scope: str = ""
    sso: str = ""  # empty: no SAML identity provider
    metadata: str = ""
    entity_id: str = ""  # of the service
    acs: str = ""
    pattern: str = ""
    password: str = ""

    def offers(self, workload: str) -> bool:
        """Whether there is a door for it."""
        return bool(self.sso if workload.startswith("saml") else self.client_id)

    def write(self, path: Path) -> None:
        path.write_text(json.dumps(dataclasses.asdict(self)))

    @classmethod
    def read(cls, path: Path) -> Target:
        given = json.loads(path.read_text())
        return cls(**{**given, "roots": tuple(given["roots"])})

"""A server to measure: how to reach it and whom to sign in."""

from __future__ import annotations

import dataclasses
import functools
import json
from pathlib import Path
from typing import Any, Final
from urllib.request import urlopen

# What a provider need not have, and what its configuration calls it (RFC 8414 §2, RFC 9126 §5).
OPTIONAL: Final = {
    "introspection": "introspection_endpoint",
    "par": "pushed_authorization_request_endpoint",
}


@functools.cache
def discovered(issuer: str) -> dict[str, Any]:
    """What an OpenID provider that is up says of itself (OpenID Connect Discovery §4)."""
    with urlopen(f"{issuer}/.well-known/openid-configuration", timeout=10) as response:
        found: dict[str, Any] = json.load(response)
    return found


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
        """Whether there is a door for it, and the endpoint."""
        if workload.startswith("saml"):
            return bool(self.sso)
        wanted = OPTIONAL.get(workload)
        return bool(self.client_id) and (wanted is None or wanted in discovered(self.issuer))

    def write(self, path: Path) -> None:
        path.write_text(json.dumps(dataclasses.asdict(self)))

    @classmethod
    def read(cls, path: Path) -> Target:
        given = json.loads(path.read_text())
        return cls(**{**given, "roots": tuple(given["roots"])})

"""The nodes: each a supervisor with its own folder and address, all of one database and master key."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tests.faults.cluster.postgres import DATABASE
from tests.people import PATTERN, Person, Token
from tests.postgres import ROLE
from tests.protocols.radius.nas import SECRET
from tests.relying_party import CALLBACK
from tests.server import Server, free_port
from tests.service_provider import Provider

DRAIN_SECONDS = 4  # far longer than the balancer takes to notice, also where the machine is busy
PROVIDER = Provider("files")
CODES = {"name": "codes", "when": {"groups": ["codes"]}, "then": {"require": ["totp"]}}


def address_of(places: Sequence[str]) -> str:
    """The database at the first of these places that takes writes, each `host:port`."""
    return f"postgresql://{ROLE}@{','.join(places)}/{DATABASE}?target_session_attrs=read-write"


class Node(Server):
    """The first node makes the master key; the others copy it."""

    def __init__(self, folder: Path, number: int, storage: str, first: Node | None = None) -> None:
        super().__init__(folder, storage, address=f"127.0.0.{number + 1}")
        self.radius = first.radius if first else free_port()
        if first is not None:
            self.port, self.url = first.port, first.url
            self.configuration.tenants = first.configuration.tenants
            self.configuration.idp["master_key"] = first.configuration.idp["master_key"]
        else:
            self._furnish()
        self.configuration.idp |= {
            "listen": {
                "http": f"{self.address}:{self.port}",
                "radius": [f"{self.address}:{self.radius}"],
            },
            "doors": ["oidc", "saml", "radius"],
            "drain_seconds": DRAIN_SECONDS,
        }

    def write(self) -> None:
        (self.config / "metadata").mkdir(parents=True, exist_ok=True)
        (self.config / "metadata" / "files.xml").write_text(PROVIDER.metadata())
        super().write()

    def _furnish(self) -> None:
        tenant = self.tenant
        tenant.policies.insert(0, CODES)
        tenant.settings["lockout"] = {"failures": 50, "seconds": 60}
        tenant.add_service(
            "wiki", CALLBACK, scopes=["openid", "profile", "email", "offline_access"],
            post_logout_redirect_uris=[CALLBACK],
        )  # fmt: skip
        tenant.services["files"] = {
            "service": "files", "display_name": {"en": "Files"}, "saml": {"metadata": "metadata/files.xml"},
        }  # fmt: skip
        tenant.services["vpn"] = {
            "service": "vpn",
            "display_name": {"en": "VPN"},
            "radius": {"networks": ["127.0.0.0/8"], "secret": SECRET.decode()},
        }

    def add_crowd(self, people: int, holders: int) -> tuple[list[Person], list[Person]]:
        """Those who sign in with the matrix, and those with a code; before the first start."""
        crowd = [Person(f"person{number:03}", pattern=PATTERN) for number in range(people)]
        codes = [Person(f"holder{number:03}", token=Token()) for number in range(holders)]
        for each in crowd:
            self.tenant.add_demo_user(each.name, "staff", matrix={"pattern": PATTERN})
        for each in codes:
            assert each.token is not None
            self.tenant.add_demo_user(each.name, "codes", totp={"secret": each.token.secret})
        return crowd, codes

"""A company of the story: two nodes on one PostgreSQL, each with a folder of its own, three services, and its rules."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.people import PASSWORD, PATTERN, Person
from tests.protocols.radius.nas import SECRET
from tests.relying_party import CALLBACK
from tests.server import Server, free_port, running
from tests.service_provider import Provider

OFFICE = "10.0.0.0/8"
GUS = Person("gus", pattern=PATTERN, password=PASSWORD)  # who types slowly
HANAKO = Person("hanako-yamada", pattern=PATTERN)  # whose name nobody else could have
WORKERS = {
    name: Person(name, pattern=PATTERN, password=PASSWORD)
    for name in ("ann", "bea", "cho", "dai", "eva", "fay")
}
ATTRIBUTES = {"policy": "policy"}


def rule(name: str, *proofs: str, **when: Any) -> dict[str, Any]:
    """Lets in with these proofs; every door tells by which rule."""
    then = {"require": list(proofs), "claims": {"policy": name}, "reply": {"Filter-Id": name}}
    return {"name": name, "when": when, "then": then}


STAFF = rule("staff", "matrix", groups=["staff"])
NOBODY_ELSE = {"name": "nobody else", "then": "deny"}
BEFORE = [STAFF, NOBODY_ELSE]

NIGHT = {"name": "night", "when": {"hours": "22:00-05:00", "groups": ["staff"]}, "then": "deny"}
OUTSIDE = rule(
    "outside", "matrix", "password", services=["vpn"], networks={"not": ["office"]}, groups=["staff"]
)
TEMPS = rule("temps", "matrix", services=["wiki"], groups=["temps"])
WEB = rule("web", "matrix", protocols=["oidc", "saml"], groups=["staff"])
AFTER = [OUTSIDE, TEMPS, WEB, STAFF, NOBODY_ELSE]


class Node(Server):
    """One of the two."""

    def __init__(self, folder: Path, storage: str, address: str) -> None:
        super().__init__(folder, storage, address=address)
        self.radius = free_port()

    def furnish(self, files: Provider) -> None:
        """As its administrator writes the folder."""
        self.configuration.idp |= {"doors": ["oidc", "saml", "radius"], "audit_anchor": "../var/anchor"}
        self.configuration.idp["listen"]["radius"] = [f"127.0.0.1:{self.radius}"]
        self.tenant.settings |= {"demo": True, "time_zone": "Asia/Tokyo", "networks": {"office": [OFFICE]}}
        self.tenant.policies = deepcopy(BEFORE)
        self.tenant.add_service("wiki", CALLBACK)
        names = {"ja": "サービス", "en": "A service"}
        self.tenant.services["files"] = {
            "service": "files", "display_name": names,
            "saml": {"metadata": "metadata/files.xml"},
        }  # fmt: skip
        self.tenant.services["vpn"] = {
            "service": "vpn", "display_name": names,
            "radius": {"networks": ["127.0.0.0/8"], "secret": SECRET.decode(), "challenge_words": ["matrix"]},
        }  # fmt: skip
        (self.config / "metadata").mkdir(parents=True)
        (self.config / "metadata" / "files.xml").write_text(files.metadata())

    def rules(self, policies: list[dict[str, Any]]) -> None:
        """The administrator of this node writes other rules into its folder."""
        self.tenant.policies = deepcopy(policies)
        self.configuration.write(self.config)

    def switches(self) -> list[tuple[int, float]]:
        """By its own records: each revision that came into force here, and how long that took from when it was seen."""
        return [
            (line["revision"], line["seconds"])
            for line in self.events
            if line["event"] == "configuration.switched"
        ]


@dataclass(frozen=True)
class Company:
    """`superuser` reaches the database where no row-level security holds."""

    first: Node
    second: Node
    files: Provider
    superuser: str

    @property
    def nodes(self) -> tuple[Node, Node]:
        return self.first, self.second


def founded(folders: tuple[Path, Path], url: str, superuser: str) -> Iterator[Company]:
    """The body of a fixture: both nodes run; hanako, the workers and a temp are there."""
    files = Provider("files")
    first = Node(folders[0], url, "127.0.0.1")
    first.furnish(files)
    for name in (*WORKERS, GUS.name):
        first.tenant.add_demo_user(
            name, "staff", matrix={"pattern": PATTERN}, password={"password": PASSWORD}
        )
    first.tenant.add_demo_user("gil", "temps", matrix={"pattern": PATTERN})
    first.settable_clock()
    for _ in running(first):
        first.add_user("hanako-yamada", "staff", pattern=PATTERN)
        second = Node(folders[1], url, "127.0.0.2")
        second.port, second.url = first.port, first.url
        second.configuration.idp["listen"]["http"] = f"127.0.0.2:{first.port}"
        second.configuration.idp["master_key"] = {"file": str(first.folder / "var" / "master.key")}
        second.tenant.base_url = first.url
        second.furnish(files)
        second.tenant.people = deepcopy(first.tenant.people)
        second.settable_clock()
        for _ in running(second):
            yield Company(first, second, files, superuser)

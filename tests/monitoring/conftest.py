"""One node of two workers that is watched, with two doors; each test looks at what rose meanwhile."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.certificates import issue
from tests.people import Token
from tests.protocols.radius.nas import SECRET
from tests.relying_party import CALLBACK
from tests.running import browsers
from tests.server import Server, free_port, running

__all__ = ["browsers"]

OWN_DAYS, AUTHORITY_DAYS = 90, (400, 500)
HOLDERS = {f"holder{number}": Token() for number in range(4)}


@dataclass(frozen=True)
class Scrape:
    """What /metrics said, read by Prometheus's own parser."""

    samples: Mapping[tuple[str, frozenset[tuple[str, str]]], float]
    types: Mapping[str, str]

    def __call__(self, name: str, **labels: str) -> float:
        """The sum of all samples of that name that have these labels; the name without our prefix."""
        wanted = frozenset(labels.items())
        return sum(v for (n, have), v in self.samples.items() if n == f"masugata_{name}" and wanted <= have)

    def labels(self, name: str, label: str) -> set[str]:
        return {dict(have)[label] for (n, have) in self.samples if n == f"masugata_{name}"}


class Watched(Server):
    """A server with its listener for monitoring."""

    def prepare(self) -> None:
        self.monitoring, self.radius = free_port(), free_port()
        self.configuration.idp["workers"] = 2
        self.configuration.idp["doors"] = ["oidc", "radius"]
        self.configuration.idp["listen"].update(
            monitoring=f"127.0.0.1:{self.monitoring}", radius=f"127.0.0.1:{self.radius}"
        )
        self._equip()
        self.tenant.add_service("wiki", CALLBACK)
        self.tenant.services["vpn"] = {
            "service": "vpn",
            "display_name": {"en": "vpn"},
            "radius": {"networks": ["127.0.0.1/32"], "secret": SECRET.decode()},
        }
        codes = {"name": "codes", "when": {"groups": ["codes"]}, "then": {"require": ["totp"]}}
        self.tenant.policies.insert(0, codes)
        for name, token in HOLDERS.items():
            self.tenant.add_demo_user(name, "codes", totp={"secret": token.secret})

    def _equip(self) -> None:
        """With certificates in files, of which the first to end are told of."""
        folder = self.config / "tls"
        folder.mkdir(parents=True)
        own, ended, first, second = (
            issue(f"CN={days}", is_authority=days != OWN_DAYS, days=(-9, days))
            for days in (OWN_DAYS, -1, *AUTHORITY_DAYS)
        )
        (folder / "own.pem").write_bytes(own.pem)
        (folder / "own.key").write_bytes(own.key_pem)
        (folder / "authorities.pem").write_bytes(ended.pem + second.pem + first.pem)
        self.configuration.idp["listen"]["radsec"] = f"127.0.0.1:{free_port()}"
        self.configuration.idp["radsec"] = {
            "certificate": "tls/own.pem", "key": "tls/own.key", "authorities": "tls/authorities.pem",
        }  # fmt: skip
        self.tenant.settings["mail"] = {"ca_file": "tls/authorities.pem"}

    def asked(self, path: str, port: int = 0) -> tuple[int, str]:
        """Status and body of a page of the listener, or of another."""
        try:
            with urllib.request.urlopen(
                f"http://127.0.0.1:{port or self.monitoring}{path}", timeout=60
            ) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def scrape(self) -> Scrape:
        status, text = self.asked("/metrics")
        assert status == 200
        families = list(text_string_to_metric_families(text))
        return Scrape(
            {(each.name, frozenset(each.labels.items())): each.value for f in families for each in f.samples},
            {family.name: family.type for family in families},
        )

    def is_watched(self) -> bool:
        """Whether somebody listens there, as far as both workers."""
        try:
            return self.scrape()("workers") == 2
        except OSError:
            return False

    def ready(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(self.asked("/health/ready")[1])
        return told


@pytest.fixture(scope="session")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    server = Watched(tmp_path_factory.mktemp("watched"))
    server.prepare()
    for one in running(server):
        one.add_people()
        yield one  # type: ignore[misc]

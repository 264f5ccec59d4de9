"""The servers that are measured: ours, and a peer of a shared bench folder."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

from tests.bench.target import Target
from tests.configuration import SECRET
from tests.people import PASSWORD, PATTERN
from tests.server import Server

REDIRECT_URI = "http://localhost:9/callback"  # never called
ENTITY_ID, ACS = "http://localhost:9/sp", "http://localhost:9/acs"  # nor these
METADATA = f"""<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="{ENTITY_ID}">
<md:SPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"><md:AssertionConsumerService
index="0" Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="{ACS}"/></md:SPSSODescriptor>
</md:EntityDescriptor>"""
USERS = 16
SCOPES = ("openid", "profile", "email", "offline_access")
ENROLLED = {"matrix": {"pattern": PATTERN}, "password": {"password": PASSWORD}}
READY_SECONDS = 60


@contextmanager
def masugata(
    folder: Path, method: str, workers: int, environment: Mapping[str, str] = MappingProxyType({})
) -> Iterator[Target]:
    """Our server with everything as it is delivered: durable SQLite, audit, log of every request.

    `method` is the one proof that everybody gives, `matrix` or `password`. `environment` is added to ours.
    """
    server = prepare(folder, method, workers)
    server.environment |= environment
    server.start()
    try:
        yield described(server, method)
    finally:
        server.stop()


def prepare(folder: Path, method: str, workers: int, storage: str = "") -> Server:
    """The same, not yet started; `storage` is the URL of a database, empty for an embedded one."""
    server = Server(folder, storage, workers)
    server.imports_anew = True  # its memory shall be its own
    server.tenant.policies = [{"name": "all", "then": {"require": [method]}}]
    grants = ["authorization_code", "refresh_token", "client_credentials"]
    server.tenant.add_service("bench", REDIRECT_URI, scopes=list(SCOPES), grant_types=grants)
    server.configuration.idp["doors"] = ["oidc", "saml"]
    add_saml_service(server)
    for number in range(USERS):
        server.tenant.add_demo_user(f"user{number}", **{method: ENROLLED[method]})
    return server


def described(server: Server, method: str, users: int = USERS, roots: Sequence[int] = ()) -> Target:
    """A server of ours that is up; `roots` are processes that work for it beside its own."""
    return Target(
        name=f"masugata ({method})", issuer=server.url, client_id="bench", client_secret=SECRET,
        redirect_uri=REDIRECT_URI, scope=" ".join(SCOPES), users=users, roots=(server.pid, *roots),
        sso=f"{server.url}/saml/sso", metadata=f"{server.url}/saml/metadata", entity_id=ENTITY_ID, acs=ACS,
        **ENROLLED[method],
    )  # fmt: skip


def add_saml_service(server: Server) -> None:
    """As peers have it: unsigned requests, response and assertion signed, three attributes."""
    (server.config / "metadata").mkdir(parents=True)
    (server.config / "metadata" / "bench.xml").write_text(METADATA)
    attributes = {"uid": "preferred_username", "groups": {"groups": "*"}, "company": {"constant": "Bench"}}
    server.tenant.services["bench-saml"] = {
        "service": "bench-saml",
        "display_name": {"en": "Bench"},
        "saml": {"metadata": "metadata/bench.xml", "attributes": attributes},
    }


@contextmanager
def peer(bench: Path, name: str, state: Path) -> Iterator[Target]:
    """A peer as `targets/NAME.json` of the bench folder describes it; it was installed there before."""
    described = json.loads((bench / "targets" / f"{name}.json").read_text())
    script = bench / f"run_{described['peer']}.sh"
    environment = {**os.environ, **described.get("env", {}), "BENCH_STATE": str(state)}
    subprocess.run([script, "start"], env=environment, check=True)
    try:
        wait_until_ready(described["base"] + described["ready"])
        noted = (state / described["peer"] / "run.pids").read_text().splitlines()
        roots = tuple(int(line.split()[0]) for line in noted)
        yield Target(name=described["name"], issuer=described["base"], roots=roots, **doors(described))
    finally:
        subprocess.run([script, "stop"], env=environment, check=True)


def doors(described: dict[str, Any]) -> dict[str, Any]:
    """What a peer's file says of its OpenID provider and of its SAML identity provider."""
    oidc, saml, base = described.get("oidc", {}), described.get("saml", {}), described["base"]
    either = oidc or saml
    found = {"users": either["nusers"], "password": either["password"]}
    found |= {
        name: oidc[name] for name in ("client_id", "client_secret", "redirect_uri", "scope") if name in oidc
    }
    if saml:
        found |= {"entity_id": saml["sp_entity_id"], "acs": saml["acs"]}
        found |= {name: saml[name].replace("{base}", base) for name in ("sso", "metadata")}
    return found


def wait_until_ready(url: str) -> None:
    until = time.monotonic() + READY_SECONDS
    while True:
        try:
            with urlopen(url, timeout=5) as response:
                if response.status == 200:
                    return
        except (URLError, OSError):
            pass
        if time.monotonic() > until:
            raise TimeoutError(f"{url} did not answer within {READY_SECONDS} s")
        time.sleep(0.05)

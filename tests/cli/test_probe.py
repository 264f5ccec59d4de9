"""`idp probe`: real logins at the three doors of a running server, and every way in which one is broken."""

from __future__ import annotations

import json
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from idp.authenticators.totp import TotpSettings
from idp.config.probe import ProbeSettings
from idp.probe.person import Person
from keys.certified_key import CertifiedKey
from keys.secret import Secret
from keys.xml_signature import RSA_SHA256
from tests.cli.conftest import Office
from tests.config.folder import TENANT, mistakes, write
from tests.people import PASSWORD, PATTERN, Token
from tests.protocols.radius.nas import SECRET
from tests.relying_party import CALLBACK
from tests.server import Server, free_port, running
from tests.service_provider import Provider

DOORS = {"wiki": "oidc", "files": "saml", "vpn": "radius"}
HOLDERS = {name: Token() for name in ("holder", "dialler")}  # whose codes are used once, each at one door
WRONG = f"{PATTERN} B2"  # a digit too many: no table makes it right
RULES: list[dict[str, Any]] = [
    {"name": "nobody", "when": {"services": ["denied"]}, "then": "deny"},
    {"name": "codes", "when": {"groups": ["codes"]}, "then": {"require": ["password", "totp"]}},
    {"name": "staff", "when": {"groups": ["staff"]}, "then": {"require": ["matrix"]}},
    {"name": "else", "then": "deny"},
]


def furnish(server: Server) -> None:
    """Three doors, services that are open, closed, denied or unable, and people made for the probe."""
    port = free_port()
    server.configuration.idp["doors"] = ["oidc", "saml", "radius"]
    server.configuration.idp["listen"]["radius"] = [f"0.0.0.0:{port}"]
    tenant = server.tenant
    tenant.policies = RULES
    tenant.settings["lockout"] = {"failures": 20, "seconds": 600}
    for name in ("probe", "clumsy"):
        tenant.add_demo_user(name, "staff", matrix={"pattern": PATTERN})
    for name, token in HOLDERS.items():
        tenant.add_demo_user(name, "codes", password={"password": PASSWORD}, totp={"secret": token.secret})
    for name in ("wiki", "closed", "denied"):
        tenant.add_service(name, CALLBACK)
    tenant.services["closed"]["enabled"] = False
    decryption = CertifiedKey.generate(RSA_SHA256, "sp", int(time.time()))
    providers = [
        Provider("files"),
        Provider("sealed", decryption=decryption),
        Provider("signing", signs=True),
        Provider("denied"),
    ]
    (server.config / "metadata").mkdir(parents=True)
    for each in providers:
        (server.config / "metadata" / f"{each.name}.xml").write_text(each.metadata())
        saml: dict[str, Any] = {"metadata": f"metadata/{each.name}.xml"}
        service = {
            "service": each.name,
            "display_name": {"en": each.name},
            **tenant.services.get(each.name, {}),
        }
        tenant.services[each.name] = {**service, "saml": saml}
    tenant.services["sealed"]["saml"]["encrypt"] = True
    tenant.secrets |= {"vpn": SECRET.decode(), "probe": PATTERN}
    tenant.services["vpn"] = {
        "service": "vpn",
        "display_name": {"en": "VPN"},
        "radius": {"networks": ["127.0.0.0/8"], "secret": {"file": "secrets/demo-vpn"}},
    }
    tenant.settings["probe"] = {
        "user": "probe",
        "pattern": {"file": "secrets/demo-probe"},
        "services": list(DOORS),
    }


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    one = Server(tmp_path_factory.mktemp("probe"))
    furnish(one)
    yield from running(one)


Elsewhere = Callable[..., Office]


@pytest.fixture
def elsewhere(server: Server, tmp_path: Path) -> Elsewhere:
    """Another folder for the same database, with another section `probe`: the server itself knows nothing of it."""

    def make(**changed: Any) -> Office:
        folder = tmp_path / "conf"
        shutil.copytree(server.config, folder)
        alter(folder / "tenants/demo/tenant.yaml", lambda tenant: tenant["probe"].update(changed))
        return Office(folder)

    return make


def alter(file: Path, change: Callable[[Any], None]) -> None:
    content = yaml.safe_load(file.read_text())
    change(content)
    file.write_text(yaml.safe_dump(content, allow_unicode=True))


def tried(office: Office, status: int) -> dict[str, dict[str, Any]]:
    """By service and door, what became of it; no secret stands in what was printed."""
    result = office.run("probe", "--json", status=status)
    assert not any(secret in result.output for secret in (PATTERN, WRONG, PASSWORD, SECRET.decode()))
    return {f"{row['service']} {row['door']}": row for row in json.loads(result.stdout)}


def test_every_door_lets_in_whom_it_should(server: Server, tmp_path: Path) -> None:
    """One line a door, the same for a collector of metrics, and logins like any other in the audit log."""
    file = tmp_path / "masugata.prom"
    result = Office(server.config).run("probe", "--metrics", str(file))
    lines = result.stdout.splitlines()
    assert [line.rpartition(", ")[0] for line in lines] == [f"{s} {d}: ok" for s, d in DOORS.items()]
    assert all(line.endswith(" ms") for line in lines)
    told = file.read_text()
    for service, door in DOORS.items():
        assert f'masugata_probe_success{{tenant="demo",service="{service}",door="{door}"}} 1\n' in told
    assert file.stat().st_mode & 0o777 == 0o644
    accepted = [each for each in server.audit() if each["event"] == "login.accepted"]
    assert sorted(each["service"] for each in accepted if each["user"] == "probe") == sorted(DOORS)
    assert PATTERN not in server.log


@pytest.mark.parametrize(("user", "service"), [("holder", "wiki"), ("dialler", "vpn")])
def test_a_password_and_a_code(elsewhere: Elsewhere, user: str, service: str) -> None:
    office = elsewhere(
        user=user, pattern=None, password=PASSWORD, totp=HOLDERS[user].secret, services=[service]
    )
    office.run("probe")


async def test_no_code_is_used_at_two_doors() -> None:
    """Where the first is still shown he waits for the next, and that is not counted as the door's time."""
    shown = iter((104, 104, 104, 105))
    settings = ProbeSettings(user="holder", totp=Secret(HOLDERS["holder"].secret), services=("a", "b"))
    person = Person(settings, {"totp": TotpSettings(period_seconds=15)}, lambda: next(shown))
    assert await person.answer("totp") != await person.answer("totp")
    assert person.waited == 1


def test_what_the_service_alone_can_open_is_signed_around_it(elsewhere: Elsewhere) -> None:
    assert tried(elsewhere(services=["sealed"]), 0)["sealed saml"]["ok"]


def test_which_door_is_broken_and_where(elsewhere: Elsewhere) -> None:
    """A rule denies, a service is closed, a provider signs its requests: the one that is well is said to be."""
    found = tried(elsewhere(services=["denied", "closed", "signing", "files"]), 1)
    assert {name: (each["step"], each["ok"]) for name, each in found.items()} == {
        "denied oidc": ("sign-in, after username", False),
        "denied saml": ("sign-in, after username", False),
        "closed oidc": ("sign-in", False),
        "signing saml": ("the service's metadata", False),
        "files saml": ("", True),
    }
    for name in ("denied oidc", "denied saml"):
        assert found[name]["why"].startswith("a page with status 403 says: ")
        assert "Service denied" in found[name]["why"]
    assert "status 4" in found["closed oidc"]["why"]
    assert "give the probe a service of its own" in found["signing saml"]["why"]


def test_a_wrong_pattern(elsewhere: Elsewhere, tmp_path: Path) -> None:
    office = elsewhere(user="clumsy")
    (office.folder / "secrets/demo-probe").write_text(WRONG)
    file = tmp_path / "masugata.prom"
    lines = office.run("probe", "--metrics", str(file), status=1).stdout.splitlines()
    assert [line.partition(": broken at ")[2].partition(":")[0] for line in lines] == [
        "sign-in, matrix",
        "sign-in, matrix",
        "challenge, matrix",
    ]
    assert "Access-Reject" in lines[2]
    assert 'masugata_probe_success{tenant="demo",service="wiki",door="oidc"} 0\n' in file.read_text()


def test_another_radius_secret_than_the_server_has(elsewhere: Elsewhere) -> None:
    office = elsewhere(services=["vpn"], seconds=1)
    (office.folder / "secrets/demo-vpn").write_text("another-secret-0123456789")
    found = tried(office, 1)["vpn radius"]
    assert found["step"] == "request"
    assert "did not answer at port" in found["why"]


def test_no_server_at_all(elsewhere: Elsewhere) -> None:
    """Where it should be, nobody listens; every door is said to be broken."""
    office, port = elsewhere(seconds=1), free_port()
    alter(
        office.folder / "tenants/demo/tenant.yaml",
        lambda one: one.update(base_url=f"http://localhost:{port}"),
    )
    alter(office.folder / "idp.yaml", lambda one: one["listen"].update(radius=[f"127.0.0.1:{port}"]))
    found = tried(office, 1)
    assert [each["step"] for each in found.values()] == ["discovery", "metadata", "request"]
    assert "does not answer" in found["wiki oidc"]["why"]
    assert found["files saml"]["why"].startswith("no answer")


def test_who_else_asks_is_told_nothing(elsewhere: Elsewhere) -> None:
    """Where the way leads to a page that is not below base_url, no name and no secret is typed into it."""
    posted = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            is_metadata = self.path.startswith("/acme/")
            self.send_response(200)
            self.send_header("Content-Type", "application/json" if is_metadata else "text/html")
            self.end_headers()
            form = '<form method="post" action="/take"><input name="username"></form>'
            self.wfile.write((json.dumps(metadata) if is_metadata else form).encode())

        def do_POST(self) -> None:
            posted.append(self.path)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as other:
        origin = f"http://localhost:{other.server_port}"
        metadata = {"issuer": f"{origin}/acme", "authorization_endpoint": f"{origin}/other"}
        threading.Thread(target=other.serve_forever).start()
        office = elsewhere(services=["wiki"])
        alter(office.folder / "tenants/demo/tenant.yaml", lambda one: one.update(base_url=metadata["issuer"]))
        found = tried(office, 1)["wiki oidc"]
        other.shutdown()
    assert "somebody else asks" in found["why"], found
    assert posted == []


def test_what_he_was_not_given(elsewhere: Elsewhere) -> None:
    office = elsewhere(pattern=None, password=PASSWORD)
    assert {each["why"] for each in tried(office, 1).values()} == {
        "matrix is asked for, and probe.pattern is not given"
    }


def test_nobody_was_made_for_it(elsewhere: Elsewhere) -> None:
    assert "write probe.user in tenant.yaml" in elsewhere(user=None).run("probe", status=1).stderr


@pytest.mark.parametrize(
    ("section", "expected"),
    [
        (
            "{user: p, password: x, services: [wikki]}",
            "6:42: probe.services: no service is called wikki, did",
        ),
        ("{user: p, totp: x, servces: [wiki]}", "did you mean services?"),
        ("{user: p, services: [wiki]}", "proves himself with nothing"),
        ("{user: p, password: x}", "services is empty"),
        ("{user: p, pattern: A1, services: [wiki]}", "probe.pattern: needs matrix in authenticators.yaml"),
    ],
)
def test_mistakes_of_the_section(tmp_path: Path, section: str, expected: str) -> None:
    tenant = TENANT.replace("login.example.com", "localhost").replace("https", "http")
    write(
        tmp_path,
        tenants__acme__tenant=f"{tenant}demo: true\n\nprobe: {section}\n",
        tenants__acme__authenticators="totp:\n",
        tenants__acme__policies="- {name: all, then: {require: [totp]}}\n",
    )
    (told,) = mistakes(tmp_path)
    assert "tenants/acme/tenant.yaml:6:" in told
    assert expected in told

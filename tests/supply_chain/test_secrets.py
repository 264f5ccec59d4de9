"""No secret is kept with the sources: by its shape anywhere, by what it reads like in files written by hand."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import pytest
from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class
from detect_secrets.core.scan import scan_file
from detect_secrets.plugins.base import RegexBasedDetector
from detect_secrets.settings import transient_settings

from keys.token import new_id
from tests.supply_chain.bill import ROOT

GUESSING = ("KeywordDetector", "Base64HighEntropyString", "HexHighEntropyString")
NO_SECRET_BY_ITSELF = ("IPPublicDetector", "KeywordDetector")
BY_HAND = (
    "conf",
    "docs",
    ".ci",
    "themes/default/messages",
    "Dockerfile",
    "Makefile",
    "setup.cfg",
    "README.md",
)
GENERATED = (
    "requirements",
    "docs/sbom.cdx.json",
    "tests/package-lock.json",
    "tests/applications/package-lock.json",
)

# What looks like a secret and is none: what the demo and the guides show to everybody, and answers that tests refuse.
SHOWN = {
    "conf/tenants/demo/authenticators.yaml": {"made"},
    "conf/tenants/demo/demo-users.yaml": {"correct horse battery", "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"},
    "conf/tenants/demo/services/vpn.yaml": {"testing123"},
    "conf/tenants/demo/services/wiki.yaml": {"wiki-demo-secret"},
    "docs/clients/node-red.md": {"flows-demo-secret"},
    "docs/clients/saml/simplesamlphp.md": {"change-this-to-something-random", "sp.key"},
    "setup.cfg": {"OpenID Connect, SAML 2.0, RADIUS"},
    "tests/monitoring/test_tracing.py": {"://user:word@"},
    "tests/keys/test_vectors.py": {"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc"},
    "tests/keys/test_client_authority.py": {"BEGIN PRIVATE KEY"},
    "tests/protocols/oidc/conformance/test_requests.py": {"eyJhbGciOiJub25lIn0.eyJjbGllbnRfaWQiOiJ3aWtpIn0."},
    "tests/protocols/oidc/test_authorization.py": {"eyJhbGciOiJub25lIn0.eyJjbGllbnRfaWQiOiJ3aWtpIn0."},
    "tests/protocols/oidc/test_redirect_uri.py": {"://user:pw@", "://127.0.0.1:80@", "://127.0.0.1:9000@"},
    "tests/protocols/oidc/test_request_object.py": {"eyJhbGciOiJub25lIn0.eyJjbGllbnRfaWQiOiJzaWduaW5nIn0."},
    "tests/protocols/saml/test_answers.py": {"BEGIN PRIVATE KEY"},
}


def sources() -> list[str]:
    """Every file of ours: what is committed, and what is about to be."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    ).stdout.splitlines()  # fmt: skip
    return [name for name in listed if (ROOT / name).is_file() and not name.startswith(GENERATED)]


@cache
def patterns() -> tuple[re.Pattern[str], ...]:
    """How keys of many makers, private keys, tokens and addresses with passwords look."""
    detectors = get_mapping_from_secret_type_to_class().values()
    sharp = (one() for one in detectors if one.__name__ not in (*GUESSING, *NO_SECRET_BY_ITSELF))
    return tuple(pattern for one in sharp if isinstance(one, RegexBasedDetector) for pattern in one.denylist)


def looks_secret(text: str) -> Iterator[str]:
    """Everything in a text that has the shape of a secret."""
    for pattern in patterns():
        for match in pattern.finditer(text):
            yield match[0]


def guessed(paths: Iterable[Path]) -> dict[str, set[str]]:
    """What stands behind words like password, or is too random to be a word."""
    found: dict[str, set[str]] = {}
    with transient_settings({"plugins_used": [{"name": name} for name in GUESSING]}):
        for path in paths:
            for secret in scan_file(str(path)):
                found.setdefault(path.name, set()).add(str(secret.secret_value).split("#")[0].strip())
    return found


def unknown(found: Iterable[str], name: str) -> set[str]:
    return set(found) - SHOWN.get(name, set())


def test_no_file_holds_what_has_the_shape_of_a_secret() -> None:
    names = [
        name for name in sources() if not name.startswith("tests/vectors/") and ROOT / name != Path(__file__)
    ]
    assert len(names) > 1000
    found = {name: unknown(looks_secret(_read(ROOT / name)), name) for name in names}
    assert {name: secrets for name, secrets in found.items() if secrets} == {}


def test_what_people_write_by_hand_holds_no_secret_but_those_of_the_demo() -> None:
    names = [name for name in sources() if name.startswith(BY_HAND) and not name.endswith((".xml", ".png"))]
    assert len(names) > 80
    found = {name: unknown(*guessed([ROOT / name]).values() or [()], name) for name in names}
    assert {name: secrets for name, secrets in found.items() if secrets} == {}


@pytest.mark.parametrize(
    "planted",
    [
        "-----BEGIN RSA " + "PRIVATE KEY-----\nMIIEow",
        "ghp_" + "a1B2c3D4e5" * 4,
        "AKIA" + "Z3QK7XN2LMP4ABCD",
        "postgresql://masugata:" + "s3cret-of-ours@db.example.com/masugata",
    ],
)
def test_a_secret_that_is_planted_is_found(planted: str) -> None:
    assert list(looks_secret(f"before\n{planted}\nafter\n"))


def test_a_client_secret_that_was_pasted_into_a_configuration_is_found(tmp_path: Path) -> None:
    pasted = tmp_path / "wiki.yaml"
    pasted.write_text(f"oidc:\n  client_secret: {new_id()}\n")
    assert guessed([pasted])


def _read(path: Path) -> str:
    return path.read_bytes().decode("utf-8", "ignore")

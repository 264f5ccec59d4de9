"""What RADIUS needs of the whole server: networks that nobody else has, open doors, files for TLS."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.config.folder import AUTHENTICATORS, POLICIES, TENANT, mistakes, warnings, write

IDP = "doors: [oidc, radius]"
OTHER = TENANT.replace("acme", "other").replace("https://login.example.com", "https://other.example.com")
NAS = """
service: {name}
display_name: {{en: VPN}}
radius:
  networks: [{networks}]
  secret: {{env: HOME}}
"""


def folder(root: Path, one: str, other: str) -> Path:
    return write(
        root,
        idp=IDP,
        tenants__acme__services__vpn=NAS.format(name="vpn", networks=one),
        tenants__other__tenant=OTHER,
        tenants__other__authenticators=AUTHENTICATORS,
        tenants__other__policies=POLICIES,
        tenants__other__services__gate=NAS.format(name="gate", networks=other),
    )


@pytest.fixture(autouse=True)
def secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/a/home/that/is/long/enough")


def test_two_tenants_cannot_have_one_network(tmp_path: Path) -> None:
    assert mistakes(folder(tmp_path, "192.0.2.1/32", "198.51.100.0/24, 192.0.2.1")) == [
        "tenants/other/services/gate.yaml:5:31: radius.networks[2]: 192.0.2.1/32 stands at "
        "tenants/acme/services/vpn.yaml:5:14 already, choose another"
    ]


def test_a_network_within_another_is_fine(tmp_path: Path) -> None:
    assert warnings(folder(tmp_path, "192.0.2.0/24", "192.0.2.1/32")) == []


def test_a_short_secret_is_a_mistake_and_an_exception_is_warned_about(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """THREAT_MODEL.md 26: … per-NAS report of who cannot (CVE-2024-3596)."""
    nas = NAS.format(name="vpn", networks="192.0.2.1") + "  message_authenticator: optional\n"
    (warned,) = warnings(write(tmp_path, idp=IDP, tenants__acme__services__vpn=nas))
    assert warned.startswith("tenants/acme/services/vpn.yaml:7:3: message_authenticator is optional")
    monkeypatch.setenv("HOME", "short")
    (told,) = mistakes(tmp_path)
    assert told.startswith("tenants/acme/services/vpn.yaml:6:11: radius.secret must have at least 8 bytes")


def test_addresses_of_a_closed_door_are_a_mistake(tmp_path: Path) -> None:
    (told,) = mistakes(write(tmp_path, idp="listen: {radius: 127.0.0.1:1812}"))
    assert "add radius" in told


def test_files_for_tls_are_looked_at(tmp_path: Path) -> None:
    (missing,) = mistakes(write(tmp_path, idp=f"{IDP}\nlisten: {{radsec: 127.0.0.1:2083}}"))
    assert "radsec is missing" in missing
    files = "radsec:\n  certificate: tls/a.pem\n  key: tls/a.key\n  authorities: tls/ca.pem"
    (told,) = mistakes(write(tmp_path, idp=f"{IDP}\n{files}"))
    assert told == (
        "idp.yaml:3:16: radsec.certificate: cannot be used with its key: no such file or directory"
    )

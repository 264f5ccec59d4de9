"""Passkeys and recovery codes in the folder: what cannot be, and what is dubious."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.config.folder import SERVICE, TENANT, mistakes, warnings, write

BOTH = "matrix:\npasskey:\n{}recovery:\ntotp:\n"
RULE = "- {{name: all, when: {{{}}}, then: {{require: [{}]}}}}\n"
GUIDE = Path(__file__).parents[2] / "docs" / "passkeys.md"
NAS = "service: vpn\ndisplay_name: {en: VPN}\nradius: {networks: [192.0.2.1/32], secret: {env: PATH}}\n"


def test_what_stands_in_the_manual_is_right(tmp_path: Path) -> None:
    assert warnings(write(tmp_path, tenants__acme__authenticators=BOTH.format(""))) == []


def test_a_server_without_a_name_has_no_passkeys(tmp_path: Path) -> None:
    tenant = TENANT.replace("login.example.com", "192.0.2.1")
    folder = write(tmp_path, tenants__acme__tenant=tenant, tenants__acme__authenticators=BOTH.format(""))
    assert mistakes(folder) == [
        "tenants/acme/tenant.yaml:2:11: base_url: passkeys are bound to a name, and 192.0.2.1 is an address: "
        "give the server a name"
    ]


def test_a_domain_that_is_not_above_ours_is_a_mistake(tmp_path: Path) -> None:
    folder = write(tmp_path, tenants__acme__authenticators=BOTH.format("  rp_id: example.org\n"))
    assert mistakes(folder) == [
        "tenants/acme/authenticators.yaml:3:10: passkey.rp_id must be login.example.com or a domain above it, "
        "browsers refuse any other"
    ]


@pytest.mark.parametrize(
    ("names", "words"),
    [
        ("[matrix]", "matrix is no device, and what somebody knows is not replaced by a sheet of paper"),
        ("[topt]", "topt is not configured, did you mean totp?"),
        ("[password]", "password is not configured, known are matrix, passkey, totp"),
    ],
)
def test_a_code_stands_in_for_a_device_that_there_is(tmp_path: Path, names: str, words: str) -> None:
    file = f"matrix:\npasskey:\ntotp:\nrecovery:\n  instead_of: {names}\n"
    (said,) = mistakes(write(tmp_path, tenants__acme__authenticators=file))
    assert said == f"tenants/acme/authenticators.yaml:5:15: recovery.instead_of: {words}"


def test_a_passkey_alone_that_nobody_unlocks_is_dubious(tmp_path: Path) -> None:
    files = {
        "tenants__acme__authenticators": BOTH.format("  user_verification: preferred\n"),
        "tenants__acme__policies": RULE.format("", "passkey"),
    }
    assert warnings(write(tmp_path, **files)) == [
        "tenants/acme/policies.yaml:1:31: rule all asks for a passkey alone: set user_verification to required, "
        "else whoever finds the key gets in"
    ]


@pytest.mark.parametrize(
    ("when", "is_dubious"),
    [("", True), ("services: [vpn]", True), ("services: [wiki]", False), ("protocols: [oidc]", False)],
)
def test_a_rule_that_no_nas_can_follow_is_dubious(tmp_path: Path, when: str, is_dubious: bool) -> None:
    files = {
        "idp": "doors: [oidc, radius]\nlisten: {radius: ['127.0.0.1:1812']}\n",
        "tenants__acme__authenticators": BOTH.format(""),
        "tenants__acme__policies": RULE.format(when, "matrix, passkey"),
        "tenants__acme__services__vpn": NAS,
    }
    said = [warning for warning in warnings(write(tmp_path, **files)) if "NAS" in warning]
    expected = "rule all asks for passkey, which no NAS can ask for: logins by RADIUS will be refused"
    assert [one.split(": ", 1)[1] for one in said] == ([expected] if is_dubious else [])


def test_the_guide_can_be_followed(tmp_path: Path) -> None:
    """Its first two pieces go into a folder as they are; the third lacks only a maker's certificate."""
    on, rules, models = re.findall(r"```yaml\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    files = {
        "tenants__acme__authenticators": f"matrix:\n{on}totp:\n",
        "tenants__acme__policies": rules,
        "tenants__acme__services__notes": SERVICE.replace("wiki", "notes"),
    }
    assert warnings(write(tmp_path, **files)) == []
    files["tenants__acme__authenticators"] = f"matrix:\n{models}recovery:\ntotp:\n"
    (said,) = mistakes(write(tmp_path, **files))
    assert "roots must be certificates in PEM form" in said

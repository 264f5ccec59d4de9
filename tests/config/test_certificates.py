"""Client certificates of people in the folder: what cannot be, and what is dubious."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from idp.config.load import load
from tests.certificates import crl, issue
from tests.config.folder import TENANT, mistakes, warnings, write

COMPANY = issue("CN=Company", is_authority=True)
PROXIED = "trusted_proxies: [192.0.2.1/32]\nclient_certificate_header: Client-Cert\n"
TLS = "tls: {certificate: server.pem, key: server.key, client_certificates: true}\n"
RULE = "- {{name: all, when: {{{}}}, then: {{require: [{}]}}}}\n"
NAS = "service: vpn\ndisplay_name: {en: VPN}\nradius: {networks: [192.0.2.1/32], secret: {env: PATH}}\n"
FILE = "tenants/acme/authenticators.yaml"


def folder(root: Path, external: str = "", rule: str = "matrix, certificate", **files: str) -> Path:
    server = issue("CN=localhost")
    (root / "company.pem").write_bytes(COMPANY.pem)
    (root / "server.pem").write_bytes(server.pem)
    (root / "server.key").write_bytes(server.key_pem)
    (root / "person.pem").write_bytes(issue("CN=somebody", COMPANY).pem)
    (root / "company.crl").write_bytes(crl(COMPANY, at=int(time.time())))
    (root / "other.crl").write_bytes(crl(issue("CN=Other", is_authority=True), at=int(time.time())))
    section = f"matrix:\ncertificate:\n{f'  external: [{external}]' if external else ''}\n"
    given = {"idp": PROXIED, "tenants__acme__policies": RULE.format("", rule), **files}
    return write(root, tenants__acme__authenticators=section, **given)


@pytest.mark.parametrize("server", [PROXIED, TLS])
def test_browsers_are_asked_by_us_or_by_a_proxy(tmp_path: Path, server: str) -> None:
    assert warnings(folder(tmp_path, idp=server)) == []


@pytest.mark.parametrize("server", ["", TLS.replace("true", "false")])
def test_a_rule_that_nobody_can_follow_is_a_mistake(tmp_path: Path, server: str) -> None:
    assert mistakes(folder(tmp_path, idp=server)) == [
        "tenants/acme/policies.yaml:1:31: rule all asks for a certificate, and nobody could show one: let browsers be "
        "asked (tls.client_certificates in idp.yaml), or name the header in which a proxy hands it on "
        "(client_certificate_header)"
    ]


def test_a_rule_may_look_at_the_certificate_of_a_device(tmp_path: Path) -> None:
    rules = RULE.format("device: {certificate: true}", "matrix")
    files = {
        "tenants__acme__policies": rules,
        "tenants__acme__tenant": f"{TENANT}device_authorities: {{file: company.pem}}\n",
    }
    for server in (PROXIED, TLS):
        assert load(folder(tmp_path, idp=server, **files)).tenants
    (said,) = mistakes(folder(tmp_path, idp="", **files))
    assert said.endswith("needs client_certificate_header, or tls.client_certificates, in idp.yaml")


def test_who_speaks_tls_has_a_secure_address(tmp_path: Path) -> None:
    tenant = TENANT.replace("https://login.example.com", "http://localhost")
    assert mistakes(folder(tmp_path, idp=TLS, tenants__acme__tenant=tenant)) == [
        "tenants/acme/tenant.yaml:2:11: base_url: must be https, the server speaks TLS (tls in idp.yaml)"
    ]


def test_a_key_that_is_not_the_certificates(tmp_path: Path) -> None:
    (said,) = mistakes(folder(tmp_path, idp=TLS.replace("server.key", "person.pem")))
    assert said.startswith("idp.yaml:1:20: tls.certificate: cannot be used with its key: ")


def test_alone_and_by_radius_it_is_dubious(tmp_path: Path) -> None:
    files = {"idp": f"{PROXIED}doors: [oidc, radius]\n", "tenants__acme__services__vpn": NAS}
    said = warnings(folder(tmp_path, rule="certificate", **files))
    assert [each.partition("asks for ")[2].partition(":")[0] for each in said] == [
        "a certificate alone",
        "certificate, which no NAS can ask for",
    ]


@pytest.mark.parametrize(
    ("external", "words"),
    [
        ("{authorities: none.pem, user: email}", "authorities: cannot read "),
        ("{authorities: person.pem, user: email}", "holds no certificates of authorities in PEM"),
        ("{authorities: company.pem, user: email, crl: other.crl}", "holds a list of CN=Other, which is none of "),
        ("{authorities: company.pem, user: email, crl: server.key}", "holds no certificate revocation list in PEM"),
        ("{authorities: company.pem, user: email, crl: none.crl}", "crl: cannot read "),
        ("{authorities: company.pem, user: email, suffix: '@x'}", "suffix is for upn and common_name only"),
        ("{authorities: company.pem, user: serial}", "attribute is needed with user: serial, and only there"),
        ("{authorities: company.pem, user: upn, attribute: card}", "attribute is needed with user: serial, and"),
        ("{authorities: company.pem, user: serial, attribute: card}", "no attribute of text is called card"),
        ("{authorities: company.pem, user: name}", "user must be"),
    ],
)  # fmt: skip
def test_authorities_that_cannot_be_believed(tmp_path: Path, external: str, words: str) -> None:
    (said,) = mistakes(folder(tmp_path, external))
    assert words in said
    assert said.startswith(f"{FILE}:3:")


def test_authorities_of_others_are_found_from_the_folder(tmp_path: Path) -> None:
    tenant = f"{TENANT}attributes: {{card: text}}\n"
    external = "{authorities: company.pem, crl: company.crl, user: serial, attribute: card}"
    (acme,) = load(folder(tmp_path, external, tenants__acme__tenant=tenant)).tenants
    (one,) = acme.authenticators["certificate"].external
    assert one.authorities == str(tmp_path / "company.pem")


@pytest.mark.parametrize(
    ("section", "words"),
    [
        ("{issue: never}", "external is missing, where we issue none somebody else has to"),
        ("{days: 14}", "renew_days must be less than days"),
    ],
)
def test_settings_that_contradict_each_other(tmp_path: Path, section: str, words: str) -> None:
    root = folder(tmp_path)
    (root / FILE).write_text(f"matrix:\ncertificate: {section}\n")
    (said,) = mistakes(root)
    assert words in said

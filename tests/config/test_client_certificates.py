"""What a service's certificate needs, of its own file and of the server: told with file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from idp.config.load import load
from tests.certificates import issue
from tests.config.folder import mistakes, write

AUTHORITY = issue("CN=Authority", is_authority=True)
PROXY = "trusted_proxies: [127.0.0.1/32]\nclient_certificate_header: Client-Cert\n"
SERVICE = """\
service: wiki
display_name: {{en: Wiki}}
oidc:
  client_id: wiki
  redirect_uris: [https://wiki.example.com/callback]
  token_endpoint_auth_method: {method}
{more}
"""
PKI = ("tls_client_auth_subject_dn: CN=wiki", "tls_client_auth_ca: {file: ca.pem}")


def folder(tmp_path: Path, method: str, *more: str, idp: str = PROXY) -> Path:
    (tmp_path / "ca.pem").write_bytes(AUTHORITY.pem)
    (tmp_path / "leaf.pem").write_bytes(issue("CN=leaf", AUTHORITY).pem)
    lines = "\n".join(f"  {line}" for line in more)
    return write(tmp_path, idp=idp, tenants__acme__services__wiki=SERVICE.format(method=method, more=lines))


def test_what_is_needed_and_no_more_is_no_mistake(tmp_path: Path) -> None:
    assert load(folder(tmp_path, "tls_client_auth", *PKI)).tenants


@pytest.mark.parametrize(
    ("method", "more", "words"),
    [
        ("tls_client_auth", PKI[:1], "tls_client_auth_ca is missing"),
        ("tls_client_auth", PKI[1:], "tls_client_auth_subject_dn: tls_client_auth needs exactly one"),
        ("tls_client_auth", (*PKI, "tls_client_auth_san_dns: x"), "tls_client_auth needs exactly one"),
        ("tls_client_auth", (*PKI, "client_secret: {env: HOME}"), "client with tls_client_auth has none"),
        ("tls_client_auth", ("tls_client_auth_subject_dn: wiki", PKI[1]), "must be a distinguished name"),
        ("tls_client_auth", ("tls_client_auth_san_ip: wiki", PKI[1]), "must be an IP address"),
        ("tls_client_auth", (PKI[0], "tls_client_auth_ca: {file: no.pem}"), "no such file"),
        ("tls_client_auth", (PKI[0], "tls_client_auth_ca: {file: leaf.pem}"), "holds no certificates of authorities"),
        ("tls_client_auth", (PKI[0], "tls_client_auth_ca: ca.pem"), "must be {file: …}"),
        ("none", PKI, "is for tls_client_auth only"),
        ("self_signed_tls_client_auth", (), "jwks: self_signed_tls_client_auth needs jwks"),
        ("none", ("tls_client_certificate_bound_access_tokens: true", "response_types: [id_token token]"), "a browser"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_told(tmp_path: Path, method: str, more: tuple[str, ...], words: str) -> None:
    (mistake,) = mistakes(folder(tmp_path, method, *more))
    assert mistake.startswith("tenants/acme/services/wiki.yaml:")
    assert words in mistake


def test_the_proxy_has_to_hand_them_on(tmp_path: Path) -> None:
    """Otherwise nobody could ever enter; and without a trusted proxy anybody could."""
    bound = "tls_client_certificate_bound_access_tokens: true"
    found = mistakes(folder(tmp_path, "tls_client_auth", *PKI, bound, idp=""))
    place, needs = "tenants/acme/services/wiki.yaml", "needs client_certificate_header in idp.yaml"
    assert found == [
        f"{place}:6:31: oidc.token_endpoint_auth_method tls_client_auth {needs}",
        f"{place}:9:47: oidc.tls_client_certificate_bound_access_tokens {needs}",
    ]
    (mistake,) = mistakes(folder(tmp_path, "none", idp="client_certificate_header: Client-Cert"))
    assert mistake.startswith("idp.yaml:1:") and "needs trusted_proxies" in mistake
    (mistake,) = mistakes(folder(tmp_path, "none", idp="trusted_proxies: [false]"))
    assert mistake.endswith("must be a network, for example 10.0.0.0/8")

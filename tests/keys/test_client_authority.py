"""A private authority, as others see it: OpenSSL verifies its certificates, reads its lists and its files."""

from __future__ import annotations

import pickle
import subprocess
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from keys import pkcs12
from keys.certificate import Authorities, Certificate
from keys.client_authority import ClientAuthority
from keys.revocation_list import RevocationLists
from keys.secret import Secret
from tests.certificates import crl, issue

NOW = 1_800_000_000
DAY = 86400
CRL = "https://login.example.com/certificates/0a.crl"
AUTHORITY = ClientAuthority.generate("Acme client certificates", NOW)
ALICE = AUTHORITY.issue("alice", NOW, 90, CRL)
BOB = AUTHORITY.issue("bob", NOW, 90, CRL)
TRUSTED = Authorities.from_der(AUTHORITY.certificate)


def openssl(*words: str | Path, given: bytes = b"", status: int = 0) -> str:
    done = subprocess.run(["openssl", *words], input=given, capture_output=True, check=False)
    assert done.returncode == status, done.stderr
    return (done.stdout + done.stderr).decode()


def test_openssl_takes_a_certificate_until_it_is_revoked(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text(TRUSTED.pem)
    (tmp_path / "alice.pem").write_text(Authorities((ALICE.certificate,)).pem)
    for revoked, status in (((), 0), (((ALICE.serial, NOW),), 2)):
        lists = x509.load_der_x509_crl(AUTHORITY.crl(revoked, NOW, DAY))
        (tmp_path / "crl.pem").write_bytes(lists.public_bytes(Encoding.PEM))
        words = ("verify", "-x509_strict", "-purpose", "sslclient", "-crl_check", "-attime", str(NOW + 1))
        said = openssl(
            *words, "-CAfile", tmp_path / "ca.pem", "-CRLfile", tmp_path / "crl.pem", tmp_path / "alice.pem",
            status=status,
        )  # fmt: skip
        assert ("certificate revoked" in said) == bool(revoked)


def test_what_it_says_of_itself() -> None:
    certificate = Certificate.from_der(ALICE.der)
    assert certificate.is_issued_by(TRUSTED)
    assert certificate.is_for_clients
    assert certificate.names("common_name") == ("alice",)
    assert (certificate.serial, ALICE.ends_at) == (ALICE.serial, NOW + 90 * DAY)
    assert certificate.is_valid(NOW)
    assert certificate.is_valid(NOW + 90 * DAY)
    assert not certificate.is_valid(NOW + 90 * DAY + 1)
    assert certificate.is_early(NOW - 301)
    assert not Certificate.from_der(AUTHORITY.certificate).is_for_clients


def test_nothing_outlives_its_authority() -> None:
    late = AUTHORITY.issue("late", NOW + 3600 * DAY, 825, CRL)
    assert late.ends_at == NOW + 3650 * DAY


def test_it_comes_back_from_rest_and_is_not_written_down_elsewhere() -> None:
    """THREAT_MODEL.md 33: Secrets have a type without a repr."""
    again = ClientAuthority.load(AUTHORITY.dump(), AUTHORITY.certificate)
    assert again.id == AUTHORITY.id
    assert Certificate.from_der(again.issue("carol", NOW, 1, CRL).der).is_issued_by(TRUSTED)
    other = ClientAuthority.generate("Other", NOW)
    with pytest.raises(ValueError, match="another key"):
        ClientAuthority.load(other.dump(), AUTHORITY.certificate)
    for key in (AUTHORITY, ALICE):
        with pytest.raises(TypeError):
            pickle.dumps(key)
    assert "PRIVATE" not in f"{ALICE!r}{AUTHORITY!r}"


@pytest.mark.parametrize(
    ("legacy", "algorithm"), [(False, "AES-256-CBC"), (True, "pbeWithSHA1And3-KeyTripleDES-CBC")]
)
def test_a_file_opens_by_its_password_only(legacy: bool, algorithm: str) -> None:
    file = pkcs12.bundle(ALICE, "Acme", Secret("4KQ0-M1N8-VT2R-XW7C"), legacy=legacy)
    words = ("pkcs12", "-info", "-nodes", *(("-legacy",) if legacy else ()))
    said = openssl(*words, "-passin", "pass:4KQ0-M1N8-VT2R-XW7C", given=file)
    assert "BEGIN PRIVATE KEY" in said
    assert said.count("BEGIN CERTIFICATE") == 2
    assert algorithm in said
    assert "invalid password" in openssl(*words, "-passin", "pass:wrong", given=file, status=1)


def test_lists_say_who_is_revoked_until_they_are_old() -> None:
    lists = RevocationLists.read(AUTHORITY.crl([(ALICE.serial, NOW)], NOW, DAY), TRUSTED)
    alice, bob = (Certificate.from_der(one.der) for one in (ALICE, BOB))
    assert lists.judge(alice, NOW) == "revoked"
    assert lists.judge(bob, NOW + DAY - 1) is None
    assert lists.judge(bob, NOW + DAY) == "stale"
    assert lists.judge(alice, NOW + DAY) == "revoked"
    stranger = ClientAuthority.generate("Stranger", NOW).issue("alice", NOW, 1, CRL)
    assert lists.judge(Certificate.from_der(stranger.der), NOW) == "stale", (
        "of another issuer it says nothing"
    )


def test_lists_of_others_are_refused() -> None:
    company, other = (issue(f"CN={name}", is_authority=True) for name in ("Company", "Other"))
    twin = issue("CN=Company", is_authority=True)
    trusted = Authorities.from_pem(company.pem)
    assert len(RevocationLists.read(crl(company, at=NOW) * 2, trusted).lists) == 2
    with pytest.raises(ValueError, match="in PEM or DER"):
        RevocationLists.read(b"-----BEGIN X509 CRL-----\nx\n-----END X509 CRL-----", trusted)
    for foreign in (other, twin):
        with pytest.raises(ValueError, match="did not sign it"):
            RevocationLists.read(crl(foreign, at=NOW), trusted)
    for extension in (x509.DeltaCRLIndicator(1), x509.InhibitAnyPolicy(1)):
        with pytest.raises(ValueError, match="some certificates only"):
            RevocationLists.read(crl(company, at=NOW, extension=extension), trusted)


def test_names_of_every_kind() -> None:
    upn = x509.ObjectIdentifier("1.3.6.1.4.1.311.20.2.3")
    long = "a" * 200
    names = [
        x509.RFC822Name("alice@example.com"),
        x509.OtherName(upn, b"\x0c\x0bhanako@corp"),
        x509.OtherName(upn, b"\x0c\x81\xc8" + long.encode()),
        x509.OtherName(upn, b"\x16\x02ab"),
        x509.OtherName(upn, b"\x0c\x02\xff\xfe"),
        x509.OtherName(x509.ObjectIdentifier("1.2.3"), b"\x0c\x05other"),
    ]
    certificate = Certificate.from_der(issue("CN=Hanako,O=Acme", alternatives=names).der)
    assert certificate.names("email") == ("alice@example.com",)
    assert certificate.names("upn") == ("hanako@corp", long)
    assert certificate.names("common_name") == ("Hanako",)
    assert certificate.names("serial") == (certificate.serial,)
    bare = Certificate.from_der(issue("O=Acme", alternatives=()).der)
    assert (bare.names("email"), bare.names("upn"), bare.names("common_name")) == ((), (), ())

"""Client certificates: how they are read, and by what they are recognised."""

from __future__ import annotations

import base64
import time
from itertools import count

import pytest

from keys.certificate import LIMIT, Authorities, Certificate, InvalidCertificate, subject
from tests.certificates import Issued, issue

NAME = "CN=batch,OU=Ops,O=Example"
AUTHORITY = issue("CN=Authority,O=Example", is_authority=True)
BATCH = issue(NAME, AUTHORITY)


@pytest.mark.parametrize(
    "value", [BATCH.header, f"  {BATCH.header} ", BATCH.escaped, BATCH.on_one_line], ids=count()
)
def test_it_is_read_as_proxies_write_it(value: str) -> None:
    certificate = Certificate.from_header(value)
    assert certificate.thumbprint == BATCH.thumbprint
    assert certificate.is_issued_by(Authorities.from_pem(AUTHORITY.pem))


@pytest.mark.parametrize(
    "value",
    [
        "", ":", "::", ":AAAA:", ":é:", BATCH.header[1:], BATCH.header[:-1], BATCH.header + BATCH.header,
        f"{BATCH.header}, {BATCH.header}", BATCH.escaped * 2, base64.b64encode(BATCH.der).decode(),
        BATCH.header[:60] + ":", "%FF%00", "-----BEGIN CERTIFICATE-----", "x" * (LIMIT + 1),
        ":" + base64.b64encode(BATCH.der + b"x").decode() + ":", ":MIIA" + "A" * LIMIT + ":",
    ],
    ids=count(),  # the certificates are others in each process
)  # fmt: skip
def test_whatever_else_is_none(value: str) -> None:
    with pytest.raises(InvalidCertificate):
        Certificate.from_header(value)


@pytest.mark.parametrize(
    "known", ["06072a8648ce3d0201", "06082a8648ce3d030107"], ids=["kind of key", "curve"]
)
def test_one_with_a_key_that_we_do_not_know_is_none(known: str) -> None:
    """Whoever signs his own may put anything there; it must end as any other does, not as a defect."""
    identifier = bytes.fromhex(known)
    assert BATCH.der.count(identifier) == 1
    changed = BATCH.der.replace(identifier, identifier[:-1] + b"\x0f")
    with pytest.raises(InvalidCertificate):
        Certificate.from_header(f":{base64.b64encode(changed).decode()}:")


def test_its_subject_is_compared_part_for_part() -> None:
    certificate = Certificate.from_header(BATCH.header)
    assert certificate.has_subject(subject(NAME))
    assert certificate.has_subject(subject("2.5.4.3=batch,OU=Ops,O=Example"))
    for other in (
        "CN=batch",
        "CN=Batch,OU=Ops,O=Example",
        "O=Example,OU=Ops,CN=batch",
        "CN=batch\\,OU=Ops,O=Example",
    ):
        assert not certificate.has_subject(subject(other))


@pytest.mark.parametrize(
    ("kind", "right", "wrong"),
    [
        ("dns", "BATCH.example.com", "example.com"),
        ("uri", "urn:example:batch", "urn:example:BATCH"),
        ("ip", "192.0.2.9", "192.0.2.8"),
        ("email", "batch@example.com", "example.com"),
    ],
)
def test_an_alternative_name_counts_in_its_own_kind_only(kind: str, right: str, wrong: str) -> None:
    certificate = Certificate.from_header(BATCH.header)
    assert certificate.has_alternative(kind, right)
    assert not certificate.has_alternative(kind, wrong)
    assert not Certificate.from_header(AUTHORITY.header).has_alternative(kind, right)


def test_only_the_key_of_the_authority_makes_it_its_own() -> None:
    """The same name is no proof, nor is a certificate that the service itself signed."""
    authorities = Authorities.from_pem(issue("CN=Other", is_authority=True).pem + AUTHORITY.pem)
    namesake = issue("CN=Authority,O=Example", is_authority=True)

    def believed(issued: Issued) -> bool:
        return Certificate.from_header(issued.header).is_issued_by(authorities)

    assert believed(BATCH)
    assert not believed(issue(NAME, namesake))
    assert not believed(issue(NAME))
    assert not believed(issue(NAME, BATCH))


def test_it_has_an_end_and_a_beginning() -> None:
    now = int(time.time())
    certificate = Certificate.from_header(issue(NAME, days=(-1, 1)).header)
    assert certificate.is_valid(now)
    assert not certificate.is_valid(now + 2 * 86400)
    assert not certificate.is_valid(now - 2 * 86400)


@pytest.mark.parametrize("pem", [b"", b"x", BATCH.pem, AUTHORITY.pem + BATCH.pem, AUTHORITY.pem[:200]])
def test_who_may_issue_says_so_himself(pem: bytes) -> None:
    with pytest.raises(ValueError):
        Authorities.from_pem(pem)


def test_one_of_a_version_that_nobody_knows_is_none() -> None:
    odd = BATCH.der.replace(bytes.fromhex("a003020102"), bytes.fromhex("a003020104"))
    with pytest.raises(InvalidCertificate):
        Certificate.from_header(f":{base64.b64encode(odd).decode()}:")


def test_one_with_a_name_that_is_no_text_is_none() -> None:
    """Whoever makes a certificate may write what he likes; nor does it make anybody an authority."""
    made = issue("CN=\1abc", is_authority=True)
    assert made.odd != made.header
    with pytest.raises(InvalidCertificate):
        Certificate.from_header(made.odd)
    with pytest.raises(ValueError):
        Authorities.from_pem(
            b"-----BEGIN CERTIFICATE-----\n" + made.odd.strip(":").encode() + b"\n-----END CERTIFICATE-----\n"
        )


def test_one_with_a_key_that_cannot_be_read_is_none() -> None:
    """Of a kind, or on a curve, that we do not know: whoever makes a certificate may write what he likes."""
    for ours, odd in (("2a8648ce3d0201", "2a8648ce3d0263"), ("2a8648ce3d030107", "2a8648ce3d030163")):
        der = BATCH.der.replace(bytes.fromhex(ours), bytes.fromhex(odd))
        assert der != BATCH.der
        with pytest.raises(InvalidCertificate):
            Certificate.from_header(f":{base64.b64encode(der).decode()}:")

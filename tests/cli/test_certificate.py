"""`idp certificate` and `idp pseudonym`."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

import storage
from idp.custody.certification import Certification
from keys.certified_key import CertifiedKey
from keys.seal import Unsealable, Vault, new_data_key
from keys.xml_signature import ECDSA_SHA256, RSA_SHA256
from storage import Transaction
from tests.cli.conftest import AUTHENTICATORS, Office
from tests.config.folder import ACME
from tests.storage.examples import NOW

PAYROLL = """\
service: payroll
display_name: {en: Payslips}
saml: {metadata: https://payroll.example.com/saml/metadata}
"""


def states(office: Office) -> Counter[tuple[str, str, str]]:
    rows = office.rows("certificate", "list")
    return Counter((row["purpose"], row["alg"], row["state"]) for row in rows)


def test_a_certificate_is_announced_a_week_before_it_signs(office: Office) -> None:
    office.run("certificate", "rotate", status=1)
    office.run("certificate", "announce", "--alg", "ECDSA")
    assert "announced already" in office.run("certificate", "announce", "--alg", "ECDSA", status=1).stderr
    assert "announced only" in office.run("certificate", "rotate", "--alg", "ECDSA", status=1).stderr
    office.run("certificate", "rotate", "--alg", "ECDSA", "--force")
    office.run("certificate", "announce", "--alg", "ECDSA")
    office.run("certificate", "rotate", "--alg", "ECDSA", "--force")
    assert states(office) == {("signing", "ECDSA", "active"): 1, ("signing", "ECDSA", "retired"): 1}
    kids = {row["state"]: row["kid"] for row in office.rows("certificate", "list")}
    office.run("certificate", "delete", kids["active"], status=1)
    office.run("certificate", "delete", kids["retired"])
    office.run("certificate", "delete", "unknown", status=1)
    assert office.events()[-3:] == ["certificate.announced", "certificate.rotated", "certificate.deleted"]


def test_what_was_encrypted_for_the_old_certificate_still_opens(office: Office) -> None:
    for _ in range(2):
        office.run("certificate", "renew")
    assert states(office) == {("encryption", "RSA", "active"): 1, ("encryption", "RSA", "retired"): 1}


def test_a_pseudonym_is_renewed_for_one_service(office: Office) -> None:
    office.run("user", "add", "alice")
    (office.folder / "idp.yaml").write_text("doors: [oidc, saml]\n")
    (office.folder / "tenants/acme/services/payroll.yaml").write_text(PAYROLL)
    office.run("pseudonym", "renew", "alice", "nowhere", status=1)
    office.run("pseudonym", "renew", "nobody", "payroll", status=1)
    said = office.run("pseudonym", "renew", "alice", "wiki", status=1).stderr
    assert "no SAML service is called wiki" in said, "to that he has no name of its own"
    office.run("pseudonym", "renew", "alice", "payroll")
    assert office.events()[-1] == "pseudonym.renewed"


async def test_the_ring_is_made_once_and_a_row_that_was_moved_does_not_open(store: storage.Storage) -> None:
    vault = Vault("acme", {1: new_data_key()})
    certification = Certification(vault)
    await certification.prepare(store, "https://idp.example.jp/acme", NOW, (RSA_SHA256, ECDSA_SHA256))
    async with store.transaction("acme") as tx:
        ring = await certification.load(tx)
        assert await certification.load(tx) is ring
    again = Certification(vault)
    await again.prepare(store, "https://idp.example.jp/acme", NOW, (RSA_SHA256,))
    async with store.transaction("acme") as tx:
        loaded = await again.load(tx)
        for method in (RSA_SHA256, ECDSA_SHA256):
            assert loaded.signer(method).certificate == ring.signer(method).certificate
        assert [key.kid for key in loaded.encryption] == [key.kid for key in ring.encryption]
        await _swap(tx)
        with pytest.raises(Unsealable):
            await Certification(vault).load(tx)


async def _swap(tx: Transaction) -> None:
    """A sealed key is put behind another's certificate."""
    records = await tx.certified_keys.list()
    one, other = [each for each in records if each.purpose == "signing"]
    await tx.certified_keys.delete(one.kid)
    fields = {name: getattr(one, name) for name in type(one).__dataclass_fields__}
    await tx.certified_keys.add(type(one)(**{**fields, "sealed": other.sealed}))


def test_a_certificate_belongs_to_its_key() -> None:
    one, other = (CertifiedKey.generate(ECDSA_SHA256, "idp.example.jp", NOW) for _ in range(2))
    with pytest.raises(ValueError, match="another key"):
        CertifiedKey.load(one.dump(), other.certificate)


def test_the_import_password_is_labelled_for_people_and_bare_for_programs(
    office: Office, tmp_path: Path
) -> None:
    (office.folder / ACME / "authenticators.yaml").write_text(AUTHENTICATORS + "certificate:\n")
    office.run("user", "add", "alice")
    said = office.run("authority", "issue", "alice", "--out", str(tmp_path / "alice.p12"))
    assert said.stderr.endswith("\nimport password: ")
    assert len(said.stdout.split()) == 1

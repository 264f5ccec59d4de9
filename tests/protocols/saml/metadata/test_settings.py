"""Mistakes about metadata are mistakes of the configuration: with file and line, all at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.config.folder import ACME, mistakes, warnings, write
from tests.protocols.saml.metadata.samples import SP, aggregate, entity, pem, sealed

SERVICE = "service: wiki\ndisplay_name: {en: Wiki}\nsaml:\n"
FILE = f"{ACME}/services/wiki.yaml"


def folder(root: Path, *lines: str, **files: str) -> Path:
    """A configuration in which the wiki's section has these lines."""
    for name, text in files.items():
        (root / f"{name}.xml").write_text(text)
    text = SERVICE + "".join(f"  {line}\n" for line in lines)
    return write(root, idp="doors: [saml]\n", tenants__acme__services__wiki=text)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["sign: [response]"], ":4:3: saml: give exactly one of metadata and mdq"),
        (["metadata: wiki.xml", "mdq: https://mdq.example.com"], ":4:3: saml: give exactly one"),
        (["metadata: http://wiki.example.com/"], ":4:13: saml.metadata must be an https address"),
        (["metadata: nowhere.xml"], ":4:13: saml.metadata: cannot read"),
        (["metadata: all.xml"], "has 2 entities, say which by entity_id"),
        (
            ["metadata: all.xml", "entity_id: https://nobody.example.com"],
            "has no entity https://nobody.example.com",
        ),
        (["metadata: broken.xml"], "broken.xml: the XML is not well-formed, line 1"),
        (["metadata: idp.xml"], "idp.xml: there is no SPSSODescriptor for SAML 2.0"),
        (["mdq: https://mdq.example.com"], ":4:8: saml.mdq: needs entity_id"),
        (["metadata: wiki.xml", "entity_id: two words"], ":5:14: saml.entity_id must be the entityID"),
        (
            ["metadata: wiki.xml", "metadata_signed_by: [nowhere.pem]"],
            ":5:24: saml.metadata_signed_by[1]: cannot read",
        ),
        (["metadata: wiki.xml", "metadata_signed_by: [wiki.xml]"], "has 0 certificates as PEM"),
        (
            ["metadata: wiki.xml", "metadata_signed_by: [federation.pem]"],
            "wiki.xml: the metadata is not signed",
        ),
        (
            ["metadata: forged.xml", "metadata_signed_by: [federation.pem]"],
            "no certificate of the metadata fits",
        ),
    ],
)
def test_a_mistake_is_told_where_it_stands(tmp_path: Path, lines: list[str], said: str) -> None:
    pem(tmp_path / "federation.pem", "federation")
    root = folder(
        tmp_path,
        *lines,
        wiki=entity(),
        all=aggregate(entity(), entity(entity_id="https://other.example.com")),
        broken="<a",
        idp=entity().replace("SPSSODescriptor", "IDPSSODescriptor"),
        forged=sealed(entity(more='ID="_1"'), by="somebody"),
    )
    (told,) = mistakes(root)
    assert told.startswith(FILE)
    assert said in told


@pytest.mark.parametrize(
    "lines",
    [
        ["metadata: wiki.xml"],
        ["metadata: all.xml", f"entity_id: {SP}"],
        ["metadata: signed.xml", "metadata_signed_by: [federation.pem]"],
        ["metadata: https://wiki.example.com/metadata"],
        ["mdq: https://mdq.example.com/fed", f"entity_id: {SP}"],
    ],
)
def test_each_way_to_name_metadata(tmp_path: Path, lines: list[str]) -> None:
    """None is asked for over the network while the configuration is read."""
    pem(tmp_path / "federation.pem", "federation")
    both = aggregate(entity(), entity(entity_id="https://other.example.com"))
    root = folder(tmp_path, *lines, wiki=entity(), all=both, signed=sealed(entity(more='ID="_1"')))
    assert warnings(root) == []


def test_hosts_to_be_reached_inside_are_hosts(tmp_path: Path) -> None:
    root = folder(tmp_path, "metadata: wiki.xml", wiki=entity())
    tenant = root / ACME / "tenant.yaml"
    tenant.write_text(
        f"{tenant.read_text()}saml: {{outbound_allow: ['https://intra.example.com'], metadata_seconds: 1}}\n"
    )
    assert [told.partition(": ")[2] for told in mistakes(root)] == [
        "saml.outbound_allow[1] must be a host name or an address, without scheme and port",
        "saml.metadata_seconds must be at least 300",
    ]

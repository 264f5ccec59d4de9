"""`python -m tests.supply_chain.sbom`: docs/sbom.cdx.json and docs/licences.md, out of the lock files."""

from __future__ import annotations

import json
from collections.abc import Sequence
from uuid import NAMESPACE_URL, uuid5

from cyclonedx.contrib.hash.factories import HashTypeFactory
from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import ExternalReference, ExternalReferenceType, XsUri
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

import idp
from tests.supply_chain.bill import ROOT, Release, releases

SBOM = ROOT / "docs" / "sbom.cdx.json"
LICENCES = ROOT / "docs" / "licences.md"
_HEAD = """# Licences of what we are made of

Everything that an installation takes, at the releases of the lock files; kept by `make sbom`, and true as long as
`tests/supply_chain/test_sbom.py` passes. [sbom.cdx.json](sbom.cdx.json) (CycloneDX 1.6) has the hashes too.
Masugata itself is under Apache-2.0.

| package | release | licence |
|---|---|---|
"""


def sbom(made_of: Sequence[Release]) -> str:
    """The bill as CycloneDX 1.6: the same bytes for the same releases, so that a change of it is a change of them."""
    bom = Bom()
    ours = Component(
        name="masugata",
        version=idp.__version__,
        type=ComponentType.APPLICATION,
        bom_ref="masugata",
        licenses=[LicenseFactory().make_from_string("Apache-2.0")],
    )
    bom.metadata.component = ours
    components = {release.name: _component(release) for release in made_of}
    bom.components = components.values()  # type: ignore[assignment]  # its setter takes any iterable
    for release in made_of:
        bom.register_dependency(components[release.name], [components[name] for name in release.needs])
    asked = {name for release in made_of for name in release.needs}
    bom.register_dependency(ours, [one for name, one in components.items() if name not in asked])
    written = json.loads(JsonV1Dot6(bom).output_as_string())
    del written["metadata"]["timestamp"]
    written["serialNumber"] = uuid5(NAMESPACE_URL, json.dumps(written["components"])).urn
    return json.dumps(written, indent=1, sort_keys=True) + "\n"


def licences(made_of: Sequence[Release]) -> str:
    """The page for people."""
    return _HEAD + "".join(f"| {one.name} | {one.version} | {one.licence} |\n" for one in made_of)


def _component(release: Release) -> Component:
    """Its files' hashes stand with its distribution: a release has a file for each platform."""
    purl = PackageURL("pypi", name=release.name, version=release.version)
    files = ExternalReference(
        type=ExternalReferenceType.DISTRIBUTION,
        url=XsUri(str(purl)),
        hashes=[HashTypeFactory().from_composite_str(f"sha256:{digest}") for digest in release.hashes],
    )
    return Component(
        name=release.name,
        version=release.version,
        type=ComponentType.LIBRARY,
        bom_ref=str(purl),
        purl=purl,
        licenses=[LicenseFactory().make_from_string(release.licence)],
        external_references=[files],
    )


if __name__ == "__main__":
    bill = releases()
    SBOM.write_text(sbom(bill))
    LICENCES.write_text(licences(bill))
    print(f"{len(bill)} releases in {SBOM.relative_to(ROOT)} and {LICENCES.relative_to(ROOT)}")

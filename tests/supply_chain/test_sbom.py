"""The bill of what we are made of, and its licences, are true and valid."""

from __future__ import annotations

import json
import re
from importlib import metadata
from typing import Any

import pytest

from tests.supply_chain.bill import LOCKS, Release, licence, locked, releases
from tests.supply_chain.sbom import LICENCES, SBOM, licences, sbom

# What may be linked into a program under Apache-2.0 and given to others without further duties for their own code.
ALLOWED = {
    "Apache-2.0",
    "MIT",
    "MIT-0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "PSF-2.0",
    "LicenseRef-Public-Domain",
} | {
    "LGPL-3.0-or-later",  # as a package of its own that may be replaced
    "MPL-2.0",
}


@pytest.fixture(scope="module")
def made_of() -> list[Release]:
    return releases()


@pytest.fixture(scope="module")
def published() -> dict[str, Any]:
    read: dict[str, Any] = json.loads(SBOM.read_text())
    return read


def test_the_bill_is_what_the_locks_say(made_of: list[Release]) -> None:
    """Whoever renews the locks runs `make sbom` too."""
    assert SBOM.read_text() == sbom(made_of)
    assert LICENCES.read_text() == licences(made_of)


def test_the_bill_is_valid_cyclonedx() -> None:
    from cyclonedx.schema import SchemaVersion  # noqa: PLC0415
    from cyclonedx.validation.json import JsonStrictValidator  # noqa: PLC0415  takes seconds, which only this needs

    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(SBOM.read_text()) is None
    broken = SBOM.read_text().replace('"type": "library"', '"type": "book"')
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(broken) is not None


def test_every_file_that_may_be_installed_is_in_the_bill(published: dict[str, Any]) -> None:
    entries = {
        (one["name"], one["version"], digest["content"])
        for one in published["components"]
        for place in one["externalReferences"]
        for digest in place["hashes"]
    }
    asked = {
        (name, version, digest) for name, (version, hashes) in locked(*LOCKS).items() for digest in hashes
    }
    assert len(asked) > 500
    assert entries == asked


def test_what_we_need_ourselves_is_reached_from_us(published: dict[str, Any]) -> None:
    leads = {one["ref"]: one.get("dependsOn", []) for one in published["dependencies"]}
    reached, ahead = set(), ["masugata"]
    while ahead:
        one = ahead.pop()
        if one not in reached:
            reached.add(one)
            ahead += leads[one]
    assert reached == {"masugata"} | {one["bom-ref"] for one in published["components"]}


def test_every_licence_allows_what_we_do(made_of: list[Release]) -> None:
    named = {
        one.name: set(re.split(r" (?:AND|OR) ", one.licence.replace("(", "").replace(")", "")))
        for one in made_of
    }
    assert {name: said - ALLOWED for name, said in named.items() if said - ALLOWED} == {}


def test_a_licence_that_nobody_has_read_is_not_guessed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some packages carry the whole text of a licence where its name should stand, and some nothing at all."""
    assert licence("click") == "BSD-3-Clause"
    for said in ("Copyright (c) 2018, its makers. All rights reserved.\nRedistribution and use", ""):
        monkeypatch.setattr(metadata, "metadata", lambda _, said=said: {"License": said})
        with pytest.raises(LookupError, match="words of its own"):
            licence("click")

"""The section `protect`: what is wrong in it, where it stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.config.folder import TENANT, mistakes, write


@pytest.mark.parametrize(
    ("section", "authenticators", "at", "words"),
    [
        (
            "{use: optional}",
            "matrix:\n",
            "4:16",
            "protect.use: there are no apps to release a login, add totp to",
        ),
        (
            "{use: optional, groups: [staff]}",
            "totp:\n",
            "4:",
            "protect.groups: are those for whom it is required",
        ),
        ("{use: always}", "totp:\n", "4:16", "protect.use must be never, optional or required"),
        ("{release_seconds: 5}", "totp:\n", "4:28", "protect.release_seconds must be at least 15"),
    ],
)
def test_a_mistake_is_told_with_its_place(
    tmp_path: Path, section: str, authenticators: str, at: str, words: str
) -> None:
    told = mistakes(
        write(
            tmp_path,
            tenants__acme__tenant=f"{TENANT}protect: {section}\n",
            tenants__acme__authenticators=authenticators,
            tenants__acme__policies="- {name: all, then: deny}\n",
        )
    )
    assert [line for line in told if f"tenant.yaml:{at}" in line and words in line], told

"""Where the portal's tile may lead: to the web or into an app, never back into our own page."""

from __future__ import annotations

from pathlib import Path

import pytest

from idp.config.load import load
from tests.config.folder import SERVICE, mistakes, write


def folder(tmp_path: Path, url: str) -> Path:
    return write(tmp_path, tenants__acme__services__wiki=f"launch_url: '{url}'\n{SERVICE}")


@pytest.mark.parametrize(
    "url",
    [
        "https://wiki.example.com/",
        "http://wiki/#/start",
        "com.example.app:/start",
        "msteams://team/7",
        "slack:x",
    ],
)
def test_it_leads_to_the_web_or_into_an_app(tmp_path: Path, url: str) -> None:
    (tenant,) = load(folder(tmp_path, url)).tenants
    assert tenant.services["wiki"].launch_url == url


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)", "JavaScript:alert(1)", "javascript://x/%0aalert(1)", "java script:alert(1)",
        "data:text/html,x", "vbscript:x", "file:///etc/passwd", "blob:https://x/y", "view-source:https://x/",
        "https:", "https:///x", "//wiki.example.com/", "/wiki", "wiki.example.com", ":x", "com.example.app:",
    ],
)  # fmt: skip
def test_it_never_runs_or_shows_what_stands_in_it(tmp_path: Path, url: str) -> None:
    (mistake,) = mistakes(folder(tmp_path, url))
    assert mistake.startswith(
        "tenants/acme/services/wiki.yaml:1:13: launch_url must be an absolute web address"
    )

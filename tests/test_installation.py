"""The guide to installing: what it tells people to write is right, and what it tells them to copy is there."""

from __future__ import annotations

import re
from configparser import ConfigParser
from pathlib import Path

from idp.config.load import load

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
GUIDE = (DOCS / "install.md").read_text()
FILE = re.compile(r"```yaml\n# /etc/masugata/(\S+)\n(.*?)```", re.DOTALL)


def unit(name: str) -> ConfigParser:
    """A unit file; of a key that stands there several times the last counts."""
    parsed = ConfigParser(interpolation=None, strict=False)
    parsed.optionxform = str  # type: ignore[assignment,method-assign]  # systemd's keys keep their case
    parsed.read(DOCS / "systemd" / name)
    return parsed


def test_the_configuration_of_the_guide_has_neither_mistakes_nor_warnings(tmp_path: Path) -> None:
    for name, text in FILE.findall(GUIDE):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    secret = tmp_path / "secrets" / "acme-wiki"
    secret.parent.mkdir()
    secret.write_text("a secret of the client's own\n")
    secret.chmod(0o400)
    configuration = load(tmp_path)
    assert configuration.warnings == ()
    assert [tenant.name for tenant in configuration.tenants] == ["acme"]
    assert configuration.storage_url.startswith("postgresql:")
    # Where nginx and systemd expect us.
    listen = configuration.server.listen.http
    assert unit("masugata.socket")["Socket"]["ListenStream"] == listen
    assert f"server {listen};" in (DOCS / "nginx" / "masugata").read_text()


def test_the_service_has_no_privilege_and_may_write_to_its_state_only() -> None:
    service = unit("masugata.service")["Service"]
    assert service["User"] == "masugata"
    assert (service["ProtectSystem"], service["StateDirectory"]) == ("strict", "masugata")
    assert (service["NoNewPrivileges"], service["CapabilityBoundingSet"]) == ("yes", "")
    assert "ReadWritePaths" not in service


def test_nginx_hands_on_nothing_that_a_client_claims_of_itself() -> None:
    site = (DOCS / "nginx" / "masugata").read_text()
    assert "X-Forwarded-For $remote_addr;" in site
    assert 'Client-Cert "";' in site


def test_every_file_that_the_guide_names_is_there() -> None:
    linked = [link.partition("#")[0] for link in re.findall(r"\]\(([^)]+)\)", GUIDE)]
    copied = re.findall(r"/usr/local/src/masugata/(docs/\S+)", GUIDE)
    assert copied and linked
    assert not [link for link in linked if link and not (DOCS / link).exists()]
    assert not [name for name in copied if not list(ROOT.glob(name))]

"""What we ship: a wheel with everything in it and no secret, under names that are ours."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
OURS = ("idp", "protocols", "storage", "keys", "themes", "conf")
BUILT_FROM = ("setup.cfg", "pyproject.toml", "README.md", "LICENSE", *OURS)
LOCKS = sorted(ROOT.glob("requirements*.txt"))


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> frozenset[str]:
    """The names in a wheel built from a tree in which the demo has run."""
    tree, out = tmp_path_factory.mktemp("tree"), tmp_path_factory.mktemp("wheel")
    for name in BUILT_FROM:
        source = ROOT / name
        copy = shutil.copytree if source.is_dir() else shutil.copy
        copy(source, tree / name)
    data = tree / "conf" / "var"
    data.mkdir(exist_ok=True)
    for name in ("master.key", "masugata.db", "notes.yaml"):
        (data / name).write_text("secret")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*command, "--wheel-dir", out, tree], check=True, capture_output=True)
    (built,) = out.glob("*.whl")
    with zipfile.ZipFile(built) as archive:
        return frozenset(archive.namelist())


def shipped() -> Iterator[str]:
    """Every file that the program reads at run time, and every module."""
    for name in OURS:
        for path in (ROOT / name).rglob("*"):
            relative = path.relative_to(ROOT)
            if (
                path.is_file()
                and "__pycache__" not in relative.parts
                and relative.parts[:2] != ("conf", "var")
            ):
                yield str(relative)


def test_the_wheel_holds_every_module_template_message_migration_and_setting(wheel: frozenset[str]) -> None:
    assert not set(shipped()) - wheel


def test_no_data_of_the_demo_is_shipped(wheel: frozenset[str]) -> None:
    """Whoever builds a package where the demo ran does not give its master key away."""
    assert not [name for name in wheel if name.startswith("conf/var")]


def test_the_licence_is_shipped(wheel: frozenset[str]) -> None:
    assert [name for name in wheel if name.endswith("licenses/LICENSE")]


@pytest.mark.parametrize("name", OURS)
def test_no_other_distribution_claims_our_names(name: str) -> None:
    """Our top-level names are short; this keeps them ours."""
    assert set(metadata.packages_distributions().get(name, ())) <= {"masugata"}


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_every_locked_release_is_pinned_by_hash_and_names_no_registry(lock: Path) -> None:
    text = lock.read_text()
    releases = re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE)[1:]
    assert releases
    assert all(re.match(r"\S+==\S+.* \\\n    --hash=sha256:", release) for release in releases)
    assert "://" not in text


def test_the_lock_holds_what_is_required() -> None:
    """A requirement that was added to setup.cfg and not locked would be missing at the user's."""
    locked = set(re.findall(r"^([a-z0-9-]+)==", (ROOT / "requirements-test.txt").read_text(), re.MULTILINE))
    required = metadata.requires("masugata") or []
    names = {re.split(r"[^A-Za-z0-9-]", requirement)[0].lower() for requirement in required}
    assert names
    assert not names - locked

"""The list of breached passwords: small, never wrong about a hit, and right about how often it errs."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from idp.authenticators.password.filter import HEADER, Filter, NoFilter, build

WORDS = [f"breached {number}" for number in range(4000)]


@pytest.fixture(scope="module")
def listed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Half of them as words, half as hashes with counts, as both are published."""
    file = tmp_path_factory.mktemp("breached") / "list"
    hashed = (f"{hashlib.sha1(word.encode()).hexdigest().upper()}:7" for word in WORDS[::2])
    file.write_text("\n".join([*WORDS[1::2], *hashed]) + "\r\nＷｉｄｅ　ｏｎｅ\n\n", encoding="utf-8")
    return file


def test_every_password_of_the_list_is_found_and_few_others(listed: Path, tmp_path: Path) -> None:
    built = build(listed, tmp_path / "filter")
    opened = Filter.open(tmp_path / "filter")
    assert all(word in opened for word in (*WORDS, "Wide one"))
    assert opened.words == built.words == len(WORDS) + 1
    assert built.size == (tmp_path / "filter").stat().st_size < 3 * len(WORDS)
    others = 30_000
    found = sum(f"another {number}" in opened for number in range(others))
    assert 0.2 * opened.rate < found / others < 5 * opened.rate < 5e-3


def test_more_bits_take_fewer_others_for_one_of_the_list(listed: Path, tmp_path: Path) -> None:
    rates = [build(listed, tmp_path / str(bits), bits).rate for bits in (8, 16, 24)]
    assert rates[0] > 10 * rates[1] > 50 * rates[2]


def test_a_list_in_no_encoding_is_read(tmp_path: Path) -> None:
    (tmp_path / "list").write_bytes(b"caf\xe9 au lait\nsecond\n")
    assert build(tmp_path / "list", tmp_path / "filter").words == 2
    assert "second" in Filter.open(tmp_path / "filter")


def test_a_list_without_a_password_makes_no_filter(tmp_path: Path) -> None:
    (tmp_path / "list").write_text("\n\n")
    (tmp_path / "filter").write_text("the one before")
    with pytest.raises(ValueError, match="no password"):
        build(tmp_path / "list", tmp_path / "filter")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["filter", "list"]
    assert (tmp_path / "filter").read_text() == "the one before"


def test_another_file_is_no_filter(listed: Path, tmp_path: Path) -> None:
    file = tmp_path / "filter"
    build(listed, file)
    whole = file.read_bytes()
    for wrong in (
        b"",
        b"word\n" * 100,
        whole[: HEADER.size],
        whole[:-1],
        whole[:8] + b"\0\0\0\2" + whole[12:],
    ):
        file.write_bytes(wrong)
        with pytest.raises(NoFilter):
            Filter.open(file)

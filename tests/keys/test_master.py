"""The master key: made once, read by its owner alone, shown to nobody."""

import base64
import copy
import pickle
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from keys.master import MasterKey

KEY = bytes(range(32))


def test_it_is_made_on_first_start_and_found_on_the_next(tmp_path: Path) -> None:
    path = tmp_path / "var" / "master.key"
    made = MasterKey.read_or_create(path)
    assert MasterKey.read_or_create(path).reveal() == made.reveal()
    assert base64.b64decode(path.read_bytes()) == made.reveal()
    assert len(made.reveal()) == 32


def test_only_its_owner_may_read_the_file(tmp_path: Path) -> None:
    path = tmp_path / "master.key"
    MasterKey.read_or_create(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == ["master.key"], "no draft stays behind"


def test_nodes_that_start_at_once_get_one_key(tmp_path: Path) -> None:
    path = tmp_path / "master.key"
    with ThreadPoolExecutor(16) as pool:
        keys = list(pool.map(lambda _: MasterKey.read_or_create(path).reveal(), range(64)))
    assert len(set(keys)) == 1


@pytest.mark.parametrize("mode", [0o604, 0o602, 0o644, 0o666])
def test_a_file_that_everybody_may_touch_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "master.key"
    MasterKey.read_or_create(path)
    path.chmod(mode)
    with pytest.raises(ValueError, match="master key"):
        MasterKey.read_or_create(path)


@pytest.mark.parametrize("mode", [0o400, 0o440, 0o640])
def test_a_secret_mounted_for_a_group_is_fine(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "master.key"
    made = MasterKey.read_or_create(path)
    path.chmod(mode)
    assert MasterKey.read_or_create(path).reveal() == made.reveal()


@pytest.mark.parametrize(
    "text",
    [b"", b"password", base64.b64encode(KEY[:31]), base64.b64encode(KEY + b"x"), KEY, b"!" * 44],
    ids=["empty", "a word", "31 bytes", "33 bytes", "raw", "signs"],
)
def test_what_is_no_key_is_refused_and_never_replaced(tmp_path: Path, text: bytes) -> None:
    with pytest.raises(ValueError, match="master key must be"):
        MasterKey.parse(text)
    path = tmp_path / "master.key"
    path.touch(mode=0o600)
    path.write_bytes(text)
    with pytest.raises(ValueError, match="master key must be"):
        MasterKey.read_or_create(path)
    assert path.read_bytes() == text


def test_white_space_around_it_is_allowed() -> None:
    assert MasterKey.parse(b" " + base64.b64encode(KEY) + b"\r\n").reveal() == KEY


def test_it_shows_nothing_of_itself() -> None:
    """Secrets have a type without a repr."""
    key = MasterKey(KEY)
    shown = f"{key} {key!r} {key!s} {[key]} {vars(MasterKey).get('__dict__')}"
    assert base64.b64encode(KEY).decode() not in shown
    assert repr(KEY)[2:20] not in shown
    for write in (pickle.dumps, copy.copy):
        with pytest.raises(TypeError):
            write(key)

"""`idp theme preview`: the gallery as files."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner

from idp.cli.theme import theme
from tests.drawing import ENTRIES, parse


def test_preview_writes_every_page_its_files_and_an_index(tmp_path: Path) -> None:
    out = tmp_path / "gallery"
    result = CliRunner().invoke(theme, ["preview", "--out", str(out), "--config", str(tmp_path)])
    assert result.exit_code == 0
    assert result.output == f"{len(ENTRIES)} pages: {out / 'index.html'}\n"
    frames = [frame.attributes["src"] for frame in parse((out / "index.html").read_text()).all("iframe")]
    assert frames == [entry.path for entry in ENTRIES]
    for entry in ENTRIES:
        page = out / entry.path
        assert page.read_bytes() == entry.text.body
        for script in parse(page.read_text()).all("script"):
            assert (page.parent / (script.attributes["src"] or "")).is_file()


def test_preview_says_what_is_wrong_with_a_theme(tmp_path: Path) -> None:
    result = CliRunner().invoke(theme, ["preview", "--out", str(tmp_path), "--theme", "nowhere"])
    assert result.exit_code == 1
    assert "theme nowhere: there is no such folder" in result.output

"""What the pages send people to is there: other pages, their headings, and the commands of `idp`."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import click
import pytest

from idp.cli import Nouns

ROOT = Path(__file__).parents[1]
FENCED = re.compile(r"```.*?```", re.DOTALL)
LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]*))?\)")
# In backticks, at the beginning of a line of a shell, or behind what pipes into it or runs it.
COMMAND = re.compile(r"(?:`|^ *|\| |&& |\$\(|/bin/)idp ([a-z][^`\n|;&)#]*)", re.MULTILINE)
WORD = re.compile(r"[a-z][a-z-]*")


def tracked(*patterns: str) -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", *patterns], cwd=ROOT, check=True, capture_output=True, text=True
    )
    return [ROOT / name for name in listed.stdout.split()]


PAGES = tracked("*.md")
OTHERS = tracked("conf", "docs/systemd", "Dockerfile", "idp/*.py", "protocols/*.py")
# What the changelog tells of was so once.
NAMING = [path for path in (*PAGES, *OTHERS) if path.name != "CHANGELOG.md"]


def anchors(page: Path) -> set[str]:
    """The headings of a page, as GitHub and others call them in addresses."""
    headings = re.findall(r"^#+ (.*)$", FENCED.sub("", page.read_text()), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def mistaken(line: str) -> str | None:
    """Which word of a command's arguments nobody knows."""
    here: click.Command = Nouns("idp")
    context = click.Context(here)
    words = line.split()
    while words and isinstance(here, click.Group) and WORD.fullmatch(words[0]):
        word = words.pop(0)
        below = here.get_command(context, word)
        if below is None:
            return word
        here = below
    known = {name for option in here.params for name in (*option.opts, *option.secondary_opts)} | {"--help"}
    given = [match[0] for word in words if (match := re.match(r"--[a-z-]+", word))]
    return next((option for option in given if option not in known), None)


def test_every_link_between_pages_leads_somewhere() -> None:
    dead = []
    followed = 0
    for page in PAGES:
        for path, heading in LINK.findall(FENCED.sub("", page.read_text())):
            followed += 1
            target = page.parent / path if path else page
            if not target.exists() or (heading and heading not in anchors(target)):
                dead.append((page.name, path, heading))
    assert followed > 100
    assert not dead


def test_every_command_that_is_named_exists_with_its_options() -> None:
    pages = [(path, path.read_text().replace("\\\n", " ")) for path in NAMING]  # a line may go on in the next
    named = [(path, line) for path, text in pages for line in COMMAND.findall(text)]
    assert len(named) > 100
    assert not [(path.name, line) for path, line in named if mistaken(line)]


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("attribute list", "attribute"),
        ("user ad alice", "ad"),
        ("user add alice --nickname al", "--nickname"),
        ("user add alice --group staff", None),
        ("saml metadata show wiki", None),
    ],
)
def test_a_command_that_does_not_exist_is_noticed(line: str, word: str | None) -> None:
    assert mistaken(line) == word

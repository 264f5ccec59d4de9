"""The gallery of the pages for tests: drawn once, every page in every state and language."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from idp.config.tenant import TenantSettings
from idp.web.gallery import Entry, Gallery, Sitter
from idp.web.pages import Pages

NOWHERE = Path("/nonexistent")  # a configuration without themes of its own
PAGES = Pages(NOWHERE)
ENTRIES: list[Entry] = list(Gallery(PAGES, "default").entries())
IDS = [f"{entry.page} {entry.state} {entry.locale}" for entry in ENTRIES]

DEMO = {
    "tenant": "demo",
    "base_url": "https://login.example.com",
    "display_name": {"ja": "デモ", "en": "Demo"},
}
CHALLENGE: Mapping[str, Any] = {
    "action": "/login",
    "interaction": "interaction-id",
    "step": "step",
    "csrf": "csrf-token",
    "service": "Wiki",
    "username": "alice",
}
MATRIX = {"table": ["934506161602", "880292541798", "815707467523", "237364431590"], "blocks": 3}


def tenant(**settings: Any) -> Sitter:
    """A tenant as pages see it."""
    return Sitter(TenantSettings.model_validate({**DEMO, **settings}), prefix="")


def draw(
    page: str, *, locale: str = "en", pages: Pages = PAGES, of: Sitter | None = None, **variables: Any
) -> str:
    """One page as text."""
    return pages.render(page, tenant=of or tenant(), locale=locale, **variables).body.decode()


class Element:
    """One element with its own text, that of elements within it included."""

    def __init__(self, tag: str, attributes: Mapping[str, str | None]) -> None:
        self.tag = tag
        self.attributes = attributes
        self.text = ""
        self.children: list[Element] = []

    def __iter__(self) -> Iterator[Element]:
        for child in self.children:
            yield child
            yield from child

    def all(self, tag: str) -> list[Element]:
        """All elements below of that name, in order."""
        return [element for element in self if element.tag == tag]


class _Tree(HTMLParser):
    VOID = frozenset(("input", "img", "meta", "link", "br", "hr"))

    def __init__(self) -> None:
        super().__init__()
        self.path = [Element("#document", {})]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len(dict(attrs)) == len(attrs), f"an attribute of {tag} is given twice"
        element = Element(tag, dict(attrs))
        self.path[-1].children.append(element)
        if tag not in self.VOID:
            self.path.append(element)

    def handle_endtag(self, tag: str) -> None:
        assert self.path[-1].tag == tag, f"</{tag}> closes <{self.path[-1].tag}>"
        self.path.pop()

    def handle_data(self, data: str) -> None:
        for element in self.path:
            element.text += data


def parse(html: str) -> Element:
    """The tree of a page. Elements that do not nest, or an attribute given twice, fail the test."""
    tree = _Tree()
    tree.feed(html)
    tree.close()
    assert len(tree.path) == 1, f"<{tree.path[-1].tag}> stays open"
    return tree.path[0]

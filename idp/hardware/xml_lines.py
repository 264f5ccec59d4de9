"""An XML document as elements that know their lines: no DTD, no entity, bounded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser, ParseError

DEEPEST: Final = 32
MOST: Final = 500_000  # elements


class NotXML(ValueError):
    """No well-formed document, or one with what has no place in it."""

    def __init__(self, words: str, line: int) -> None:
        super().__init__(words)
        self.words = words
        self.line = line


@dataclass(slots=True)
class Element:
    """One element; `name` is `{namespace}local`."""

    name: str
    line: int
    attributes: Mapping[str, str]
    children: list[Element] = field(default_factory=list)
    pieces: list[str] = field(default_factory=list, repr=False)

    @property
    def text(self) -> str:
        """Its own text without the white space around it."""
        return "".join(self.pieces).strip()

    @property
    def local(self) -> str:
        return self.name.rpartition("}")[2]

    def all(self, name: str) -> Iterator[Element]:
        return (child for child in self.children if child.name == name)

    def find(self, *path: str) -> Element | None:
        """The first element along the path."""
        found: Element | None = self
        for name in path:
            found = next(found.all(name), None) if found else None
        return found


class _Builder:
    """What the parser tells; it says on which line it is."""

    def __init__(self) -> None:
        self.parser: Any = None
        self.root: Element | None = None
        self._open: list[Element] = []
        self._count = 0

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        element = Element(name, self.line, attributes)
        self._count += 1
        if len(self._open) >= DEEPEST or self._count > MOST:
            raise NotXML("is too large or nested too deep", element.line)
        if self._open:
            self._open[-1].children.append(element)
        else:
            self.root = element
        self._open.append(element)

    def end(self, _name: str) -> None:
        self._open.pop()

    def data(self, text: str) -> None:
        self._open[-1].pieces.append(text)

    def close(self) -> None:
        """Nothing is left to do."""

    @property
    def line(self) -> int:
        number: int = self.parser.parser.CurrentLineNumber
        return number


def parse(document: bytes) -> Element:
    """The root element. Raises `NotXML`, for a DTD as well: no list of tokens needs one."""
    builder = _Builder()
    builder.parser = DefusedXMLParser(target=builder, forbid_dtd=True)
    try:
        builder.parser.feed(document)
        builder.parser.close()
    except ParseError as error:
        raise NotXML("is no well-formed XML", error.position[0]) from None
    except DefusedXmlException:
        raise NotXML("has a DTD or an entity, which is not taken", builder.line) from None
    except (ValueError, LookupError) as error:  # an encoding that nobody knows
        if isinstance(error, NotXML):
            raise
        raise NotXML("is no XML that can be read", 1) from None
    assert builder.root is not None
    return builder.root

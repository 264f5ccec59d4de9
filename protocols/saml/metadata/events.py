"""XML as events with namespaces, from pieces: bounded however large the whole is, and with nothing that expands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Protocol
from xml.parsers import expat

from protocols.saml.metadata.canonical import Attributes, split
from protocols.saml.xml import DEPTH, Unreadable

TOKEN_BYTES: Final = 1024 * 1024  # one tag or one text: whoever sends a longer one wants us to be busy


@dataclass(frozen=True, slots=True)
class Tag:
    """A start tag. `attributes` are as they are written, without the declarations that are now in `scope`."""

    name: str
    namespace: str
    local: str
    attributes: Attributes
    scope: Mapping[str, str]

    def find(self, name: str) -> str | None:
        """The attribute without a prefix."""
        return next((value for each, value in self.attributes if each == name), None)


class Listener(Protocol):
    """What happens, in order."""

    def start(self, tag: Tag) -> None: ...
    def end(self, tag: Tag) -> None: ...
    def text(self, data: str) -> None: ...


class Events:
    """Turns pieces of a document in UTF-8 into the calls of a listener. Everything raises `Unreadable`."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._open: list[Tag] = []
        self._fed = 0
        # The encoding is ours to say: what the XML declaration says could hide a document type.
        self._parser = expat.ParserCreate("UTF-8")
        self._parser.ordered_attributes = True
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = listener.text
        self._parser.StartDoctypeDeclHandler = self._doctype
        self._parser.ProcessingInstructionHandler = self._instruction

    def feed(self, piece: bytes) -> None:
        self._fed += len(piece)
        self._parse(piece, False)
        if self._fed - self._parser.CurrentByteIndex > TOKEN_BYTES + len(piece):
            raise Unreadable(f"a tag is longer than {TOKEN_BYTES} bytes")

    def close(self) -> None:
        """There are no more pieces."""
        self._parse(b"", True)

    def _parse(self, piece: bytes, is_last: bool) -> None:
        try:
            self._parser.Parse(piece, is_last)
        except expat.ExpatError as error:
            raise Unreadable(f"the XML is not well-formed, line {error.lineno}") from None

    def _start(self, name: str, written: list[str]) -> None:
        if len(self._open) == DEPTH:
            raise Unreadable(f"the XML is nested deeper than {DEPTH}")
        scope = self._open[-1].scope if self._open else {}
        attributes: list[tuple[str, str]] = []
        declared: dict[str, str] = {}
        for key, value in zip(written[::2], written[1::2], strict=True):
            if key == "xmlns" or key.startswith("xmlns:"):
                declared[key[6:]] = value
            else:
                attributes.append((key, value))
        if declared:
            scope = {**scope, **declared}
        prefix, local = split(name)
        tag = Tag(name, scope.get(prefix, ""), local, attributes, scope)
        self._open.append(tag)
        self._listener.start(tag)

    def _end(self, _: str) -> None:
        self._listener.end(self._open.pop())

    def _doctype(self, *_: object) -> None:
        raise Unreadable("the XML declares a document type")

    def _instruction(self, *_: object) -> None:
        """They are part of what a signature covers, and nobody needs them."""
        if self._open:
            raise Unreadable("the XML has processing instructions in it")

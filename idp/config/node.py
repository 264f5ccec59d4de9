"""YAML's events built into a tree of plain data with positions.

PyYAML's own composer is not used: in C it overflows its stack on deep nesting, it follows YAML 1.1, in which
`no` is false and 22:00 is a number, and it knows nothing of duplicate keys.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import yaml

MAX_DEPTH = 32
MAX_NODES = 50_000  # counted with every alias followed, so that aliases of aliases cannot explode

_INTEGER = re.compile(r"[-+]?[0-9]{1,18}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]{1,3})?")
_WORDS: dict[str, object] = {
    "": None,
    "~": None,
    **dict.fromkeys(("null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}


class Unreadable(Exception):
    """YAML that we do not take, with its position."""

    def __init__(self, event: Any, words: str) -> None:
        super().__init__(words)
        self.line = event.start_mark.line + 1
        self.column = event.start_mark.column + 1


@dataclass(slots=True)
class Node:
    """A value and where it begins; for a mapping also where its keys do. Lines and columns count from 1."""

    data: Any
    line: int
    column: int
    children: dict[str | int, Node] = field(default_factory=dict)
    keys: dict[str | int, tuple[int, int]] = field(default_factory=dict)
    size: int = 1


class Reader:
    """Reads one document."""

    def __init__(self, text: str) -> None:
        self.duplicates: list[tuple[int, int, str]] = []  # line, column, words
        self._loader = yaml.CSafeLoader(text)
        self._anchors: dict[str, Node] = {}
        self._nodes = 0

    def document(self) -> Node:
        """The one document of the text. Raises `Unreadable` and PyYAML's own errors."""
        self._loader.get_event()  # the stream's start
        event: Any = self._loader.get_event()
        if isinstance(event, yaml.StreamEndEvent):
            return Node(None, 1, 1)
        root = self._node(self._loader.get_event(), 0)
        self._loader.get_event()  # the document's end
        event = self._loader.get_event()
        if not isinstance(event, yaml.StreamEndEvent):
            raise Unreadable(event, "a second document begins here, write it into a file of its own")
        return root

    def _node(self, event: Any, depth: int) -> Node:
        if depth > MAX_DEPTH:
            raise Unreadable(event, f"is nested more than {MAX_DEPTH} levels deep")
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event)
        if event.tag is not None:
            raise Unreadable(event, f"the tag {event.tag} is not allowed, write the value without it")
        self._count(event, 1)
        before = self._nodes
        node = self._value(event, depth)
        node.size = self._nodes - before + 1
        if event.anchor:
            self._anchors[event.anchor] = node
        return node

    def _alias(self, event: Any) -> Node:
        node = self._anchors.get(event.anchor)
        if node is None:
            raise Unreadable(event, f"no anchor &{event.anchor} stands before this alias")
        self._count(event, node.size)
        return node

    def _count(self, event: Any, nodes: int) -> None:
        self._nodes += nodes
        if self._nodes > MAX_NODES:
            raise Unreadable(event, f"has more than {MAX_NODES} values, aliases counted, split the file")

    def _value(self, event: Any, depth: int) -> Node:
        node = Node(None, event.start_mark.line + 1, event.start_mark.column + 1)
        if isinstance(event, yaml.ScalarEvent):
            node.data = _scalar(event.value) if event.implicit[0] else event.value
        elif isinstance(event, yaml.SequenceStartEvent):
            self._sequence(node, depth)
        else:
            self._mapping(node, depth)
        return node

    def _sequence(self, node: Node, depth: int) -> None:
        node.data = []
        while not isinstance(event := self._loader.get_event(), yaml.SequenceEndEvent):
            child = self._node(event, depth + 1)
            node.children[len(node.data)] = child
            node.data.append(child.data)

    def _mapping(self, node: Node, depth: int) -> None:
        node.data = {}
        while not isinstance(event := self._loader.get_event(), yaml.MappingEndEvent):
            key, at = self._key(event)
            child = self._node(self._loader.get_event(), depth + 1)
            if key in node.keys:
                first = node.keys[key][0]
                words = f"the key {key} stands here twice, first in line {first}: remove one"
                self.duplicates.append((*at, words))
                continue
            node.keys[key], node.children[key] = at, child
            node.data[key] = child.data

    def _key(self, event: Any) -> tuple[str, tuple[int, int]]:
        if not isinstance(event, yaml.ScalarEvent):
            raise Unreadable(event, "a key must be a plain word")
        mark: Any = event.start_mark
        return event.value, (mark.line + 1, mark.column + 1)


def _scalar(text: str) -> object:
    """The value of a scalar written without quotes, by the core schema of YAML 1.2.2 §10.3.2."""
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text

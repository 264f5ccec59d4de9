"""One YAML file, read within bounds, that remembers where everything stands."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from idp.config.mistake import Findings, Position
from idp.config.node import Node, Reader, Unreadable

MAX_BYTES = 1_048_576

KeyPath = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """Plain data, and the position of every key and value by its path."""

    file: Path
    root: Node

    @property
    def data(self) -> Any:
        return self.root.data

    @property
    def keys(self) -> frozenset[str]:
        """The keys of the whole, if it is a mapping."""
        return frozenset(map(str, self.root.keys))

    def value(self, key: str) -> Any:
        """What stands at a key of the whole; None where nothing does."""
        return self.data.get(key) if isinstance(self.data, dict) else None

    def at(self, path: KeyPath) -> Any:
        """What stands at a path; None where nothing does."""
        node, depth = self._walk(path)
        return node.data if depth == len(path) else None

    def has(self, path: KeyPath) -> bool:
        """Whether a value is written at this path."""
        return self._walk(path)[1] == len(path)

    def position(self, path: KeyPath) -> Position:
        """Where the value at this path begins, or the nearest thing around it that is there."""
        node, _ = self._walk(path)
        return Position(self.file, node.line, node.column)

    def key_position(self, path: KeyPath) -> Position:
        """Where the key at this path begins; where there is none, the value around it."""
        parent, depth = self._walk(path[:-1])
        at = parent.keys.get(path[-1]) if path and depth == len(path) - 1 else None
        return Position(self.file, *at) if at else Position(self.file, parent.line, parent.column)

    def _walk(self, path: KeyPath) -> tuple[Node, int]:
        node = self.root
        for depth, step in enumerate(path):
            if step not in node.children:
                return node, depth
            node = node.children[step]
        return node, len(path)


def read(file: Path, findings: Findings) -> Document | None:
    """The file as a document; None, and mistakes among the findings, if it cannot be understood."""
    findings.files.add(file)
    text = _text(file, findings)
    if text is None:
        return None
    reader = Reader(text)
    try:
        root = reader.document()
    except Unreadable as error:
        findings.error(Position(file, error.line, error.column), str(error))
        return None
    except yaml.reader.ReaderError as error:
        at = Position(file, *_line_and_column(text, error.position))
        findings.error(at, "this character may not stand in YAML, remove it")
        return None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        at = Position(file, mark.line + 1, mark.column + 1) if mark else Position(file)
        findings.error(at, f"this is not YAML: {_hint(error.problem or error.context or 'no more is known')}")
        return None
    for line, column, words in reader.duplicates:
        findings.error(Position(file, line, column), words)
    return Document(file, root)


def _hint(problem: str) -> str:
    if "cannot start any token" in problem:
        return "put the value in quotes, and indent with spaces"
    if "mapping values are not allowed" in problem:
        return "a value with a colon stands in quotes, and a key begins a line"
    return problem


def _text(file: Path, findings: Findings) -> str | None:
    try:
        with file.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
    except OSError as error:
        findings.error(Position(file), f"cannot be read: {(error.strerror or '').lower()}")
        return None
    if len(raw) > MAX_BYTES:
        findings.error(Position(file), f"is larger than {MAX_BYTES} bytes, split it")
        return None
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode()
        at = Position(file, *_line_and_column(before, len(before)))
        findings.error(at, "is not UTF-8, save it as UTF-8")
        return None


def _line_and_column(text: str, index: int) -> tuple[int, int]:
    before = text[:index]
    return before.count("\n") + 1, len(before) - before.rfind("\n")

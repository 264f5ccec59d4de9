"""The table of events is closed: what is written anywhere is declared there, and nothing else is."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from idp.audit_events import EVENTS
from tests.test_architecture import FILES, ROOT, named

NAME = re.compile(r"[a-z_]+\.[a-z_]+")
NOUNS = {event.partition(".")[0] for event in EVENTS}
LOGS = {"log", "_log", "logger"}  # have names of their own, which may look alike
WRITERS = {"record", "_record"}
OF_THE_RECORD = {"user_id", "service", "address", "request_id"}
# Look like events and are none: a file, templates and their words, conditions of rules, what a row is sealed for.
NONE = {
    *("client.py", "console.title", "matrix.new", "password.new", "password.again", "radius.state"),
    *("device.certificate", "device.known", "device.models"),
    *("pattern.phrase", "pattern.again", "pattern.way", "pattern.choice"),
}


@dataclass
class Source:
    """What one file may write: names, with the fields that stand beside them, and beginnings of computed names."""

    names: list[tuple[str, frozenset[str]]] = field(default_factory=list)
    beginnings: set[str] = field(default_factory=set)


@cache
def read(path: Path) -> Source:
    source, logged, fields = Source(), set(), {}
    nodes = list(ast.walk(ast.parse(path.read_text())))
    for call in nodes:
        if not isinstance(call, ast.Call):
            continue
        on, name = called(call)
        if on in LOGS:
            logged |= {id(part) for part in call.args}
        if name in WRITERS:
            given = frozenset(each.arg for each in call.keywords if each.arg) - OF_THE_RECORD
            fields |= dict.fromkeys(map(id, call.args), given)
    for node in nodes:
        if (
            isinstance(node, ast.JoinedStr)
            and len(node.values) == 2
            and isinstance(node.values[0], ast.Constant)
        ):
            source.beginnings.add(str(node.values[0].value))
        text = node.value if isinstance(node, ast.Constant) and id(node) not in logged else None
        if not isinstance(text, str) or not NAME.fullmatch(text):
            continue
        if id(node) in fields or text.partition(".")[0] in NOUNS:
            source.names.append((text, fields.get(id(node), frozenset())))
    return source


def called(call: ast.Call) -> tuple[str, str]:
    """On what, and how it is called."""
    if isinstance(call.func, ast.Attribute):
        value = call.func.value
        return (value.id if isinstance(value, ast.Name) else ""), call.func.attr
    return "", call.func.id if isinstance(call.func, ast.Name) else ""


def sources() -> dict[str, Source]:
    table = ROOT / "idp" / "audit_events.py"
    rooms = ("idp", "protocols")
    return {named(path): read(path) for path in FILES if path != table and named(path).startswith(rooms)}


def test_what_is_written_is_declared() -> None:
    """Also each field that stands beside the name: else nobody has said whether it is of a person."""
    wrong = []
    for path, source in sources().items():
        for event, given in source.names:
            declared = EVENTS.get(event)
            if declared is None and event not in NONE:
                wrong.append(f"{path}: {event}")
            elif declared and not given <= declared.plain | declared.personal:
                wrong.append(f"{path}: {event} {sorted(given - declared.plain - declared.personal)}")
    assert wrong == []


def test_nothing_else_is_declared() -> None:
    """An event that nobody writes any more would be looked for in vain."""
    found = {event for source in sources().values() for event, _ in source.names}
    computed = tuple(
        begin for source in sources().values() for begin in source.beginnings if begin[-1:] == "."
    )
    assert [event for event in EVENTS if event not in found and not event.startswith(computed)] == []


def test_no_field_is_both() -> None:
    assert all(event.plain.isdisjoint(event.personal) for event in EVENTS.values())

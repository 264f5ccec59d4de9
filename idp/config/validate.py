"""Checks a document against its model and puts each mistake where it was written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from idp.config.document import Document, KeyPath
from idp.config.keys import keys_at
from idp.config.mistake import Findings, Position
from idp.config.secrets import SecretReading
from idp.config.words import words

M = TypeVar("M", bound=BaseModel)

# A check of a whole section begins with the key that it is about, or the path to it: `reply.0.attributes.Class`.
_ABOUT = re.compile(r"([a-z_]+(?:\.\S+)?): (.+)", re.DOTALL)


def validate(
    document: Document, model: type[M], findings: Findings, reading: SecretReading, path: KeyPath = ()
) -> M | None:
    """The part of the document at `path` as a model; None, and mistakes among the findings, if it is none."""
    data: Any = document.data
    for step in path:
        data = data[step]
    try:
        return model.model_validate(data, context=reading)
    except ValidationError as error:
        for detail in _one_branch(document, path, _telling(error.errors(include_url=False))):
            findings.error(*_told(document, model, path, detail))
        return None


def _telling(details: list[ErrorDetails]) -> list[ErrorDetails]:
    """Without lists that are too short only because their entries are wrong: those are told."""
    wrong = {detail["loc"][:depth] for detail in details for depth in range(len(detail["loc"]))}
    return [detail for detail in details if detail["type"] != "too_short" or detail["loc"] not in wrong]


def _told(
    document: Document, model: type[BaseModel], root: KeyPath, detail: ErrorDetails
) -> tuple[Position, str]:
    loc = detail["loc"]
    path = _written(document, root, loc)
    if detail["type"] == "missing":
        return document.position(path), f"{_dotted((*path, loc[-1]))} is missing"
    if loc and loc[-1] == "[key]":
        return document.key_position(path), f"{_dotted(path)}: the key {words(detail)}"
    if detail["type"] == "extra_forbidden":
        said = words(detail, keys_at(model, path[len(root) : -1]))
        return document.key_position(path), f"{_dotted(path)} {said}"
    said = words(detail)
    about = _ABOUT.fullmatch(said)
    if about and detail["type"] == "value_error":
        steps = (int(step) if step.isdecimal() else step for step in about[1].split("."))
        key = (*path, *steps)
        return document.position(key), _sentence(key, about[2])
    return document.position(path), _sentence(path, said)


def _sentence(path: KeyPath, said: str) -> str:
    if not path:
        return said
    return f"{_dotted(path)}{' ' if said.startswith(('must ', 'is ')) else ': '}{said}"


def _written(document: Document, root: KeyPath, loc: Iterable[str | int]) -> KeyPath:
    """The path in the file: pydantic's, without the branches of unions that it walked through."""
    path = root
    for step in loc:
        if document.has((*path, step)):
            path = (*path, step)
    return path


def _one_branch(document: Document, root: KeyPath, details: Sequence[ErrorDetails]) -> Iterable[ErrorDetails]:
    """Of a union only the branch that got furthest: what the others say would only repeat it."""
    unions: dict[KeyPath, dict[str | int, list[ErrorDetails]]] = {}
    for detail in details:
        at, branch = _union(document, root, detail)
        if at is None:
            yield detail
        else:
            unions.setdefault(at, {}).setdefault(branch, []).append(detail)
    for branches in unions.values():
        yield from max(branches.values(), key=lambda said: (max(len(d["loc"]) for d in said), -len(said)))


def _union(document: Document, root: KeyPath, detail: ErrorDetails) -> tuple[KeyPath | None, str | int]:
    """Where in the file a union stands above this error, and which branch the error is about."""
    path, loc = root, detail["loc"]
    for index, step in enumerate(loc):
        last = index == len(loc) - 1
        if document.has((*path, step)):
            path = (*path, step)
        elif not (last and (detail["type"] == "missing" or step == "[key]")):
            return path, step
    return None, ""


def _dotted(path: Sequence[str | int]) -> str:
    text = "".join(f"[{step + 1}]" if isinstance(step, int) else f".{step}" for step in path)
    return text.removeprefix(".")

"""Which keys may stand at a place of a model: what an unknown key is compared with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, get_args

from pydantic import BaseModel


def keys_at(model: type[BaseModel], path: Sequence[str | int]) -> frozenset[str]:
    """The keys of the models that may stand at `path` below `model`."""
    found: list[type[BaseModel]] = [model]
    for step in path:
        found = (
            [below for above in found for below in _below(above, step)] if isinstance(step, str) else found
        )
    return frozenset(name for each in found for name in _names(each))


def _names(model: type[BaseModel]) -> Iterator[str]:
    for name, field in model.model_fields.items():
        yield field.alias or name


def _below(model: type[BaseModel], key: str) -> Iterator[type[BaseModel]]:
    for name, field in model.model_fields.items():
        if key == (field.alias or name):
            yield from models_in(field.annotation)
            for extra in field.metadata:
                yield from models_in(extra)


def models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    """Every model that an annotation mentions, through lists, unions and the like."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    yield from (
        models_in(annotation.reads) if hasattr(annotation, "reads") else ()
    )  # what a secret is read from
    for argument in get_args(annotation):
        yield from models_in(argument)

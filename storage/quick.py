"""Frozen records that are made quickly: a login makes eighty of them, with seven hundred fields."""

from __future__ import annotations

from dataclasses import MISSING, Field, fields
from typing import TYPE_CHECKING, Any, TypeVar

__all__ = ["quick", "replace"]

T = TypeVar("T")

if TYPE_CHECKING:  # who checks types knows what it takes
    from dataclasses import replace
else:

    def replace(record: T, /, **changes: object) -> T:
        """`dataclasses.replace` for what `quick` was given, in a third of the time."""
        return record.__replace__(**changes)


def quick(record: type[T]) -> type[T]:
    """The frozen dataclass with slots that it is given, whose `__init__` does the same in a fifth of the time.

    That of `dataclasses` goes through `object.__setattr__` for each field, which looks the slot up by its name; here
    each slot is at hand. A record can no more be changed than before.
    """
    each = fields(record)  # type: ignore[arg-type]
    known: dict[str, Any] = {"MISSING": MISSING, "record": record, "empty": object.__new__}
    for one in each:
        known[f"set_{one.name}"] = getattr(record, one.name).__set__
        known[f"default_{one.name}"] = one.default
        known[f"new_{one.name}"] = one.default_factory
    sets = "\n".join(f"    set_{one.name}(self, {_value(one)})" for one in each)
    others = ", ".join(f"{one.name}=MISSING" for one in each)
    kept = "\n".join(
        f"    set_{one.name}(made, self.{one.name} if {one.name} is MISSING else {one.name})" for one in each
    )
    text = f"""
def __init__(self, {", ".join(map(_parameter, each))}):
{sets}
def __replace__(self, *, {others}):
    made = empty(record)
{kept}
    return made
"""
    made: dict[str, Any] = {}
    exec(text, known, made)  # noqa: S102  text of ours, as in `dataclasses`
    for name, method in made.items():
        setattr(record, name, method)
    return record


def _parameter(one: Field[Any]) -> str:
    if one.default_factory is not MISSING:
        return f"{one.name}=MISSING"
    return one.name if one.default is MISSING else f"{one.name}=default_{one.name}"


def _value(one: Field[Any]) -> str:
    is_made = one.default_factory is not MISSING
    return f"new_{one.name}() if {one.name} is MISSING else {one.name}" if is_made else one.name

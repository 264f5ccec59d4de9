"""Frozen records that are made quickly: a login makes eighty of them, with seven hundred fields."""

from __future__ import annotations

from collections.abc import Sequence
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
    """The frozen dataclass with slots that it is given, whose `__init__` does the same in a tenth of the time.

    That of `dataclasses` goes through `object.__setattr__` for each field, which looks the slot up by its name. Here a
    record is a draft until all is written into it: of a class with the same slots that is not frozen, so that the
    interpreter writes each by itself and calls nothing. A record can no more be changed than before.
    """
    each = fields(record)  # type: ignore[arg-type]
    names = tuple(one.name for one in each)
    if record.__dict__.get("__slots__") != names:
        raise TypeError(f"{record.__name__} has slots that are not its own, or none")
    known: dict[str, Any] = {
        "MISSING": MISSING,
        "_record": record,
        "_draft": type(f"{record.__name__}Draft", (), {"__slots__": names}),
        "_become": object.__dict__["__class__"].__set__,  # a frozen class lets nobody say it by an assignment
        "_empty": object.__new__,
    }
    for one in each:
        known[f"default_{one.name}"] = one.default
        known[f"new_{one.name}"] = one.default_factory
    made: dict[str, Any] = {}
    exec(_methods(each), known, made)  # noqa: S102  text of ours, as in `dataclasses`
    for name, method in made.items():
        setattr(record, name, method)
    return record


def _methods(each: Sequence[Field[Any]]) -> str:
    sets = "\n".join(f"    self.{one.name} = {_value(one)}" for one in each)
    others = ", ".join(f"{one.name}=MISSING" for one in each)
    kept = "\n".join(
        f"    _made.{one.name} = self.{one.name} if {one.name} is MISSING else {one.name}" for one in each
    )
    return f"""
def __init__(self, {", ".join(map(_parameter, each))}):
    _kind = self.__class__
    _become(self, _draft)
{sets}
    self.__class__ = _kind
def __replace__(self, *, {others}):
    _made = _empty(_draft)
{kept}
    _made.__class__ = _record
    return _made
"""


def _parameter(one: Field[Any]) -> str:
    if one.default_factory is not MISSING:
        return f"{one.name}=MISSING"
    return one.name if one.default is MISSING else f"{one.name}=default_{one.name}"


def _value(one: Field[Any]) -> str:
    is_made = one.default_factory is not MISSING
    return f"new_{one.name}() if {one.name} is MISSING else {one.name}" if is_made else one.name

"""`storage.quick`: what it changes must not be seen."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from dataclasses import FrozenInstanceError, dataclass, field

import pytest

from storage.quick import quick, replace


@dataclass(frozen=True, slots=True)
class Plain:
    """As `dataclasses` makes it."""

    name: str
    number: int = 7
    hidden: str = field(default="x", repr=False)
    seen: list[str] = field(default_factory=list)


@quick
@dataclass(frozen=True, slots=True)
class Quick:
    """The same, made quickly."""

    name: str
    number: int = 7
    hidden: str = field(default="x", repr=False)
    seen: list[str] = field(default_factory=list)


def test_a_record_is_made_as_dataclasses_would() -> None:
    for values in ({"name": "a"}, {"name": "a", "number": 1}, {"name": "a", "seen": ["b"], "hidden": "y"}):
        plain, made = Plain(**values), Quick(**values)  # type: ignore[arg-type]
        assert dataclasses.asdict(made) == dataclasses.asdict(plain)
        assert repr(made) == repr(plain).replace("Plain", "Quick")
        assert made == Quick(**values) != plain  # type: ignore[arg-type,comparison-overlap]
    assert Quick("a", 1, "y", ["b"]) == Quick(name="a", number=1, hidden="y", seen=["b"])
    assert Quick("a").seen is not Quick("a").seen
    for wrong in ((), ("a", 1, "y", [], "more")):
        with pytest.raises(TypeError):
            Quick(*wrong)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        Quick("a", unknown=1)  # type: ignore[call-arg]


@quick
@dataclass(frozen=True, slots=True)
class Named:
    """Its fields are called like what stands in the methods that are made."""

    kind: str
    record: str = "r"
    made: list[str] = field(default_factory=list)


class Kind(Quick):
    """One that adds nothing."""

    __slots__ = ()


def test_a_record_is_of_the_class_that_was_called() -> None:
    assert type(Kind("a")) is Kind
    assert (Named("k").kind, replace(Named("k", "s"), made=["m"])) == ("k", Named("k", "s", ["m"]))
    assert type(Quick("a")) is type(replace(Quick("a"), name="b")) is Quick


def test_a_class_without_slots_of_its_own_is_refused() -> None:
    with pytest.raises(TypeError, match="slots"):
        quick(dataclass(frozen=True)(type("Loose", (), {"__annotations__": {"name": "str"}})))
    with pytest.raises(TypeError, match="slots"):
        quick(dataclass(frozen=True, slots=True)(type("Same", (Plain,), {})))


def test_a_record_cannot_be_changed_but_copied_with_another_value() -> None:
    made = Quick("a", seen=["b"])
    with pytest.raises(FrozenInstanceError):
        made.number = 1  # type: ignore[misc]
    for replaced in (replace(made, number=1), dataclasses.replace(made, number=1)):
        assert (replaced, made.number) == (Quick("a", 1, seen=["b"]), 7)
    assert replace(made, seen=[]).seen == [] and replace(made).seen is made.seen
    with pytest.raises(TypeError):
        replace(made, unknown=1)  # type: ignore[call-arg]
    assert pickle.loads(pickle.dumps(made)) == copy.copy(made) == made

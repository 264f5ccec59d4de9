"""`conf/` is the demo and the manual: every setting stands in it, and what a comment calls the default is it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_origin

import pytest
import yaml
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from idp import doors
from idp.config.assemble import Shape
from idp.config.keys import models_in
from idp.config.load import load
from idp.config.policies import RuleSettings
from idp.config.secrets import SecretReading, SecretSource
from idp.config.server import ServerSettings

CONF = Path(__file__).parents[2] / "conf"
DEMO = CONF / "tenants" / "demo"
SHAPE = Shape.of({name: doors.models(name) for name in doors.names()})
SHOWN = {
    "wiki": "oidc",
    "payroll": "saml",
    "vpn": "radius",
}  # each door's part of a service in the file of one
FILES: dict[Path, type[BaseModel]] = {
    CONF / "idp.yaml": ServerSettings,
    DEMO / "tenant.yaml": SHAPE.tenant,
    DEMO / "authenticators.yaml": SHAPE.authenticators,
    **{
        DEMO / "services" / f"{name}.yaml": Shape.of({door: doors.models(door)}).service
        for name, door in SHOWN.items()
    },
}
ANY = "*"  # a key that the administrator chooses
# A line that would be YAML without its mark: `# key: value` at any depth.
SETTING = re.compile(r"^(\s*)# ((?:  )*[a-z_0-9]+:(?: .*)?)$")

each_file = pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)


def settings(model: type[BaseModel], above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The path of every setting below a model; where secrets lie is told once, for the master key."""
    for name, field in model.model_fields.items():
        if field.annotation is Any:  # of a door that another file shows
            continue
        path = (*above, field.alias or name)
        yield path
        named = (*path, ANY) if get_origin(field.annotation) is dict else path
        for below in models_in(field.annotation):
            if is_example(field, below):
                continue
            if below is not SecretSource or path == ("master_key",):
                yield from settings(below, named)


def is_example(field: FieldInfo, below: type[BaseModel]) -> bool:
    """A section without a default cannot stand as one: it is shown behind `null`, as an example in one line."""
    return field.default is None and below is not SecretSource and not issubclass(below, doors_sections())


def doors_sections() -> tuple[type[BaseModel], ...]:
    return tuple(doors.models(name).service for name in doors.names())


def examples(model: type[BaseModel]) -> Iterator[str]:
    """The names of the settings in such sections."""
    for field in model.model_fields.values():
        for below in models_in(field.annotation):
            yield from below.model_fields if is_example(field, below) else examples(below)


def unmarked(file: Path) -> Any:
    """The file with the settings that are commented out as if they were not."""
    lines = []
    for line in file.read_text().splitlines():
        match = SETTING.match(line)
        lines.append(f"{match[1]}{match[2]}" if match else line)
    return yaml.safe_load("\n".join(lines))


def paths(value: Any, above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for entry in value if isinstance(value, list) else ():
        yield from paths(entry, above)
    for key, below in value.items() if isinstance(value, dict) else ():
        yield (*above, key)
        yield from paths(below, (*above, key))


def is_at(path: tuple[str, ...], written: tuple[str, ...]) -> bool:
    return len(path) == len(written) and all(
        step in (ANY, key) for step, key in zip(path, written, strict=True)
    )


@each_file
def test_every_setting_stands_in_the_manual(file: Path) -> None:
    written = set(paths(unmarked(file)))
    assert {path for path in settings(FILES[file]) if not any(is_at(path, each) for each in written)} == set()
    text = file.read_text()
    assert [name for name in examples(FILES[file]) if f"{name}:" not in text] == []


@each_file
def test_what_is_commented_out_is_the_default(file: Path) -> None:
    """Taking the marks away must not change a thing."""
    model, reading = FILES[file], SecretReading(CONF, plain=True)
    written = model.model_validate(yaml.safe_load(file.read_text()), context=reading)
    assert model.model_validate(unmarked(file), context=reading) == written


def test_every_part_of_a_rule_stands_in_the_manual() -> None:
    words = set(re.findall(r"[a-z_]+(?=:)", (DEMO / "policies.yaml").read_text()))
    assert {path[-1] for path in settings(RuleSettings)} - words == set()


def test_the_demo_has_neither_mistakes_nor_warnings() -> None:
    configuration = load(CONF)
    assert configuration.warnings == ()
    (demo,) = configuration.tenants
    assert demo.settings.demo
    assert [person.user for person in demo.people] == ["alice", "bob", "carol"]
    assert sorted(demo.services) == ["notes", "payroll", "vpn", "wiki"]

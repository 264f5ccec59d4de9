"""What an apply would change, in the words of administrators: added, changed from this to that, removed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from idp.config.change import DEFAULT, HIDDEN, NOTHING, Change, Detail, Kind
from idp.config.drift import shared
from idp.config.in_force import InForce
from idp.config.load import FILE
from idp.config.parts import SERVER, Name, Part, leaves, of_the_node, parts
from keys.secret import Secret

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that would change."""

    changes: tuple[Change, ...]
    texts: tuple[str, ...]  # files whose words change and whose meaning does not
    of_the_node: tuple[str, ...]  # keys of `idp.yaml` that differ, and that no apply carries to any node
    waits: tuple[str, ...]  # what comes into force only with SIGHUP or a restart

    @property
    def is_empty(self) -> bool:
        """Whether the files are those of the revision."""
        return not self.changes and not self.texts

    @property
    def removals(self) -> tuple[Change, ...]:
        return tuple(change for change in self.changes if change.kind == "removed")


def plan(before: InForce, after: InForce) -> Plan:
    """From what is in force to what would be."""
    old, new = parts(before.configuration), parts(after.configuration)
    changes = (*_removed(old, new), *_added_and_changed(old, new), *_order(old, new))
    files, texts = _files(before, after)
    tenants = {name.tenant: place for place, name in enumerate((*new, *old)) if name.tenant}
    ordered = sorted((*changes, *files), key=lambda change: tenants.get(change.tenant, -1))
    was, would_be = (of_the_node(each.configuration.folder) for each in (before, after))
    return Plan(
        tuple(ordered),
        () if changes else texts,
        tuple(key for key in {**was, **would_be} if was.get(key) != would_be.get(key)),
        tuple(_waiting(before, after)),
    )


def _removed(old: Mapping[Name, Part], new: Mapping[Name, Part]) -> Iterator[Change]:
    gone = [name for name in old if name not in new]
    whole = {(name.tenant, name.words) for name in gone}
    for name in gone:
        if (name.tenant, name.above) not in whole:
            yield Change.of(name, "removed")


def _added_and_changed(old: Mapping[Name, Part], new: Mapping[Name, Part]) -> Iterator[Change]:
    for name, part in new.items():
        before = old.get(name)
        if before is None:
            details = tuple(
                Detail(_dotted(path), NOTHING, _shown(part, path, value))
                for path, value in leaves(part.written)
            )
            yield Change.of(name, "added", details)
        elif before.written != part.written and before.model != part.model:
            details = tuple(_details(before, part))
            if details:
                yield Change.of(name, "changed", details)


def _details(before: Part, after: Part) -> Iterator[Detail]:
    was, would_be = dict(leaves(before.written)), dict(leaves(after.written))
    for path in {**was, **would_be}:
        if was.get(path, NOTHING) != would_be.get(path, NOTHING) or (path in was) != (path in would_be):
            said = [
                _shown(part, path, values[path]) if path in values else _default(part, path)
                for part, values in ((before, was), (after, would_be))
            ]
            yield Detail(_dotted(path), *said)


def _order(old: Mapping[Name, Part], new: Mapping[Name, Part]) -> Iterator[Change]:
    """Rules are asked in their order: to move one can change who gets in."""
    for tenant in {name.tenant: None for name in new}:
        rules = [
            [name.name for name in side if name in other and _is_rule(name, tenant)]
            for side, other in ((old, new), (new, old))
        ]
        if rules[0] != rules[1]:
            told = Detail("order", " | ".join(rules[0]), " | ".join(rules[1]))
            yield Change(tenant, "order of the rules", "changed", "order", details=(told,))


def _is_rule(name: Name, tenant: str) -> bool:
    return name.tenant == tenant and name.sort == "rule"


def _files(before: InForce, after: InForce) -> tuple[list[Change], tuple[str, ...]]:
    """What settings name, and themes; YAML is told by its parts, and here only where its words differ."""
    changes, texts = [], []
    old, new = before.bundle.files, after.bundle.files
    for name in sorted({*old, *new}):
        was, would_be = old.get(name), new.get(name)
        if was == would_be or (name == FILE and _is_of_the_node(before, after)):
            continue
        if name.endswith(".yaml"):
            texts.append(name)
        else:
            kind: Kind = "added" if was is None else "removed" if would_be is None else "changed"
            changes.append(Change(SERVER, f"file {name}", kind, "file", name))
    return changes, tuple(texts)


def _is_of_the_node(before: InForce, after: InForce) -> bool:
    """Whether two `idp.yaml` differ only in what they say of their node."""
    one, other = (shared(each.configuration.folder / FILE) for each in (before, after))
    return bool(one == other)


def _waiting(before: InForce, after: InForce) -> Iterator[str]:
    """A door that has sockets of its own gets them when a node starts."""
    was, would_be = (each.configuration.server for each in (before, after))
    listening = [setting for setting, addresses in would_be.listen.of_doors.items() if addresses]
    for door in would_be.doors:
        if door not in was.doors and any(setting.startswith(door) for setting in listening):
            yield f"door {door} listens at its own addresses only after SIGHUP or a restart of each node"


def _shown(part: Part, path: Path, value: Any) -> str:
    """Of a demo tenant a secret may stand here itself."""
    if isinstance(_at(part.model, path), Secret) or "credentials" in path[:1]:
        return HIDDEN
    return _text(value)


def _default(part: Part, path: Path) -> str:
    value = _at(part.model, path)
    plain = isinstance(value, (str, int, float, bool, tuple)) and not isinstance(value, Secret)
    return f"{_text(list(value) if isinstance(value, tuple) else value)}{DEFAULT}" if plain else NOTHING


def _at(model: Any, path: Path) -> Any:
    """What was understood at a path; None where that is not to be found so."""
    for step in path:
        if isinstance(model, Mapping):
            model = model.get(step)
        elif isinstance(model, BaseModel):
            aliases = {field.alias: name for name, field in type(model).model_fields.items() if field.alias}
            model = getattr(model, aliases.get(str(step), str(step)), None)
        elif isinstance(model, tuple) and isinstance(step, int):
            model = model[step] if step < len(model) else None
        else:
            return None
    return model


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return ", ".join(map(_text, value)) or "[]"
    return NOTHING if value is None else str(value)


def _dotted(path: Path) -> str:
    return "".join(f"[{step + 1}]" if isinstance(step, int) else f".{step}" for step in path).removeprefix(
        "."
    )

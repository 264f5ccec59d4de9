"""Template inheritance resolved when a theme is read: one flat template a page, its constants filled in.

Jinja resolves blocks on every rendering, through one generator a level. Flat, texts that stand side by side
become one string, and a page renders in half of the time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from jinja2 import Environment, Template, TemplateError, nodes


@dataclass(frozen=True, slots=True)
class _Parsed:
    """One template as it is written."""

    tree: nodes.Template
    blocks: Mapping[str, nodes.Block]
    parent: str | None


class Sources:
    """The templates of a theme, each parsed once: all pages have the layout, and all languages have all of them.

    Nothing of a tree may be changed, since others are made of it, too.
    """

    def __init__(self, environment: Environment) -> None:
        """Whatever is compiled of them must have the same loader and the same syntax as `environment`."""
        self._environment = environment
        self._parsed: dict[str, _Parsed] = {}

    def lineage(self, name: str) -> tuple[nodes.Template, Mapping[str, list[nodes.Block]]]:
        """The topmost ancestor, and all versions of each block, the descendant's first. Raises TemplateError."""
        versions: dict[str, list[nodes.Block]] = {}
        while True:
            parsed = self._parsed.get(name) or self._parse(name)
            for block in parsed.blocks.values():
                versions.setdefault(block.name, []).append(block)
            if parsed.parent is None:
                return parsed.tree, versions
            name = parsed.parent

    def _parse(self, name: str) -> _Parsed:
        loader = self._environment.loader
        if loader is None:
            raise TemplateError(f"{name}: no loader")
        source, filename, _ = loader.get_source(self._environment, name)
        tree = self._environment.parse(source, name, filename)
        extends = tree.find(nodes.Extends)
        if extends is not None and not isinstance(extends.template, nodes.Const):
            raise TemplateError(f"{filename}: extends needs a constant name")
        parent = extends.template.value if extends is not None else None  # type: ignore[attr-defined]
        blocks = {block.name: block for block in tree.find_all(nodes.Block)}
        parsed = self._parsed[name] = _Parsed(tree, blocks, parent)
        return parsed


def compile_flat(
    environment: Environment, sources: Sources, name: str, constants: Mapping[str, object]
) -> Template:
    """The template `name` with its ancestors, compiled. Names in `constants` stand for their values.

    Blocks, `super()` and `self.block()` work where text is put out; `extends` takes a constant.
    Raises TemplateError.
    """
    root, versions = sources.lineage(name)
    flat: nodes.Template = _Flattener(versions, constants).copied(root)
    flat.body = list(_joined(flat.body))
    code = environment.compile(flat, name, name)
    return Template.from_code(environment, code, environment.make_globals(None))


class _Flattener:
    """Copies a tree, with the bodies of blocks where the blocks stand, and values where constants are named."""

    def __init__(self, versions: Mapping[str, list[nodes.Block]], constants: Mapping[str, object]) -> None:
        self._versions = versions
        self._constants = constants
        self._open: list[tuple[str, int]] = []  # the blocks that we are inside of, with their version
        self._special: Mapping[type, Any] = {
            nodes.Block: self._block,
            nodes.Output: self._output,
            nodes.Name: self._name,
            nodes.TemplateData: lambda node: node,  # without children, and never changed
            nodes.Const: lambda node: node,
        }

    def copied(self, value: Any) -> Any:
        """A node as a node, or as the statements that stand for it; a list as one; all else as it is."""
        if isinstance(value, nodes.Node):
            special = self._special.get(type(value))
            return special(value) if special else self._copy(value)
        return self._list(value) if isinstance(value, list) else value

    def _copy(self, node: nodes.Node) -> nodes.Node:
        # `__init__` would look at each field by name, which costs as much as to parse the template.
        copy = object.__new__(type(node))
        copy.__dict__ = {name: self.copied(value) for name, value in node.__dict__.items()}
        return copy

    def _list(self, values: list[Any]) -> list[Any]:
        made: list[Any] = []
        for value in values:
            copy = self.copied(value)
            if isinstance(copy, list):
                made += copy
            else:
                made.append(copy)
        return made

    def _block(self, node: nodes.Block) -> list[nodes.Node]:
        return self._body(node.name, 0)

    def _output(self, node: nodes.Output) -> list[nodes.Node]:
        """`super()` and `self.block()` are texts of statements: the output is split around them."""
        parts: list[nodes.Node] = []
        for child in node.nodes:
            called = self._called(child)
            if called is not None:
                parts += self._body(*called)
            else:
                parts.append(nodes.Output([self.copied(child)], lineno=node.lineno))
        return parts

    def _name(self, node: nodes.Name) -> nodes.Expr:
        if node.ctx == "load" and node.name in self._constants:
            return nodes.Const(self._constants[node.name], lineno=node.lineno)
        return node

    def _called(self, node: nodes.Expr) -> tuple[str, int] | None:
        match node:
            case nodes.Call(node=nodes.Name(name="super")) if self._open:
                name, version = self._open[-1]
                return name, version + 1
            case nodes.Call(node=nodes.Getattr(node=nodes.Name(name="self"), attr=name)):
                return name, 0
        return None

    def _body(self, name: str, version: int) -> list[nodes.Node]:
        if (name, version) in self._open or version >= len(self._versions.get(name, ())):
            raise TemplateError(f"block {name} refers to itself or to nothing")
        self._open.append((name, version))
        body = self._list(self._versions[name][version].body)
        self._open.pop()
        return body


def _joined(body: list[nodes.Node]) -> Any:
    """Neighbouring outputs as one, also inside of conditions and loops, so that constants meet and melt."""
    pending: nodes.Output | None = None
    for node in body:
        if isinstance(node, nodes.Output):
            if pending is None:
                pending = nodes.Output([], lineno=node.lineno)
            pending.nodes += node.nodes
            continue
        if pending is not None:
            yield pending
            pending = None
        for field in ("body", "else_"):
            if isinstance(inner := getattr(node, field, None), list):
                setattr(node, field, list(_joined(inner)))
        for branch in getattr(node, "elif_", ()):
            branch.body = list(_joined(branch.body))
        yield node
    if pending is not None:
        yield pending

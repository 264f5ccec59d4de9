"""Exclusive canonical XML written event by event, for what is too large to be a tree.

`protocols.saml.xml.canonical` does the same for messages; a test holds both to each other.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Final

from protocols.saml.names import XML
from protocols.saml.xml import Unreadable

Attributes = Sequence[tuple[str, str]]

_TEXT: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#xD;"})
_VALUE: Final = str.maketrans(
    {"&": "&amp;", "<": "&lt;", '"': "&quot;", "\t": "&#x9;", "\n": "&#xA;", "\r": "&#xD;"}
)


def split(name: str) -> tuple[str, str]:
    """Prefix and local name. Raises `Unreadable` for what is no qualified name."""
    prefix, colon, local = name.partition(":")
    if not colon:
        return "", name
    if not prefix or not local or ":" in local:
        raise Unreadable("a name has colons at odd places")
    return prefix, local


class Canonical:
    """Writes one element and what is in it, without comments (Exclusive XML Canonicalization 1.0 §3)."""

    def __init__(self, write: Callable[[bytes], None], inclusive: Collection[str] = ()) -> None:
        """`inclusive` are prefixes that are treated as visibly used, the empty one is the default namespace."""
        self._write = write
        self._inclusive = frozenset(inclusive)
        self._rendered: list[Mapping[str, str]] = [{}]

    def start(self, name: str, attributes: Attributes, scope: Mapping[str, str]) -> None:
        """A start tag; `attributes` without the declarations of namespaces, which `scope` holds by prefix."""
        prefix, _ = split(name)
        used = {prefix, *(self._inclusive & scope.keys())}
        ordered = sorted(_expanded(attributes, scope, used))
        rendered, fresh = self._rendered[-1], dict[str, str]()
        for each in sorted(used - {"xml"}):
            uri = _namespace(each, scope)
            if rendered.get(each, "") != uri:
                fresh[each] = uri
        self._rendered.append({**rendered, **fresh} if fresh else rendered)
        declared = "".join(
            f' xmlns{":" if each else ""}{each}="{uri.translate(_VALUE)}"' for each, uri in fresh.items()
        )
        written = "".join(f' {each}="{value.translate(_VALUE)}"' for _, _, each, value in ordered)
        self._write(f"<{name}{declared}{written}>".encode())

    def end(self, name: str) -> None:
        self._rendered.pop()
        self._write(f"</{name}>".encode())

    def text(self, data: str) -> None:
        self._write(data.translate(_TEXT).encode())


def _expanded(
    attributes: Attributes, scope: Mapping[str, str], used: set[str]
) -> list[tuple[str, str, str, str]]:
    """Namespace, local name, name and value: their order is that of the standard. Adds to what is used."""
    found: dict[tuple[str, str], tuple[str, str, str, str]] = {}
    for name, value in attributes:
        prefix, local = split(name)
        uri = _namespace(prefix, scope) if prefix else ""
        if prefix:
            used.add(prefix)
        if (uri, local) in found:
            raise Unreadable("an element has one attribute twice")
        found[uri, local] = (uri, local, name, value)
    return [*found.values()]


def _namespace(prefix: str, scope: Mapping[str, str]) -> str:
    uri = XML if prefix == "xml" else scope.get(prefix, "")
    if prefix and not uri:
        raise Unreadable("a prefix has no namespace")
    return uri

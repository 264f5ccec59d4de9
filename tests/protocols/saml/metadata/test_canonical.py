"""The canonical XML of streams is that of trees: two programs that disagree here could be told two stories."""

from __future__ import annotations

from random import Random

import pytest
from lxml import etree

from protocols.saml.metadata.canonical import Canonical
from protocols.saml.metadata.events import Events, Tag
from protocols.saml.xml import Unreadable, canonical, parse

DOCUMENTS = (
    "<a/>",
    '<a xmlns="u:1" b="1&#10;&quot;" a="2"><b xmlns="">x&#13;<c xmlns="u:1"/></b></a>',
    """<md:a xmlns:md="u:m" xmlns:x="u:x" xmlns:z="u:z" xmlns="u:d" x:b="1" a="&lt;'" z:a="2\t3" xml:lang="ja">
    <!-- gone --><b>t&gt;<md:c xmlns:md="u:n"><x:d/><md:e/></md:c><md:c/></b><![CDATA[<&]]>有栖</md:a>""",
    '<a xmlns:p="u:1"><p:b><q:c xmlns:q="u:1" p:x="1" q:y="2" x="3"/></p:b><p:b xmlns:p="u:1"/></a>',
)


class Written:
    """What a stream is as canonical XML."""

    def __init__(self, inclusive: tuple[str, ...] = ()) -> None:
        self.data = bytearray()
        self._canonical = Canonical(self.data.extend, inclusive)

    def start(self, tag: Tag) -> None:
        self._canonical.start(tag.name, tag.attributes, tag.scope)

    def end(self, tag: Tag) -> None:
        self._canonical.end(tag.name)

    def text(self, data: str) -> None:
        self._canonical.text(data)


def streamed(document: bytes, inclusive: tuple[str, ...] = (), size: int = 7) -> bytes:
    written = Written(inclusive)
    events = Events(written)
    for start in range(0, len(document), size):
        events.feed(document[start : start + size])
    events.close()
    return bytes(written.data)


@pytest.mark.parametrize("inclusive", [(), ("x",), ("x", "z", "nowhere"), ("md",)])
@pytest.mark.parametrize("document", DOCUMENTS)
def test_a_stream_is_written_as_a_tree_is(document: str, inclusive: tuple[str, ...]) -> None:
    assert streamed(document.encode(), inclusive) == canonical(parse(document.encode()), inclusive)


def tree(chance: Random, depth: int = 4) -> str:
    """Well-formed elements with prefixes that are declared, hidden and declared anew."""
    name = chance.choice(["a", "b", "p:a", "q:a", "q:b"])
    prefixes = chance.sample(["", "p", "q"], chance.randint(0, 3))
    written = "".join(
        f' xmlns{":" if prefix else ""}{prefix}="u:{chance.randint(1, 2)}"' for prefix in prefixes
    )
    attributes = chance.sample(["x", "y", "p:x", "xml:lang"], chance.randint(0, 3))
    written += "".join(f' {key}="{text(chance).replace("<!---->", "")}"' for key in attributes)
    inside = "".join(tree(chance, depth - 1) for _ in range(chance.randint(0, 3))) if depth else ""
    return f"<{name}{written}>{text(chance)}{inside}</{name}>"


def text(chance: Random) -> str:
    return "".join(
        chance.choices(
            ["a", "有", "&amp;", "&lt;", "&gt;", "&quot;", "'", "\n", "\t", "&#13;", "<!---->"], k=3
        )
    )


@pytest.mark.parametrize("inclusive", [(), ("p",), ("p", "q")])
def test_whatever_is_written(inclusive: tuple[str, ...]) -> None:
    chance = Random(len(inclusive))
    for _ in range(100):
        document = f'<r xmlns:p="u:0" xmlns:q="u:9">{tree(chance)}</r>'.encode()
        assert streamed(document, inclusive) == canonical(parse(document), inclusive)


@pytest.mark.parametrize(
    "document",
    [
        "<p:a/>", "<a p:b='1'/>", "<a:b:c xmlns:a='u'/>", "<:a/>", "<a><b></a>", "<a>&nbsp;</a>", "<a/><a/>",
        "<a xmlns:p='u' xmlns:q='u' p:x='1' q:x='2'/>", "<a><?php 1?></a>", "<a", "", "\xff\xfe",
    ],
)  # fmt: skip
def test_what_could_be_read_in_two_ways_is_not_read(document: str) -> None:
    with pytest.raises(Unreadable):
        streamed(document.encode("latin-1"))


def test_the_encoding_is_ours_to_say() -> None:
    """A document type hidden in another encoding."""
    hidden = '<?xml version="1.0" encoding="UTF-7"?>+ADwAIQ-DOCTYPE a+AD4-<a/>'
    with pytest.raises(Unreadable):
        streamed(hidden.encode())
    with pytest.raises(Unreadable):
        streamed("<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>".encode("utf-16"))
    assert (
        etree.tostring(parse(streamed(b"<?xml version='1.0' encoding='latin1'?><a>\xc3\xa9</a>")))
        == b"<a>&#233;</a>"
    )

"""Metadata read from a stream: only wanted entities, only what the signature covers, within bounded memory.

THREAT_MODEL.md 1: Values are read only from the bytes that the signature covered.
THREAT_MODEL.md 2: Keys inside a message are never trusted; only those that an administrator pinned.
THREAT_MODEL.md 4: DTD, entity, transform, outside references, nesting: refused at once.
THREAT_MODEL.md 32: Every parser: bounded depth, length, time.
"""

from __future__ import annotations

import random
import re
import subprocess
import time
import tracemalloc
from pathlib import Path

import pytest

from protocols.saml.metadata.description import describe
from protocols.saml.metadata.events import TOKEN_BYTES
from protocols.saml.metadata.reading import ENTITY_BYTES, Reader, read
from protocols.saml.signature import BadSignature
from protocols.saml.xml import Unreadable
from tests.protocols.saml.metadata.samples import NAMESPACES, SP, aggregate, entity, key, sealed

OTHER = "https://other.example.com/sp"
PINNED = (key("federation").certificate,)


def test_the_only_entity_is_found_without_its_name() -> None:
    (found,) = read(entity().encode()).values()
    assert found.entity_id == SP
    assert describe(found.document).provider.entity_id == SP


def test_of_an_aggregate_only_what_is_wanted_stays() -> None:
    document = aggregate(
        entity(), aggregate(entity(entity_id=OTHER)), entity(entity_id="https://third.example.com")
    )
    assert list(read(document.encode(), {OTHER, "https://nobody.example.com"})) == [OTHER]
    assert len(read(document.encode(), None)) == 3
    with pytest.raises(Unreadable, match="several entities, say which by entity_id"):
        read(document.encode())


def test_the_shortest_life_around_an_entity_counts() -> None:
    inner = aggregate(entity(more='validUntil="2027-01-20T00:00:00Z"'), more='cacheDuration="PT12H"')
    outer = aggregate(inner, more='validUntil="2027-01-18T00:00:00Z" cacheDuration="P1D"')
    (found,) = read(outer.encode()).values()
    assert (found.valid_until, found.cache_seconds) == (1_800_230_400, 12 * 3600)
    assert describe(found.document, found.valid_until).provider.valid_until == found.valid_until


@pytest.mark.parametrize("document", [entity(more='ID="_one"'), aggregate(entity(), entity(entity_id=OTHER))])
def test_what_its_publisher_signed_is_read(document: str) -> None:
    found = read(sealed(document).encode(), {SP}, PINNED)[SP]
    assert describe(found.document).provider.signing_certificates == (key("one").certificate,)


def test_what_xmlsec1_signs_is_read(tmp_path: Path) -> None:
    """Another program's signature, with prefixes that canonicalization must treat as used."""
    template = re.sub(
        r"<ds:(DigestValue|SignatureValue)>.*?</ds:\1>|<ds:KeyInfo>.*?</ds:KeyInfo>",
        lambda match: f"<ds:{match[1]}/>" if match[1] else "",
        sealed(aggregate(entity(), more='ID="_all" xmlns:xs="u:xs"', before="<md:Extensions/>")),
        count=3, flags=re.DOTALL,
    )  # fmt: skip
    exclusive = '<ds:Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/>'
    assert exclusive in template
    prefixes = (
        '<ec:InclusiveNamespaces xmlns:ec="http://www.w3.org/2001/10/xml-exc-c14n#" PrefixList="xs md"/>'
    )
    template = template.replace(exclusive, exclusive.replace("/>", f">{prefixes}</ds:Transform>"))
    (tmp_path / "template.xml").write_text(template.replace("ecdsa-sha256", "rsa-sha256"))
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=f", "-keyout", "key.pem",
                    "-outform", "DER", "-out", "f.der"], cwd=tmp_path, check=True, capture_output=True)  # fmt: skip
    subprocess.run(["xmlsec1", "--sign", "--id-attr:ID", "urn:oasis:names:tc:SAML:2.0:metadata:EntitiesDescriptor",
                    "--privkey-pem", "key.pem", "--output", "signed.xml", "template.xml"],
                   cwd=tmp_path, check=True, capture_output=True)  # fmt: skip
    signed, pinned = (tmp_path / "signed.xml").read_bytes(), (tmp_path / "f.der").read_bytes()
    assert list(read(signed, {SP}, (pinned,))) == [SP]


SIGNED = sealed(aggregate(entity(), entity(entity_id=OTHER)))


def moved(document: str) -> str:
    """The signature is not the first element."""
    signature = re.search(r"<ds:Signature.*?</ds:Signature>", document, re.DOTALL)
    assert signature
    return document.replace(signature[0], "").replace(
        "</md:EntitiesDescriptor>", f"{signature[0]}</md:EntitiesDescriptor>"
    )


HMAC = ("xmldsig-more#ecdsa-sha256", "xmldsig-more#hmac-sha256")
SHA1 = ("http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256", "http://www.w3.org/2000/09/xmldsig#rsa-sha1")
DIGEST = ("http://www.w3.org/2001/04/xmlenc#sha256", "http://www.w3.org/2000/09/xmldsig#sha1")
XSLT = ("2000/09/xmldsig#enveloped-signature", "TR/1999/REC-xslt-19991116")
LONGER = ("<md:EntitiesDescriptor", '<md:EntitiesDescriptor validUntil="2037-01-01T00:00:00Z"')
END = "</md:EntitiesDescriptor>"


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (aggregate(entity()), "not signed"),
        (SIGNED.replace("https://wiki.example.com/acs", "https://evil.example.com/acs"), "altered"),
        (SIGNED.replace(END, entity(entity_id='https://evil/') + END), "altered"),
        (SIGNED.replace(*LONGER, 1), "altered"),
        (sealed(aggregate(entity()), by="somebody"), "no certificate"),
        (moved(SIGNED), "not its first element"),
        (aggregate(SIGNED), "not signed"),  # the signed one is wrapped into another
        (SIGNED.replace('ID="_all"', 'ID="_other"'), "something else"),
        (SIGNED.replace('URI="#_all"', 'URI=""'), "something else"),
        (SIGNED.replace('URI="#_all"', 'URI="http://127.0.0.1:9/"'), "something else"),
        (SIGNED.replace(*HMAC), "algorithm is not allowed"),
        (SIGNED.replace(*SHA1), "algorithm is not allowed"),
        (SIGNED.replace(*DIGEST), "no certificate"),
        (SIGNED.replace(*XSLT), "transforms"),
    ],
)  # fmt: skip
def test_nothing_is_believed_that_its_publisher_did_not_sign(document: str, words: str) -> None:
    with pytest.raises(BadSignature, match=words):
        read(document.encode(), {SP}, PINNED)


def test_an_entity_in_an_extension_is_none() -> None:
    """Whoever may write an extension of his own entity must not speak for another."""
    smuggled = f"<md:Extensions>{entity(entity_id=OTHER)}</md:Extensions>"
    document = aggregate(entity(before=smuggled), f"<x:y xmlns:x='u:x'>{entity(entity_id=OTHER)}</x:y>")
    assert list(read(document.encode(), None)) == [SP]


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ("<a/>", "no SAML 2.0 metadata"),
        (f"<md:EntityDescriptor xmlns:md='u:else' entityID='{SP}'/>", "no SAML 2.0 metadata"),
        (aggregate(entity(), entity()), "twice"),
        (f"<!DOCTYPE a>{entity()}", "document type"),
        (f"<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]>{entity(before='&b;')}", "document type"),
        (entity(before="<a>" * 50 + "</a>" * 50), "deeper than"),
        (entity(before=f"<a>{'x' * ENTITY_BYTES}</a>"), "longer than"),
        (aggregate(entity(), more='validUntil="tomorrow"'), "a time is not written"),
        (aggregate(entity(), more='cacheDuration="P"'), "a duration is not written"),
        (aggregate(entity(), more='cacheDuration="-P1D"'), "a duration is not written"),
    ],
)
def test_what_is_no_metadata_is_told_in_words(document: str, words: str) -> None:
    with pytest.raises(Unreadable, match=words):
        read(document.encode(), {SP})


def test_a_large_aggregate_needs_little_memory() -> None:
    """Six megabytes of which one entity is wanted: less than two stay at any moment."""
    piece = "".join(entity(entity_id=f"https://sp{number}.example.com") for number in range(50)).encode()
    tracemalloc.start()
    reader = Reader({SP})
    reader.feed(f"<md:EntitiesDescriptor {NAMESPACES}>".encode())
    fed = 0
    for number in range(80):
        reader.feed(piece.replace(b"https://sp", f"https://{number}sp".encode()))
        fed += len(piece)
    reader.feed(entity().encode() + b"</md:EntitiesDescriptor>")
    assert list(reader.finish()) == [SP]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert fed > 6_000_000
    assert peak < 2_000_000


def test_a_tag_without_an_end_is_not_waited_for() -> None:
    """An expat of 2023 reads it again from its beginning for each piece."""
    reader, began = Reader({SP}), time.process_time()
    reader.feed(b"<a b='")
    with pytest.raises(Unreadable, match="tag is longer"):
        for _ in range(1000):
            reader.feed(b"x" * 65536)
    assert time.process_time() - began < 0.5
    assert TOKEN_BYTES < 2_000_000


def test_a_thousand_mutilated_documents_are_refused_in_words() -> None:
    chance, began = random.Random(4), time.process_time()
    data = sealed(aggregate(entity())).encode()
    for _ in range(1000):
        broken = bytearray(data)
        for _ in range(chance.randint(1, 4)):
            place = chance.randrange(len(broken))
            broken[place : place + chance.randint(0, 3)] = chance.randbytes(chance.randint(0, 3))
        try:
            found = read(bytes(broken), {SP}, PINNED)
        except (Unreadable, BadSignature):
            continue
        assert found[SP].document == read(data, {SP}, PINNED)[SP].document
    assert time.process_time() - began < 5

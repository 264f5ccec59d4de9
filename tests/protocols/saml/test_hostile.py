"""Messages that want us to be busy, to grow or to ask somebody: through the front door, measured from outside."""

from __future__ import annotations

import re
import socket
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest

from protocols.saml.names import DS
from protocols.saml.signature import EXCLUSIVE, sign
from protocols.saml.xml import MESSAGE_BYTES, Unreadable, serialize
from tests.page import Page
from tests.processes import tree
from tests.protocols.saml.conftest import Visitor
from tests.server import Server
from tests.service_provider import ServiceProvider, deflate

CPU_SECONDS, PEAK_BYTES = 0.1, 50 * 2**20
ELSEWHERE = "<samlp:Extensions/>"


@pytest.fixture
async def files(visitor: Visitor) -> ServiceProvider:
    """A service that signs."""
    return visitor("files")


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """Where whoever fetches what a message names would come."""
    with socket.create_server(("127.0.0.1", 0)) as opened:
        opened.setblocking(False)
        yield opened


async def post(service: ServiceProvider, message: bytes) -> Page:
    form = {"SAMLRequest": b64encode(message).decode()}
    return await service.browser.request("POST", service.sso, form, cookies=False)


def signed(service: ServiceProvider, inside: str = "") -> bytes:
    """What we would not write down ourselves comes into it after it was signed."""
    request = service.request(inside)
    try:
        sign(request, service.provider.key, 1)
    except Unreadable:
        return signed(service, ELSEWHERE).replace(ELSEWHERE.encode(), inside.encode(), 1)
    return serialize(request)


def in_use(service: ServiceProvider, count: int = 1000) -> bytes:
    """Namespaces that are all said to be visibly used, by each of many elements."""
    declared = "".join(f' xmlns:n{number}="urn:n"' for number in range(count)).encode()
    listed = " ".join(f"n{number}" for number in range(count)).encode()
    prefixes = b'<e:InclusiveNamespaces xmlns:e="%s" PrefixList="%s"/>' % (EXCLUSIVE.encode(), listed)
    method = b'<ds:CanonicalizationMethod Algorithm="%s"' % EXCLUSIVE.encode()
    message = signed(service).replace(b"<samlp:AuthnRequest", b"<samlp:AuthnRequest" + declared, 1)
    opened = method + b">" + prefixes + b"</ds:CanonicalizationMethod>" + b"<x/>" * 1900
    return message.replace(method + b"/>", opened, 1)


@pytest.mark.parametrize("place", [b"<samlp:AuthnRequest ", b"<ds:SignedInfo", b"<saml:Issuer"])
async def test_what_has_no_canonical_form_is_no_defect(files: ServiceProvider, place: bytes) -> None:
    """THREAT_MODEL.md 32: every parser: no 5xx. Canonical XML 1.0 §1.3 knows no form for a relative namespace."""
    page = await post(files, signed(files).replace(place, place.rstrip() + b' xmlns:r="relative" ', 1))
    assert page.status == 400


def largest(service: ServiceProvider) -> dict[str, bytes]:
    """As long as a message may be, of the kinds that cost a reader or a verifier most."""
    room = MESSAGE_BYTES - 6000
    few = "".join(f' a{number}=""' for number in range(100))
    names = "".join(f' xmlns:n{number}="urn:{number}"' for number in range(room // 22))
    attributes = "".join(f' a{number}=""' for number in range(room // 11))
    tower = "<x xmlns='urn:x'>" * 30 + "</x>" * 30
    inside = {
        "plain": "",
        "namespaces": f"<x{names}/>",
        "attributes": f"<x{attributes}/>",
        "elements": "<x/>" * (room // 4),
        "as many elements as may be": "<x/>" * 1900,
        "as many attributes as may be": f"<x{few}/>" * (room // (len(few) + 4)),
        "text": f"<x>{'&#62;' * (room // 5)}</x>",
        "towers": tower * (room // len(tower)),
    }
    made = {
        name: signed(service, f"<samlp:Extensions>{each}</samlp:Extensions>") for name, each in inside.items()
    }
    made["namespaces in use"] = in_use(service)
    return {**made, "deflated": deflate(b"<x>" + b" " * 60_000_000 + b"</x>"), "depth": b"<x>" * 40_000}


def reset_peak(pids: list[int]) -> int:
    """What they have together, and from now on is their peak (proc_pid_clear_refs(5))."""
    for pid in pids:
        Path(f"/proc/{pid}/clear_refs").write_text("5")
    return peak(pids)


def peak(pids: list[int]) -> int:
    found = (re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text()) for pid in pids)
    return 1024 * sum(int(each[1]) for each in found if each)


async def test_the_most_expensive_messages_are_answered_at_once(
    server: Server, files: ServiceProvider
) -> None:
    """THREAT_MODEL.md 4: deflate bomb, 1 MB of nesting: answered within 100 ms and 50 MB, whatever they are full of.

    The least of three, of the processor's time: what else a server does from time to time is not the message's.
    """
    for name, message in largest(files).items():
        pids = [stat.pid for stat in tree(server.pid)]
        before, costs = reset_peak(pids), []
        for _ in range(3):
            began = server.cpu_seconds
            page = await post(files, message)
            assert page.status < 500, name
            costs.append(server.cpu_seconds - began)
        assert min(costs) <= CPU_SECONDS, (name, costs)
        assert peak(pids) - before < PEAK_BYTES, name


async def test_nothing_that_a_message_names_is_fetched(
    files: ServiceProvider, listener: socket.socket
) -> None:
    """THREAT_MODEL.md 4: DTD, entity, XSLT or XPath transform, http/file Reference URI: with no outbound connection."""
    port = listener.getsockname()[1]
    there, request = f"http://127.0.0.1:{port}/x", signed(files).decode()
    xslt = "http://www.w3.org/TR/1999/REC-xslt-19991116"
    sheet = (
        '<x:stylesheet xmlns:x="http://www.w3.org/1999/XSL/Transform" version="1.0">'
        f'<x:template match="/"><x:copy-of select="document(\'{there}\')"/></x:template></x:stylesheet>'
    )
    hostile = [
        f'<!DOCTYPE x SYSTEM "{there}">{request}',
        f'<!DOCTYPE x [<!ENTITY e SYSTEM "{there}">]>{request.replace("</saml:Issuer>", "&e;</saml:Issuer>")}',
        f'<!DOCTYPE x [<!ENTITY % e SYSTEM "{there}"> %e;]>{request}',
        f'<?xml-stylesheet type="text/xsl" href="{there}"?>{request}',
        re.sub(r'URI="#[^"]+"', f'URI="{there}"', request),
        re.sub(r'URI="#[^"]+"', 'URI="file:///etc/hostname"', request),
        request.replace(
            f'Algorithm="{DS}enveloped-signature"/>', f'Algorithm="{xslt}">{sheet}</ds:Transform>'
        ),
        request.replace("</ds:X509Data>", f'</ds:X509Data><ds:RetrievalMethod URI="{there}"/>'),
        request.replace(
            "<saml:Issuer",
            f'<x:include xmlns:x="http://www.w3.org/2001/XInclude" href="{there}"/><saml:Issuer',
        ),
    ]
    assert len({*hostile, request}) == len(hostile) + 1, "each is another"
    pages = [await post(files, message.encode()) for message in hostile]
    # What is read over, an instruction for a style sheet and what stands beside the signature, harms nobody.
    assert [page.status for page in pages] == [400, 400, 400, 303, 400, 400, 400, 303, 400]
    with pytest.raises(BlockingIOError):
        listener.accept()

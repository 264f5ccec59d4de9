"""`/webtoken`: a table on a page or as a picture, answered over RADIUS; and the start from the portal."""

from __future__ import annotations

import re
import struct
import time
import zlib
from collections.abc import AsyncIterator
from http.client import HTTPConnection

import pytest

from idp.config.secrets import SecretReading
from protocols.radius.settings import ServiceSettings
from protocols.radius.webtoken_settings import WebTokenSettings
from tests.browser import Browser
from tests.page import Page
from tests.people import ALICE, PATTERN, Person, Table, answer
from tests.protocols.radius.conftest import VPN, MakeNAS, Memory
from tests.protocols.radius.nas import ACCEPT, NAS, REJECT

FRIEND = "https://vpn.example.com"  # may fetch tables by script


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with Browser() as one:
        yield one


async def table_of(browser: Browser, vpn: VPN, name: str) -> Table:
    """What the page shows for a name."""
    page = await browser.submit(await browser.get(f"{vpn.url}/webtoken"), {"username": name})
    assert page.status == 200
    assert page.table is not None
    return page.table


def drawn(svg: str) -> Table:
    """The digits of a picture, by their places."""
    cells = re.findall(r'<text x="[\d.]+" y="([\d.]+)" font-size="26" fill="#111">(\d)</text>', svg)
    rows: dict[str, list[str]] = {}
    for y, digit in cells:
        rows.setdefault(y, []).append(digit)
    return list(rows.values())


async def test_a_table_on_the_page_is_answered_over_radius(vpn: VPN, browser: Browser, nas: NAS) -> None:
    """The newest counts, once; it is no secret, and belongs to the name as everybody types it."""
    older = await table_of(browser, vpn, "alice")
    newer = await table_of(browser, vpn, " ALICE ")
    assert older != newer
    assert nas.ask(nas.pap("alice", answer(PATTERN, newer))).code == ACCEPT
    assert nas.ask(nas.pap("alice", answer(PATTERN, newer))).code == REJECT
    older = await table_of(browser, vpn, "alice")
    await table_of(browser, vpn, "alice")
    assert nas.ask(nas.pap("alice", answer(PATTERN, older))).code == REJECT


@pytest.mark.parametrize("kind", ["svg", "html"])
async def test_a_fragment_is_answered_over_radius(vpn: VPN, browser: Browser, nas: NAS, kind: str) -> None:
    """As the login page of an appliance shows it."""
    page = await browser.get(f"{vpn.url}/webtoken/table.{kind}?username=amy")
    table = drawn(page.text) if kind == "svg" else page.table
    assert table is not None
    assert [len(row) for row in table] == [12] * 4
    assert page.headers["Cache-Control"] == "no-store"
    assert "12 columns" in page.text, "who cannot see it hears what it is"
    assert nas.ask(nas.pap("amy", answer(PATTERN, table))).code == ACCEPT


async def test_a_png_is_one(vpn: VPN, browser: Browser) -> None:
    """It can be decoded, and what it shows is not the same twice."""
    first, second = [(await browser.get(f"{vpn.url}/webtoken/table.png?username=amy")).body for _ in range(2)]
    assert first != second
    width, height, depth, colours = struct.unpack("!IIBB", first[16:26])
    assert first.startswith(b"\x89PNG\r\n\x1a\n")
    assert (depth, colours) == (8, 0)
    size = int.from_bytes(first[33:37])
    assert len(zlib.decompress(first[41 : 41 + size])) == height * (width + 1)


async def test_only_listed_origins_may_read_it(vpn: VPN, browser: Browser) -> None:
    """CORS by list: another page's script sees nothing."""
    url = f"{vpn.url}/webtoken/table.html?username=amy"
    for origin, allowed in ((FRIEND, FRIEND), ("https://evil.example.com", None), ("null", None)):
        page = await browser.get(url, headers={"Origin": origin})
        assert page.headers.get("Access-Control-Allow-Origin") == allowed
        assert page.headers["Vary"] == "Origin"


async def test_nobody_learns_who_there_is(vpn: VPN, browser: Browser, make_nas: MakeNAS) -> None:
    """THREAT_MODEL.md 20: Unknown, disabled, factor-less and real users: the same page and the same pictures."""
    shapes = set()
    await browser.get(f"{vpn.url}/webtoken")
    for name in ("alice", "nobody", "off", "tom", "carol"):
        page = await browser.submit(await browser.get(f"{vpn.url}/webtoken"), {"username": name})
        table = page.table
        assert table is not None
        counts = sorted("".join(map("".join, table)).count(digit) for digit in "0123456789")
        plain = re.sub(r"<td( class=\"[a-z ]+\")?>\d</td>|[A-Za-z0-9_-]{24,}", "", page.text)
        plain = plain.replace(f"User ID: {name}<", "").replace(f'value="{name}"', "")
        shapes.add((page.status, tuple(counts), plain, *sorted(page.headers)))
        svg = await browser.get(f"{vpn.url}/webtoken/table.svg?username={name}")
        shapes.add((svg.status, re.sub(r"\d</text>", "", svg.text), len(svg.body)))
    assert len(shapes) == 2
    table = await table_of(browser, vpn, "nobody")
    nas = make_nas()
    assert nas.ask(nas.pap("nobody", answer(PATTERN, table))).code == REJECT


async def test_a_form_of_another_page_voids_no_table(vpn: VPN, browser: Browser, nas: NAS) -> None:
    """The page's own field is missing: nothing is drawn."""
    table = await table_of(browser, vpn, "alice")
    assert (await browser.request("POST", f"{vpn.url}/webtoken", {"username": "alice"})).status == 303
    assert nas.ask(nas.pap("alice", answer(PATTERN, table))).code == ACCEPT


async def test_without_a_name_nothing_is_drawn(vpn: VPN, browser: Browser) -> None:
    """The page asks again, a picture is none."""
    page = await browser.submit(await browser.get(f"{vpn.url}/webtoken"), {"username": "  "})
    assert page.alerts
    assert page.table is None
    assert (await browser.get(f"{vpn.url}/webtoken/table.png")).status == 400
    assert (await browser.get(f"{vpn.url}/webtoken/table.gif?username=amy")).status == 404


def status_from(address: str, vpn: VPN, headers: dict[str, str]) -> int:
    """What the tenant `strict` answers to somebody at another address, who is inside."""
    connection = HTTPConnection("127.0.0.1", vpn.port, timeout=60, source_address=(address, 0))
    connection.request("GET", "/strict/webtoken", headers={"Host": f"localhost:{vpn.port}", **headers})
    status = connection.getresponse().status
    connection.close()
    return status


def status_of_both(vpn: VPN, *said: str) -> int:
    """The same from inside, where the proxy has left what the browser itself had sent."""
    connection = HTTPConnection("127.0.0.1", vpn.port, timeout=60)
    connection.putrequest("GET", "/strict/webtoken", skip_host=True)
    connection.putheader("Host", f"localhost:{vpn.port}")
    connection.putheader("X-Forwarded-For", "10.1.2.3")
    for each in said:
        connection.putheader("X-Client-Verify", each)
    connection.endheaders()
    status = connection.getresponse().status
    connection.close()
    return status


async def test_who_may_fetch_one(vpn: VPN, browser: Browser, make_nas: MakeNAS) -> None:
    """Session, network and client certificate, as the tenant `strict` wants them."""
    url = f"{vpn.url}/strict/webtoken"
    inside = {"X-Forwarded-For": "10.1.2.3", "X-Client-Verify": "SUCCESS"}
    assert (await browser.get(url)).status == 403
    assert (await browser.get(url, headers={"X-Forwarded-For": "10.1.2.3"})).status == 403
    assert (await browser.get(url, headers={**inside, "X-Client-Verify": "NONE"})).status == 403
    assert (await browser.get(url, headers={**inside, "X-Forwarded-For": "192.0.2.1"})).status == 403
    assert status_from("127.0.0.2", vpn, inside) == 403, "no proxy of ours, whatever it says"
    assert status_of_both(vpn, "SUCCESS") != 403
    assert status_of_both(vpn, "SUCCESS", "NONE") == 403, "said twice, it is nobody's word (RFC 9440 §2.4)"
    fragment = f"{url}/table.svg?username=alice"
    assert (await browser.get(fragment, headers=inside)).status == 403, "not signed in"
    page = await signed_in(browser, await browser.get(url, headers=inside), ALICE)
    page = await browser.get(url, headers=inside)
    assert page.table is not None
    nas = make_nas("127.0.1.3")
    assert nas.ask(nas.pap("alice", answer(PATTERN, page.table))).code == ACCEPT
    assert (await browser.get(fragment, headers=inside)).status == 200
    assert (await browser.get(f"{url}/table.svg?username=carol", headers=inside)).status == 403, "not her own"


async def signed_in(browser: Browser, page: Page, person: Person) -> Page:
    """Answer until nothing is asked."""
    while page.asked:
        page = await browser.answer(page, person.reply(page))
    return page


async def credential_of(browser: Browser, vpn: VPN, name: str = "alice") -> tuple[Page, str]:
    """The portal's tile: a login as the rules want it, then the form to the appliance."""
    page = await browser.get(f"{vpn.url}/radius/start/tunnels")
    page = await signed_in(browser, page, Person(name, pattern=PATTERN))
    (form,) = (form for form in page.forms if form.action == "http://localhost:9/logon")
    assert form.fields.keys() == {"user", "pw", "go"}
    assert form.fields["user"] == name
    return page, form.fields["pw"]


async def test_the_portal_starts_the_vpn(
    vpn: VPN, browser: Browser, make_nas: MakeNAS, memory: Memory
) -> None:
    """One credential, accepted once, from this NAS, for this user; the form goes to the appliance only."""
    nas, other = make_nas("127.0.1.2"), make_nas("127.0.0.1")
    page, credential = await credential_of(browser, vpn)
    assert "form-action http://localhost:9/logon;" in page.headers["Content-Security-Policy"]
    assert other.ask(other.pap("alice", credential)).code == REJECT, "another NAS"
    accept = nas.ask(nas.pap("alice", credential))
    assert accept.code == ACCEPT
    assert accept.all(11) == [b"staff", b"vpn-alice"]
    assert nas.ask(nas.pap("alice", credential)).code == REJECT, "a second time"
    accepted = (await memory.events(service="tunnels", event="login.accepted"))[0]
    assert accepted.details["rule"] == "staff"
    assert credential not in vpn.log


async def test_of_many_who_bring_a_credential_one_gets_in(
    vpn: VPN, browser: Browser, make_nas: MakeNAS
) -> None:
    """Twenty at once, each from a port of its own: no duplicates of each other."""
    _, credential = await credential_of(browser, vpn)
    nases = [make_nas("127.0.1.2") for _ in range(20)]
    packets = [nas.pap("alice", credential) for nas in nases]
    for nas, packet in zip(nases, packets, strict=True):
        nas.send(packet)
    answers = [nas.receive(packet) for nas, packet in zip(nases, packets, strict=True)]
    assert [answer.code for answer in answers if answer].count(ACCEPT) == 1
    assert None not in answers


async def test_a_credential_is_nobody_elses(vpn: VPN, browser: Browser, make_nas: MakeNAS) -> None:
    """Under another name it is refused, and spent."""
    nas = make_nas("127.0.1.2")
    _, credential = await credential_of(browser, vpn)
    assert nas.ask(nas.pap("anna", credential)).code == REJECT
    assert nas.ask(nas.pap("alice", credential)).code == REJECT


async def test_a_credential_lies_hashed_and_ends(
    vpn: VPN, browser: Browser, make_nas: MakeNAS, memory: Memory
) -> None:
    """The database holds its hash, and no row of it outlives a minute."""
    _, credential = await credential_of(browser, vpn)
    row = await memory.started(credential, end=True)
    assert row is not None
    assert credential not in repr(row)
    assert row.expires_at - row.created_at == 60
    assert row.expires_at <= int(time.time()) + 60
    nas = make_nas("127.0.1.2")
    assert nas.ask(nas.pap("alice", credential)).code == REJECT


async def test_no_start_where_none_is_set(vpn: VPN, browser: Browser) -> None:
    """Other services of this door, and of others, have none; nor has a name that nobody configured."""
    for name in ("vpn", "nothing", "%00"):
        assert (await browser.get(f"{vpn.url}/radius/start/{name}")).status == 404


@pytest.mark.parametrize(
    ("section", "words"),
    [
        ({"fields": {"u": "{username}"}}, "one of them must hold {credential}"),
        ({"fields": {"p": "{credential}{password}"}}, "{password} is unknown"),
        ({"seconds": 61}, "less than or equal to 60"),
        ({"url": "ftp://x"}, "must be an absolute web address"),
    ],
)
def test_mistakes_in_start(section: dict[str, object], words: str) -> None:
    """They are told when they are read."""
    start = {"url": "https://vpn.example.com/logon", **section}
    settings = {"networks": ["192.0.2.1/32"], "secret": "0123456789abcdef", "start": start}
    with pytest.raises(ValueError, match=re.escape(words)):
        ServiceSettings.model_validate(settings, context=SecretReading(plain=True))


@pytest.mark.parametrize("origin", ["https://vpn.example.com/", "vpn.example.com", "*", "https://a b/"])
def test_mistakes_in_origins(origin: str) -> None:
    """An origin is a scheme, a host and a port, and no pattern."""
    with pytest.raises(ValueError, match="must be an origin"):
        WebTokenSettings.model_validate({"origins": [origin]})

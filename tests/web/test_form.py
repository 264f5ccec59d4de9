"""Posted forms: one content type, one value a field, bounded. Asked over a real connection."""

from collections.abc import AsyncIterator
from itertools import product
from urllib.parse import parse_qsl

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from idp.web.form import MAX_FIELDS, BadForm, pairs, read_form

Client = TestClient[web.Request, web.Application]
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


async def _echo(request: web.Request) -> web.Response:
    try:
        return web.json_response(dict(await read_form(request)))
    except BadForm as bad:
        return web.Response(status=400, text=str(bad))


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    app = web.Application()
    app.router.add_post("/", _echo)
    async with TestClient(TestServer(app)) as opened:
        yield opened


async def test_a_form_is_read_as_the_browser_sent_it(client: Client) -> None:
    answer = await client.post("/", data=b"a=1&b=%E8%A1%A8+x&c=", headers=FORM)
    assert await answer.json() == {"a": "1", "b": "表 x", "c": ""}


async def test_an_empty_body_is_an_empty_form(client: Client) -> None:
    answer = await client.post("/", data=b"", headers=FORM)
    assert await answer.json() == {}


@pytest.mark.parametrize(
    "body",
    [
        b"a=1&a=2",  # twice
        b"a=%FF",  # no UTF-8
        "a=表".encode(),  # not escaped
        b"a&b=1",  # no value
        "&".join(f"f{n}=1" for n in range(MAX_FIELDS + 1)).encode(),
    ],
)
async def test_a_body_that_no_form_of_ours_sends_is_refused(client: Client, body: bytes) -> None:
    answer = await client.post("/", data=body, headers=FORM)
    assert answer.status == 400


async def test_another_content_type_is_refused(client: Client) -> None:
    answer = await client.post("/", data=b"a=1", headers={"Content-Type": "text/plain"})
    assert answer.status == 400


PIECES = ["a", "=", "&", "+", "%", "%41", "%e8%a1%a8", "%ff", "%00", "表", ";", "%26", "%3D", "%2"]


def _read_by_the_standard_library(encoded: str, *, strict: bool) -> list[tuple[str, str]] | None:
    try:
        return parse_qsl(
            encoded, keep_blank_values=True, strict_parsing=strict, errors="strict", max_num_fields=3
        )
    except ValueError:
        return None


@pytest.mark.parametrize("strict", [False, True])
def test_pairs_are_read_as_the_standard_library_reads_them(strict: bool) -> None:
    """It is the reference: two readers that differ are how a request means two things."""
    for length in range(1, 4):
        for pieces in product(PIECES, repeat=length):
            encoded = "".join(pieces)
            try:
                read = pairs(encoded, 3, strict=strict)
            except ValueError:
                read = None
            assert read == _read_by_the_standard_library(encoded, strict=strict), encoded

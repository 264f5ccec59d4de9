"""What the token app asks of us, as JSON: each request proves by itself whose it is, and no cookie counts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

import orjson
from aiohttp import hdrs, web

from idp.credentials import releasing
from idp.credentials.releasing import Registration, Signed
from idp.web.exchange import NOW, PROVIDER, TENANT
from idp.web.form import BadForm
from idp.web.visiting import visit
from keys import base64url
from keys.secret import Secret

CONTENT_TYPE: Final = "application/json"
LARGEST: Final = 4096  # bytes of a body
KEY_ID: Final = re.compile(r"[A-Za-z0-9_-]{43}")


async def register(request: web.Request) -> web.Response:
    """POST /token/key: a key for a device that was activated just now."""
    given = await _read(request)
    asked = Registration(_text(given, "username"), _text(given, "x"), _text(given, "y"), _bytes(given, "mac"))
    async with request.config_dict[PROVIDER].storage.transaction(request[TENANT].name) as tx:
        here = visit(request, tx)
        known = await releasing.register(here, asked) if releasing.is_open(here) else None
    return _refused() if known is None else _json({"key": known.id, "user": known.user_id})


async def challenge(request: web.Request) -> web.Response:
    """POST /token/challenge: what has to be signed."""
    key_id = _key_id(await _read(request))
    async with request.config_dict[PROVIDER].storage.transaction(request[TENANT].name) as tx:
        asked, until = await releasing.challenge(visit(request, tx), key_id)
    return _json({"challenge": asked.reveal(), "until": until})


async def release(request: web.Request) -> web.Response:
    """POST /token/release: let one login in."""
    signed = _signed(await _read(request))
    async with request.config_dict[PROVIDER].storage.transaction(request[TENANT].name) as tx:
        until = await releasing.release(visit(request, tx), signed)
    return _refused() if until is None else _json({"seconds": until - request[NOW]})


async def stop(request: web.Request) -> web.Response:
    """POST /token/stop: forget the key that has signed this."""
    signed = _signed(await _read(request))
    async with request.config_dict[PROVIDER].storage.transaction(request[TENANT].name) as tx:
        stopped = await releasing.stop(visit(request, tx), signed)
    return _json({}) if stopped else _refused()


async def _read(request: web.Request) -> Mapping[str, Any]:
    """The object of the body. Raises `BadForm` for anything else."""
    if request.content_type != CONTENT_TYPE:
        raise BadForm(f"expected {CONTENT_TYPE}")
    body = await request.read()
    try:
        given = orjson.loads(body) if len(body) <= LARGEST else None
    except orjson.JSONDecodeError:
        given = None
    if not isinstance(given, dict):
        raise BadForm("expected an object of JSON")
    return given


def _signed(given: Mapping[str, Any]) -> Signed:
    until = given.get("until")
    if not isinstance(until, int) or not 0 <= until < 1 << 62:
        raise BadForm("until is missing or no time")
    return Signed(_key_id(given), Secret(_text(given, "challenge")), until, _bytes(given, "signature"))


def _key_id(given: Mapping[str, Any]) -> str:
    key_id = _text(given, "key")
    if not KEY_ID.fullmatch(key_id):
        raise BadForm("key is no thumbprint")
    return key_id


def _text(given: Mapping[str, Any], name: str) -> str:
    value = given.get(name)
    if not isinstance(value, str):
        raise BadForm(f"{name} is missing or no text")
    return value


def _bytes(given: Mapping[str, Any], name: str) -> bytes:
    try:
        return base64url.decode(_text(given, name).encode())
    except ValueError:
        raise BadForm(f"{name} is no base64url") from None


def _refused() -> web.Response:
    """The same whatever the reason: it tells no name from another."""
    return _json({"error": "refused"}, status=403)


def _json(body: Mapping[str, Any], status: int = 200) -> web.Response:
    headers = {hdrs.CACHE_CONTROL: "no-store"}
    return web.Response(
        status=status, body=orjson.dumps(dict(body)), content_type=CONTENT_TYPE, headers=headers
    )

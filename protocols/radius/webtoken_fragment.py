"""`/webtoken/table.png`, `.svg`, `.html`: the table alone, for login pages of appliances."""

from __future__ import annotations

from typing import Any, Final

from aiohttp import hdrs, web
from markupsafe import Markup

from idp import session
from idp.username import canonical
from idp.visit import Visit
from idp.web import language
from idp.web.exchange import PAGES, PROVIDER, TENANT
from idp.web.matrix_table import matrix_rows
from idp.web.visiting import visit
from protocols.radius.table_png import png
from protocols.radius.table_svg import svg
from protocols.radius.webtoken import admit, draw
from protocols.radius.webtoken_settings import WebTokenSettings

ADDRESS: Final = "/webtoken/table.{form:png|svg|html}"
TYPES: Final = {"png": "image/png", "svg": "image/svg+xml", "html": "text/html"}
# Each draws anew: nothing may keep one, and an SVG that is opened by itself runs nothing.
HEADERS: Final = {
    hdrs.CACHE_CONTROL: "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
}


async def show(request: web.Request) -> web.Response:
    """GET with `username`: a fresh table for that name, as a picture or as HTML."""
    settings, shown = admit(request)
    username = canonical(request.query.get("username", ""))
    if not username:
        raise web.HTTPBadRequest(reason="username is missing")
    provider, tenant = request.config_dict[PROVIDER], request[TENANT]
    async with provider.storage.transaction(tenant.name) as tx:
        here = visit(request, tx)
        if settings.session and not await _is_own(here, username):
            raise web.HTTPForbidden(reason="sign in first, and ask for your own table")
        token = await draw(here, shown, username)
    form = request.match_info["form"]
    response = web.Response(body=_drawn(request, form, token.prompt), headers=HEADERS)
    response.content_type = TYPES[form]
    if form != "png":
        response.charset = "utf-8"
    _share(request, response, settings)
    return response


async def _is_own(here: Visit, username: str) -> bool:
    held = await session.find(here)
    user = await here.user(held.user_id) if held else None
    return user is not None and canonical(user.login_name) == username


def _drawn(request: web.Request, form: str, prompt: Any) -> bytes:
    table, blocks = prompt["table"], prompt["blocks"]
    if form == "png":
        return png(table, blocks)
    words = request.config_dict[PAGES].words(request[TENANT].settings.theme, language.of(request))
    caption = words.say("login.matrix.caption", rows=len(table), columns=len(table[0]))
    if form == "svg":
        return svg(table, blocks, caption).encode()
    rows = matrix_rows(table, blocks, words.say("login.matrix.row"))
    whole = Markup('<table id="matrix" lang="{}"><caption>{}</caption>\n{}\n</table>\n')
    return str(whole.format(language.of(request), caption, rows)).encode()


def _share(request: web.Request, response: web.Response, settings: WebTokenSettings) -> None:
    """Scripts of these pages may read it (CORS); an <img> of any page shows it, and reads nothing."""
    origin = request.headers.get(hdrs.ORIGIN, "")
    response.headers[hdrs.VARY] = hdrs.ORIGIN
    if origin in settings.origins:
        response.headers[hdrs.ACCESS_CONTROL_ALLOW_ORIGIN] = origin

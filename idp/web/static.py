"""The few files that pages load: their address changes with their content, so browsers keep them for good."""

from __future__ import annotations

from aiohttp import web

from idp.web.exchange import PAGES

FOREVER = "public, max-age=31536000, immutable"


async def static(request: web.Request) -> web.Response:
    """GET /static/{version}/{name}: one of the theme's files, by exact name."""
    name, version = request.match_info["name"], request.match_info["version"]
    found = request.config_dict[PAGES].static(f"{version}/{name}")
    if found is None:
        raise web.HTTPNotFound
    body, content_type = found
    return web.Response(body=body, content_type=content_type, headers={"Cache-Control": FOREVER})

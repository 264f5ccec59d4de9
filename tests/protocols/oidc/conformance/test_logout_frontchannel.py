"""The modules of the profile Front-Channel Logout; the browser's part is in tests/clients."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import parse_qsl, urlsplit

from tests.page import Page
from tests.protocols.oidc.signing_out import Visitor, browsers, database, results, services, site, visitor

__all__ = ["browsers", "database", "services", "site", "visitor"]


def frames(page: Page) -> list[str]:
    return [unescape(source) for source in re.findall(r'<iframe hidden src="([^"]*)"', page.text)]


def frame_sources(page: Page) -> list[str]:
    policy = page.headers["Content-Security-Policy"].split("; ")
    return next((part.split(" ")[1:] for part in policy if part.startswith("frame-src")), [])


async def test_oidcc_frontchannel_logout_discovery_endpoint_verification(visitor: Visitor) -> None:
    said = await visitor.services["files"].party(visitor.browser, visitor.site.url).discover()
    assert said["frontchannel_logout_supported"] is True
    assert said["frontchannel_logout_session_supported"] is True


async def test_oidcc_frontchannel_rp_initiated_logout(visitor: Visitor) -> None:
    """A frame with iss and sid beside the registered query (§2); then on to the service."""
    await visitor.enter("files")
    page = await visitor.leave("files")
    assert page.status == 200
    (frame,) = frames(page)
    assert frame.startswith(f"{visitor.services['files'].url}/frontchannel?by=idp&")
    assert dict(parse_qsl(urlsplit(frame).query)) == {
        "by": "idp",
        "iss": visitor.site.url,
        "sid": visitor.tokens["files"].claims["sid"],
    }
    assert f'href="{visitor.services["files"].afterwards}&amp;state=a+state" data-onward' in page.text
    assert results(page) == {"Service files": "asked"}, "nobody knows whether it worked, so nobody says so"


async def test_frames_may_show_exactly_those_services(visitor: Visitor) -> None:
    """CSP frame-src: the origins of the frames on this page; none on any other."""
    await visitor.enter("files", "desk", "mail")
    page = await visitor.leave("mail")
    assert frame_sources(page) == [visitor.services[name].url for name in ("desk", "files")] or frame_sources(
        page
    ) == [visitor.services[name].url for name in ("files", "desk")]
    assert len(frames(page)) == 2
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert page.headers["X-Frame-Options"] == "DENY"
    assert (
        "frame-src"
        not in (await visitor.browser.get(f"{visitor.site.url}/")).headers["Content-Security-Policy"]
    )


async def test_a_service_with_both_channels_is_told_by_both_and_counts_by_the_one_that_confirms(
    visitor: Visitor,
) -> None:
    await visitor.enter("desk")
    page = await visitor.leave("desk")
    assert results(page) == {"Service desk": "done"}
    assert len(frames(page)) == 1 and len(visitor.services["desk"].logout_tokens) == 1


async def test_who_cannot_be_signed_out_keeps_the_page_from_going_on_by_itself(visitor: Visitor) -> None:
    await visitor.enter("files", "mail")
    page = await visitor.leave("files")
    assert results(page) == {"Service files": "asked", "Service mail": "unsupported"}
    assert "data-onward" not in page.text

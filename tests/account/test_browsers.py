"""`/account/browsers`: where somebody is known, and how he is forgotten there."""

from __future__ import annotations

from tests.account.visitor import SAFARI, Visitor, buttons, own_form, person, signed_in
from tests.server import Server

PATH = "/account/browsers"


async def test_known_browsers_are_told_and_forgotten_by_their_user_alone(server: Server) -> None:
    """THREAT_MODEL.md 21: …a device that logged in before: its user says which are."""
    async with Visitor() as here, Visitor() as phone, Visitor() as other:
        phone.user_agent = SAFARI
        await signed_in(phone, server, "bea")
        page = await signed_in(here, server, "bea", PATH)
        first, second, others = buttons(page, "forget")
        assert page.text.index("Firefox, Windows") < page.text.index("Safari, iPhone"), "this one first"
        # Nobody forgets what is another's, nor by a form of another page.
        his = await signed_in(other, server, "ben", PATH)
        await other.submit(his, {"forget": first}, form=own_form(his))
        await here.request("POST", f"{server.url}{PATH}", {"forget": first, "csrf": "x" * 43})
        assert buttons(await here.get(f"{server.url}{PATH}"), "forget") == [first, second, others]
        page = await here.submit(page, {"forget": others}, form=own_form(page))
        assert buttons(page, "forget") == [first]
        page = await here.submit(page, {"forget": first}, form=own_form(page))
        assert buttons(page, "forget") == []
        forgotten = [
            event["details"]["devices"] for event in server.audit() if event["event"] == "devices.forgotten"
        ]
        assert forgotten == [1, 1]
        # He signs in, and is known again.
        signed_out = await here.get(f"{server.url}/logout")
        await here.submit(signed_out, {}, form=signed_out.forms[-1])
        page = await here.login(f"{server.url}{PATH}", person("bea"), "\0")
        assert len(buttons(page, "forget")) == 1

"""Who signs in where he had not before is told by mail, a few times a day at most."""

from __future__ import annotations

import dataclasses

import pytest

from idp.config.tenant import TenantSettings
from idp.flow.wish import Wish
from idp.mail.queue import open_mail
from idp.outcome import Accept
from keys.token import new_token
from tests.login.conftest import House

pytestmark = pytest.mark.parametrize("storage_url", ["sqlite"], indirect=True)
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0"


def settle(house: House, *, told: bool = True) -> None:
    mail = {"host": "localhost", "tls": "none", "sender": "idp@example.com", "new_browsers": told}
    about = {"tenant": "acme", "base_url": "https://acme.example.com", "display_name": {"en": "Acme"}}
    settings = TenantSettings.model_validate({**about, "mail": mail})
    house.tenant = dataclasses.replace(house.tenant, settings=settings)


async def arrive(house: House, *, anew: bool = True, name: str = "alice") -> None:
    """Sign in, in a browser that was never here unless it is the one of before."""
    if anew:
        house.caller = dataclasses.replace(
            house.caller, browser=new_token(), session=None, device=None, keeps=True, user_agent=FIREFOX
        )
    page = await house.answer(await house.begin(wish=Wish(fresh=True)), name)
    done = await house.answer(page, house.right(page))
    assert isinstance(done, Accept)
    if done.device_secret:
        house.caller = dataclasses.replace(house.caller, device=done.device_secret)


async def mails(house: House) -> list[dict[str, object]]:
    async with house.store.snapshot("acme") as tx:
        queued = [each for each in await tx.mails.list(limit=100) if each.kind == "browser"]
    return [dict(open_mail(house.tenant.vault, each)) for each in queued]


@pytest.fixture
async def known(house: House) -> House:
    async with house.store.transaction("acme") as tx:
        for name in ("alice",):
            user = await tx.users.find(f"id-{name}")
            assert user is not None
            await tx.users.replace(dataclasses.replace(user, email=f"{name}@example.com"))
    settle(house)
    return house


async def test_once_for_each_browser_with_when_and_whence(known: House) -> None:
    await arrive(known)
    about = {"at": known.now, "address": "192.0.2.7", "agent": "Firefox, Windows"}
    assert await mails(known) == [about]
    known.now += 86_400
    await arrive(known, anew=False)
    assert len(await mails(known)) == 1
    await arrive(known)
    assert len(await mails(known)) == 2


async def test_nobody_is_flooded(known: House) -> None:
    """Browsers without cookies are new each time; a day later one is told again."""
    for _ in range(6):
        await arrive(known)
    assert len(await mails(known)) == 3
    known.now += 86_400
    await arrive(known)
    assert len(await mails(known)) == 4


async def test_not_where_the_tenant_does_not_want_it_nor_who_has_no_address(known: House) -> None:
    settle(known, told=False)
    await arrive(known)
    settle(known)
    async with known.store.transaction("acme") as tx:
        user = await tx.users.find("id-alice")
        assert user is not None
        await tx.users.replace(dataclasses.replace(user, email=None))
    await arrive(known)
    assert await mails(known) == []

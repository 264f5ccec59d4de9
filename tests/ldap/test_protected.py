"""People of a directory whose logins are protected: their password is not looked at before their app has let one in."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import AsyncIterator
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

import storage
from idp.authenticators import table
from idp.authenticators.password import Password
from idp.authenticators.password.settings import PasswordSettings
from idp.caller import Caller
from idp.config.secrets import SecretReading
from idp.config.tenant import TenantSettings
from idp.outcome import Accept, Challenge, Outcome
from idp.policy import Require, Rule
from idp.tenant import Tenant
from keys.seal import Vault
from keys.secret import Secret
from keys.token import new_token
from storage.records import User
from tests.ldap.slapd import DECOY, PASSWORD, PEOPLE
from tests.login.conftest import KEY, NOW, TOTP_SECRET, House
from tests.login.phone import Phone


@pytest.fixture
async def house(tmp_path: Path, ldap: dict[str, Any]) -> AsyncIterator[House]:
    """hanako and taro of the directory; she has protected herself."""
    bind = {"bind_dn": f"uid={{user}},{PEOPLE}", "decoy_dn": DECOY}
    settings = TenantSettings.model_validate(
        {
            "tenant": "acme",
            "base_url": "https://acme.example.com",
            "display_name": {"en": "Acme"},
            "domains": {"corp": {"ldap": {**ldap, **bind}}},
            "protect": {"use": "optional"},
        },
        context=SecretReading(plain=True),
    )
    vault = Vault("acme", {1: os.urandom(32)})
    sections = {"password": PasswordSettings().within(settings, ()), "totp": table.find("totp").Settings()}
    authenticators = table.open_authenticators(sections, vault)
    rules = (Rule("all", Require("all", ("password",))),)
    zone = ZoneInfo("Asia/Tokyo")
    tenant = Tenant("acme", settings, {}, rules, authenticators, vault, zone, KEY)
    store = await storage.open(f"sqlite:{tmp_path}/masugata.db")
    await store.migrate()
    house = House(store, tenant, Caller(ip_address("192.0.2.7"), new_token()))
    async with store.transaction("acme") as tx:
        for name in ("hanako", "taro"):
            await tx.users.add(User(f"id-{name}", name, NOW, domain="corp"))
        hanako = await tx.users.find("id-hanako")
        assert hanako is not None
        await tx.credentials.add(authenticators["totp"].enrol(hanako, {"secret": Secret(TOTP_SECRET)}, NOW))
    yield house
    password = authenticators["password"]
    assert isinstance(password, Password)
    await password.close()
    await store.close()


async def enter(house: House, name: str, password: str = PASSWORD) -> Outcome:
    house.caller = dataclasses.replace(house.caller, browser=new_token(), session=None)
    return await house.answer(await house.answer(await house.begin(), name), password)


async def test_a_release_lets_the_directory_be_asked(house: House) -> None:
    """THREAT_MODEL.md 20: without one the right password, a wrong one and a name that nobody has look alike."""
    phone = Phone(house, "hanako@corp", TOTP_SECRET)
    assert await phone.register()
    tried = [
        ("hanako@corp", PASSWORD),
        ("hanako@corp", "wrong"),
        ("taro@corp", "wrong"),
        ("ghost@corp", "wrong"),
    ]
    refused = [await enter(house, *each) for each in tried]
    assert all(isinstance(each, Challenge) and each.retry for each in refused)
    assert {(each.authenticator, each.last_try) for each in refused if isinstance(each, Challenge)} == {
        ("password", False)
    }
    assert isinstance(await enter(house, "taro@corp"), Accept)
    assert await phone.release()
    assert isinstance(await enter(house, "hanako@corp"), Accept)
    assert isinstance(await enter(house, "hanako@corp"), Challenge), "a release is for one login"

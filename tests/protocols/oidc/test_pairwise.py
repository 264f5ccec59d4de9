"""Pairwise subjects: services of different sectors cannot compare users (OpenID Connect Core §8.1)."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest

from idp.custody.derivation import open_key
from keys.seal import Unsealable, Vault, new_data_key
from protocols.oidc.subject import Pairwise
from storage import Storage
from tests.protocols.oidc.prober import Prober, claims

NOW = 1_800_000_000


@pytest.fixture
def apart(rp: Prober) -> Prober:
    """A service whose sector is the host of its redirect URI."""
    return rp.other("apart", secret=rp.secret)


async def subject(client: Prober) -> str:
    return str(claims((await client.tokens())["id_token"])["sub"])


async def test_each_sector_has_its_own_name_for_a_user(rp: Prober, apart: Prober) -> None:
    public, own = await subject(rp), await subject(apart)
    first, second = [await subject(rp.other(name, secret=rp.secret)) for name in ("joint1", "joint2")]
    assert first == second
    assert len({public, own, first}) == 3
    assert await subject(apart) == own


async def test_two_users_have_two_names(apart: Prober, erin: Prober) -> None:
    assert await subject(apart) != await subject(erin.other("apart", secret=erin.secret))


async def test_it_is_the_same_name_wherever_it_is_said(apart: Prober) -> None:
    """ID token, userinfo, introspection and refresh (Core §5.3.2: `sub` must match)."""
    tokens = await apart.tokens()
    name = claims(tokens["id_token"])["sub"]
    assert (await apart.userinfo(tokens["access_token"])).json["sub"] == name
    form = urlencode({"token": tokens["access_token"]})
    said = await apart.post("/oidc/introspect", form, apart.authentication({}))
    assert said.json["sub"] == name
    assert claims((await apart.refresh(tokens["refresh_token"])).json["id_token"])["sub"] == name


async def test_a_hint_and_a_wish_are_understood(rp: Prober, apart: Prober) -> None:
    """Core §3.1.2.1, §5.5.1: and the name of another sector names nobody here."""
    token = (await apart.tokens())["id_token"]
    name, public = claims(token)["sub"], await subject(rp)
    assert (await apart.authorize(id_token_hint=token, prompt="none")).query["code"]
    wish = '{"id_token": {"sub": {"value": "%s"}}}'
    assert (await apart.authorize(claims=wish % name, prompt="none")).query["code"]
    for stranger in (public, "nobody"):
        assert (await apart.authorize(claims=wish % stranger, prompt="none")).error == "login_required"


async def test_it_is_announced(rp: Prober) -> None:
    said = (await rp.get("/.well-known/openid-configuration")).json
    assert said["subject_types_supported"] == ["public", "pairwise"]


async def test_the_key_is_made_once_and_sealed_for_its_tenant(store: Storage) -> None:
    """THREAT_MODEL.md 30: A stolen database without the master key gives no key; a row moved does not open."""
    vault = Vault("acme", {1: new_data_key()})
    first = await open_key(store, vault, "x", NOW)
    assert await open_key(store, vault, "x", NOW + 1) == first
    assert await open_key(store, vault, "y", NOW) != first
    assert len(first) == 32
    with pytest.raises(Unsealable):
        await open_key(store, Vault("acme", {1: new_data_key()}), "x", NOW)
    async with store.snapshot("other") as tx:
        assert await tx.derivation_keys.find("x") is None


async def test_nodes_that_start_at_once_have_one_key(store: Storage) -> None:
    async with store.transaction("acme") as tx:
        assert await tx.derivation_keys.find_or_add("x", b"first", NOW) == b"first"
        assert await tx.derivation_keys.find_or_add("x", b"second", NOW) == b"first"


def test_a_name_depends_on_key_sector_and_user() -> None:
    """And on where one ends and the other begins; nothing of it shows in a repr."""
    names = {
        Pairwise(b"k" * 32, "a.example").of("1"),
        Pairwise(b"l" * 32, "a.example").of("1"),
        Pairwise(b"k" * 32, "a.example1").of(""),
        Pairwise(b"k" * 32, "b.example").of("1"),
        Pairwise(b"k" * 32, "a.example").of("2"),
    }
    assert len(names) == 5
    assert all(len(name) == 43 for name in names)
    assert "kkk" not in repr(Pairwise(b"k" * 32, "a.example"))

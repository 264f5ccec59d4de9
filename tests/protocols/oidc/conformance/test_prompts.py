"""The modules about prompts, ages, strength, and the claims that are asked for."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import pytest

from protocols.oidc.claims import SCOPES
from tests.browser import Browser
from tests.people import ALICE
from tests.protocols.oidc.conftest import ERINS
from tests.protocols.oidc.prober import Prober, claims
from tests.running import Browsers

SINGLE, MULTI = "urn:masugata:acr:single", "urn:masugata:acr:multi"


async def test_oidcc_prompt_none_not_logged_in(rp: Prober) -> None:
    """Core §3.1.2.6, in the mode that was asked for."""
    rp.cookie = ""
    for mode in (None, "query", "fragment", "form_post"):
        answer = await rp.authorize(prompt="none", response_mode=mode)
        assert (answer.said["error"], answer.said["state"]) == ("login_required", "a state")


async def test_oidcc_prompt_none_logged_in(rp: Prober) -> None:
    first, second = await rp.tokens(), await rp.tokens(prompt="none")
    for claim in ("sub", "auth_time"):
        assert claims(first["id_token"])[claim] == claims(second["id_token"])[claim]


async def again(rp: Prober, browser: Browser, **wish: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Two logins in one browser: what each ID token says."""
    said = []
    for request in (rp.request(), rp.request(**wish)):
        query = "&".join(f"{name}={value}" for name, value in request.items())
        page = await browser.login(f"{rp.issuer}/oidc/authorize?{query}".replace(" ", "+"), ALICE, "https://")
        code = (page.location or "").partition("code=")[2].partition("&")[0]
        said.append(claims((await rp.redeem(code)).json["id_token"]))
        await asyncio.sleep(2)
    return said[0], said[1]


async def test_oidcc_prompt_login(rp: Prober, browsers: Browsers) -> None:
    """Core §3.1.2.1: the user was asked anew, and auth_time says so."""
    first, second = await again(rp, browsers(), prompt="login")
    assert first["sub"] == second["sub"]
    assert second["auth_time"] > first["auth_time"]


async def test_oidcc_max_age_1(rp: Prober, browsers: Browsers) -> None:
    """Core §3.1.2.1."""
    first, second = await again(rp, browsers(), max_age="1")
    assert first["sub"] == second["sub"]
    assert second["auth_time"] > first["auth_time"]


async def test_oidcc_max_age_10000(rp: Prober, browsers: Browsers) -> None:
    first, second = await again(rp, browsers(), max_age="10000")
    assert second["auth_time"] == first["auth_time"]


async def test_prompt_create_is_refused_by_name(rp: Prober) -> None:
    """Initiating User Registration 1.0 §4.1: it is not among prompt_values_supported."""
    answer = await rp.authorize(prompt="create")
    assert answer.query["error"] == "invalid_request"
    assert "create" in answer.query["error_description"]


@pytest.mark.parametrize(
    ("wish", "told"),
    [
        ({"acr_values": f"{MULTI} {SINGLE}"}, SINGLE),
        ({"acr_values": "urn:unknown"}, SINGLE),
        ({"claims": json.dumps({"id_token": {"acr": {"essential": True}}})}, SINGLE),
        (
            {"claims": json.dumps({"id_token": {"acr": {"essential": True, "values": [MULTI, SINGLE]}}})},
            SINGLE,
        ),
        ({"claims": json.dumps({"id_token": {"acr": {"values": [MULTI]}}})}, SINGLE),
    ],
)
async def test_oidcc_ensure_request_with_acr_values_succeeds(
    rp: Prober, wish: dict[str, str], told: str
) -> None:
    """Core §3.1.2.1: a wish, answered honestly."""
    assert claims((await rp.tokens(**wish))["id_token"])["acr"] == told


@pytest.mark.parametrize("wish", [{"value": MULTI}, {"values": [MULTI, "other"]}])
async def test_an_essential_acr_that_is_not_reached_is_an_error(rp: Prober, wish: dict[str, Any]) -> None:
    """OpenID Connect Core Unmet Authentication Requirements 1.0."""
    asked = json.dumps({"id_token": {"acr": {"essential": True, **wish}}})
    answer = await rp.authorize(claims=asked)
    assert answer.query["error"] == "unmet_authentication_requirements"
    assert "code" not in answer.query


async def test_oidcc_claims_essential(rp: Prober) -> None:
    """Core §5.5.1: of userinfo and of the ID token, whatever the scope."""
    asked = json.dumps({
        "userinfo": {"name": {"essential": True}, "phone_number": {"essential": True}},
        "id_token": {"email": {"essential": True}, "auth_time": {"essential": True}},
    })  # fmt: skip
    tokens = await rp.tokens(scope="openid", claims=asked)
    assert claims(tokens["id_token"])["email"] == "alice@example.com"
    assert "auth_time" in claims(tokens["id_token"])
    said = (await rp.userinfo(tokens["access_token"])).json
    assert said["name"] == "alice"
    assert "phone_number" not in said  # who has none is let in all the same
    assert "email" not in said


@pytest.mark.parametrize(
    ("wish", "given"),
    [
        ({"value": "alice@example.com"}, True),
        ({"values": ["bob@example.com", "alice@example.com"]}, True),
        ({"value": "bob@example.com"}, False),
        ({"values": []}, False),
    ],
)
async def test_a_claim_asked_for_with_a_value_is_given_only_if_it_has_it(
    rp: Prober, wish: dict[str, Any], given: bool
) -> None:
    """Core §5.5.1."""
    tokens = await rp.tokens(scope="openid", claims=json.dumps({"id_token": {"email": wish}}))
    assert ("email" in claims(tokens["id_token"])) == given


async def test_a_subject_may_be_asked_for_by_name(rp: Prober, erin: Prober) -> None:
    """Core §5.5.1: another user than that is no answer."""
    subject = claims((await rp.tokens())["id_token"])["sub"]
    other = claims((await erin.tokens())["id_token"])["sub"]
    for wish, error in (({"value": subject}, None), ({"values": [other, subject]}, None),
                        ({"value": other}, "login_required"), ({"values": [other]}, "login_required")):  # fmt: skip
        for member in ("id_token", "userinfo"):
            answer = await rp.authorize(claims=json.dumps({member: {"sub": wish}}))
            assert answer.query.get("error") == error


async def given(erin: Prober, scope: str, **asked: str) -> dict[str, Any]:
    """What userinfo says for a scope, beside what this service gets for any."""
    tokens = await erin.other("whole", secret=erin.secret).tokens(scope=scope, **asked)
    said = (await erin.userinfo(tokens["access_token"])).json
    assert (said.pop("sub"), said.pop("floor")) == (claims(tokens["id_token"])["sub"], 4)
    return said


PROFILE = {name: ERINS[name] for name in SCOPES["profile"] if name in ERINS} | {"preferred_username": "erin"}
EMAIL = {"email": "erin@example.com", "email_verified": True}
PHONE = {"phone_number": "+81 3 1234 5678", "phone_number_verified": False}
ADDRESS = {
    "address": {
        "street_address": "千代田1-1",
        "locality": "東京都",
        "postal_code": "100-0001",
        "country": "JP",
    }
}


async def test_oidcc_scope_profile(erin: Prober) -> None:
    """Core §5.4: all its claims, in the types of §5.1."""
    said = await given(erin, "openid profile")
    assert said.keys() == set(SCOPES["profile"])
    changed_at = said.pop("updated_at")
    assert abs(changed_at - time.time()) < 3600
    assert said == PROFILE


async def test_oidcc_scope_profile__of_a_user_of_whom_little_is_known(rp: Prober) -> None:
    """Core §5.3.2: a claim without a value is left out."""
    said = await given_of_wiki(rp, "openid profile")
    assert said == {"name", "preferred_username", "updated_at"}


async def given_of_wiki(rp: Prober, scope: str) -> set[str]:
    tokens = await rp.tokens(scope=scope)
    return (await rp.userinfo(tokens["access_token"])).json.keys() - {"sub", "login"}


async def test_oidcc_scope_email(erin: Prober) -> None:
    assert await given(erin, "openid email") == EMAIL


async def test_oidcc_scope_address(erin: Prober) -> None:
    """Core §5.1.1: a JSON object."""
    assert await given(erin, "openid address") == ADDRESS


async def test_oidcc_scope_phone(erin: Prober) -> None:
    assert await given(erin, "openid phone") == PHONE


async def test_oidcc_scope_all(erin: Prober) -> None:
    said = await given(erin, "openid profile email address phone")
    said.pop("updated_at")
    assert said == PROFILE | EMAIL | ADDRESS | PHONE


async def test_a_scope_of_the_tenant_stands_for_attributes_of_its_own(erin: Prober) -> None:
    own = {"employee_number": "E-17", "badges": ["red", "blue"], "remote": True}
    assert await given(erin, "openid work") == own


async def test_a_service_gets_no_claim_beyond_its_scopes_whatever_it_asks_for(erin: Prober) -> None:
    asked = json.dumps({"userinfo": {"phone_number": None, "address": {"essential": True}}})
    tokens = await erin.tokens(scope="openid", claims=asked)
    assert (await erin.userinfo(tokens["access_token"])).json.keys() == {"sub", "login"}


@pytest.mark.parametrize(
    ("locales", "said"),
    [
        ("ja-Kana-JP", {"family_name": "エグザンプル"}),
        (
            "ja",
            {
                "family_name": "Example",
                "family_name#ja-Kana-JP": "エグザンプル",
                "family_name#ja-Hani-JP": "例",
            },
        ),
        ("se", {"family_name": "Example"}),
        ("ja-hani en", {"family_name": "Example", "family_name#ja-Hani-JP": "例"}),
    ],
)
async def test_oidcc_claims_locales(erin: Prober, locales: str, said: dict[str, str]) -> None:
    """Core §5.2: one language alone is said without its tag; what nobody wrote is said as it is."""
    found = await given(erin, "openid profile", claims_locales=locales)
    assert {name: value for name, value in found.items() if name.startswith("family_name")} == said


async def test_oidcc_claims_essential__in_a_language(erin: Prober) -> None:
    """Core §5.5.2 shows a claim that is asked for with its tag."""
    wishes = {"family_name#ja-Kana-JP": {"essential": True}, "given_name#fr": None}
    asked = json.dumps({"userinfo": wishes})
    assert await given(erin, "openid", claims=asked) == {"family_name#ja-Kana-JP": "エグザンプル"}

"""Device authorization: a device gets tokens because its user said so at another screen (RFC 8628)."""

from __future__ import annotations

import asyncio
import re
import time
from urllib.parse import urlencode

import pytest

from tests.browser import Browser
from tests.flows.test_keeping import contains, dump
from tests.people import ALICE
from tests.protocols.oidc.conftest import BRIEF_SECONDS, FEW
from tests.protocols.oidc.device import Device, allow, ask, decide, enter, question, send
from tests.protocols.oidc.prober import Prober, claims, header
from tests.protocols.oidc.test_dpop import OWN, proof
from tests.running import Browsers
from tests.server import Server

pytestmark = pytest.mark.both_stores

RACERS = 20
API = "https://api.example.com"


@pytest.fixture
def tv(rp: Prober) -> Prober:
    return rp.other("tv", method="none")


@pytest.fixture
def box(rp: Prober) -> Prober:
    return rp.other("box", secret=rp.secret)


async def test_the_answer_says_where_the_user_goes(tv: Prober) -> None:
    """RFC 8628 §3.2."""
    answer = await ask(tv, scope="openid profile")
    assert (answer.status, answer.headers["Cache-Control"]) == (200, "no-store")
    said = answer.json
    assert set(said) == {
        *("device_code", "user_code", "verification_uri", "verification_uri_complete"),
        *("expires_in", "interval"),
    }
    assert re.fullmatch(r"[B-Z]{4}-[B-Z]{4}", said["user_code"])
    assert len(said["device_code"]) >= 43
    assert said["verification_uri"] == f"{tv.issuer}/device"
    assert said["verification_uri_complete"] == f"{tv.issuer}/device?user_code={said['user_code']}"
    assert (said["expires_in"], said["interval"]) == (600, 5)


async def test_discovery_names_the_endpoint(rp: Prober) -> None:
    """RFC 8628 §4; only where a service has the grant type."""
    said = (await rp.get("/.well-known/openid-configuration")).json
    assert said["device_authorization_endpoint"] == f"{rp.issuer}/oidc/device_authorization"
    assert "urn:ietf:params:oauth:grant-type:device_code" in said["grant_types_supported"]
    other = Prober(rp.http, f"{rp.issuer}/open")
    said = (await other.get("/.well-known/openid-configuration")).json
    assert "device_authorization_endpoint" not in said
    assert not [kind for kind in said["grant_types_supported"] if kind.startswith("urn:")]


async def test_only_a_service_that_has_the_grant_type_and_proves_itself(rp: Prober, box: Prober) -> None:
    assert (await ask(rp)).error == "unauthorized_client"
    device = await Device.begin(box)
    box.secret = "wrong"
    assert (await ask(box)).error == "invalid_client"
    assert (await device.poll()).error == "invalid_client"
    assert (await ask(rp.other("nobody", method="none"))).error == "invalid_client"


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"scope": "profile"}, "invalid_scope"),
        ({"scope": "openid", "resource": "https://elsewhere.example"}, "invalid_target"),
    ],
)
async def test_a_request_that_is_wrong_is_refused_at_once(
    box: Prober, form: dict[str, str], error: str
) -> None:
    assert (await ask(box, **form)).error == error


async def test_the_whole_flow_in_a_fresh_browser(tv: Prober, browsers: Browsers) -> None:
    """By `verification_uri_complete`: the field is filled, the user signs in, sees the code, and allows (§3.3.1)."""
    device = await Device.begin(tv, scope="openid profile email offline_access")
    browser: Browser = browsers()
    page = await browser.get(device.said["verification_uri_complete"])
    assert page.forms[0].fields["user_code"] == device.user_code
    page = await browser.submit(page, {}, form=page.forms[0])
    page = await browser.login(page, ALICE, "https://nowhere")
    assert page.url.startswith(f"{tv.issuer}/device/confirm?"), page.text
    assert device.user_code in page.text and "Service tv" in page.text
    page = await browser.submit(page, {}, form=page.forms[0])
    assert page.status == 200
    tokens = (await device.poll()).json
    assert {"access_token", "refresh_token", "id_token", "expires_in", "token_type"} <= set(tokens)
    said = claims(tokens["id_token"])
    assert (said["aud"], said["iss"]) == ("tv", tv.issuer)
    assert {"auth_time", "acr", "amr", "sid", "at_hash"} <= set(said)
    assert "nonce" not in said
    assert (await tv.userinfo(tokens["access_token"])).json["preferred_username"] == ALICE.name
    assert (await tv.refresh(tokens["refresh_token"])).status == 200


async def test_the_device_waits_and_is_told_to_ask_less_often(tv: Prober, rp: Prober) -> None:
    """RFC 8628 §3.5: authorization_pending, slow_down; and what was decided is told however soon it asks."""
    device = await Device.begin(tv)
    assert [(await device.poll()).error for _ in range(3)] == [
        "authorization_pending",
        "slow_down",
        "slow_down",
    ]
    await allow(rp, device)
    assert (await device.poll()).status == 200


async def test_no_means_no(tv: Prober, rp: Prober) -> None:
    device = await Device.begin(tv)
    await allow(rp, device, "deny")
    for _ in range(2):
        answer = await device.poll()
        assert (answer.status, answer.error) == (400, "access_denied")
    assert (await enter(rp, device.user_code)).status == 200, "it waits for nobody any more"


async def test_a_device_code_expires(brief: Prober) -> None:
    """RFC 8628 §3.5: expired_token."""
    device = await Device.begin(brief.other("tv", secret=brief.secret))
    await asyncio.sleep(BRIEF_SECONDS + 0.1)
    assert (await device.poll()).error == "expired_token"


async def test_tokens_are_given_once(tv: Prober, rp: Prober) -> None:
    """THREAT_MODEL.md 15: Of many parallel redemptions of one device code, exactly one succeeds."""
    device = await Device.begin(tv)
    await allow(rp, device)
    answers = await asyncio.gather(*(device.poll() for _ in range(RACERS)))
    assert sorted(answer.status for answer in answers) == [200, *[400] * (RACERS - 1)]
    assert {answer.error for answer in answers} == {"", "invalid_grant"}


async def test_a_code_is_good_for_its_own_client_and_its_own_purpose(
    tv: Prober, box: Prober, rp: Prober
) -> None:
    """THREAT_MODEL.md 13: A value made for one purpose is never taken for another."""
    device = await Device.begin(tv)
    await allow(rp, device)
    stolen = Device(box, device.said)
    assert (await stolen.poll()).error == "invalid_grant"
    assert (await device.poll(device_code=device.user_code)).error == "invalid_grant"
    assert (await device.poll(device_code=await rp.code())).error == "invalid_grant"
    assert (await rp.redeem(device.said["device_code"])).error == "invalid_grant"
    assert (await rp.refresh(device.said["device_code"])).error == "invalid_grant"
    assert (await tv.userinfo(device.said["device_code"])).status == 401
    assert (await device.poll()).status == 200, "nobody has spent it"


async def test_what_waits_for_a_decision_is_nothing_else(tv: Prober, rp: Prober) -> None:
    """THREAT_MODEL.md 13: the reference of a question is no consent, and no pushed request."""
    device = await Device.begin(tv)
    entered = await enter(rp, device.user_code)
    pending = entered.headers["Location"].partition("pending=")[2]
    assert (await rp.get(f"/oidc/consent?pending={pending}", {"Cookie": rp.cookie})).status == 400
    uri = f"urn:ietf:params:oauth:request_uri:{pending}"
    encoded = urlencode({"client_id": "tv", "request_uri": uri})
    assert (await rp.get(f"/oidc/authorize?{encoded}", {"Cookie": rp.cookie})).status == 400


async def test_a_question_belongs_to_its_browser_and_is_answered_once(
    tv: Prober, rp: Prober, erin: Prober
) -> None:
    """THREAT_MODEL.md 17: a login begun in one browser cannot be finished in another."""
    device = await Device.begin(tv)
    asked = await question(rp, device.user_code)
    form = asked.page.forms[0]
    assert (await send(erin, "/device/confirm", form)).status == 400
    path = f"/device/confirm?pending={form.fields['pending']}"
    assert (await erin.get(path, {"Cookie": erin.cookie})).status == 400
    assert (await send(rp, "/device/confirm", form, csrf="wrong")).status == 400
    assert (await device.poll()).error == "authorization_pending"
    assert (await decide(rp, asked)).status == 200
    assert (await decide(rp, asked, "deny")).status == 400
    assert (await device.poll()).status == 200


async def test_of_two_users_who_were_asked_the_first_decides(
    tv: Prober, rp: Prober, erin: Prober, server: Server
) -> None:
    device = await Device.begin(tv)
    first, second = await question(rp, device.user_code), await question(erin, device.user_code)
    assert (await decide(erin, second, "deny")).status == 200
    late = await decide(rp, first)
    assert "no longer valid" in late.text
    assert {"device.late", "device.denied"} <= {each["event"] for each in server.audit(limit=100)}
    assert (await device.poll()).error == "access_denied"


async def test_the_question_is_asked_of_who_is_signed_in_too(tv: Prober, rp: Prober) -> None:
    """RFC 8628 §5.4: a code that somebody sent must not be enough; the page shows code, service and user."""
    device = await Device.begin(tv)
    page = await question(rp, device.user_code)
    for word in (device.user_code, "Service tv", ALICE.name):
        assert word in page.text
    assert (await device.poll()).error == "authorization_pending"


@pytest.mark.parametrize("change", [str.lower, lambda code: code.replace("-", ""), lambda code: f" {code} "])
async def test_entry_is_forgiving(tv: Prober, rp: Prober, change: object) -> None:
    device = await Device.begin(tv)
    assert callable(change)
    assert (await enter(rp, change(device.user_code))).status == 303


async def test_a_page_of_another_site_spends_nothing(brief: Prober) -> None:
    """The address alone looks nothing up, and a form that is not ours is not evaluated."""
    for _ in range(FEW["failures"] + 2):
        shown = await brief.get("/device?user_code=BBBB-BBBB", {"Cookie": brief.cookie})
        assert (shown.status, shown.page.forms[0].fields["user_code"]) == (200, "BBBB-BBBB")
        posted = await brief.post("/device", urlencode({"user_code": "BBBB-BBBB"}), {"Cookie": brief.cookie})
        assert posted.status == 200
    device = await Device.begin(brief.other("tv", secret=brief.secret))
    assert (await enter(brief, device.user_code)).status == 303
    assert "<script>" not in (await brief.get("/device?user_code=%3Cscript%3E")).text


async def test_user_codes_cannot_be_guessed(brief: Prober, browsers: Browsers, server: Server) -> None:
    """THREAT_MODEL.md 18: guesses at codes spend a budget for each browser and each address, counted before they
    are looked at; the right code no longer helps then, and right ones cost nothing."""
    client = brief.other("tv", secret=brief.secret)
    device = await Device.begin(client)
    for _ in range(FEW["failures"] + 2):
        assert (await enter(brief, device.user_code)).status == 303
    browser: Browser = browsers()
    page = await browser.get(f"{brief.issuer}/device")
    for _ in range(FEW["failures"]):
        page = await browser.submit(page, {"user_code": "BBBB-BBBB"}, form=page.forms[0])
        assert (page.status, len(page.alerts)) == (200, 1)
    page = await browser.submit(page, {"user_code": device.user_code}, form=page.forms[0])
    assert page.status == 429
    assert int(page.headers["Retry-After"]) <= FEW["seconds"]
    other: Browser = browsers()
    statuses = []
    for _ in range(10 * FEW["failures"]):
        other.cookies.clear()
        page = await other.get(f"{brief.issuer}/device")
        page = await other.submit(page, {"user_code": "CCCC-CCCC"}, form=page.forms[0])
        statuses.append(page.status)
    assert (statuses[0], statuses[-1]) == (200, 429), "an address that throws its cookies away"
    events = server.cli("audit", "show", "--tenant", "brief", "--event", "user_code.locked")
    assert "user_code.locked" in events


async def test_the_rules_of_the_service_decide(rp: Prober, erin: Prober, browsers: Browsers) -> None:
    """Who may not enter the service cannot let a device in either; and where more is asked, more is asked."""
    device = await Device.begin(rp.other("shut", secret=rp.secret))
    refused = await enter(rp, device.user_code)
    assert refused.status == 403
    assert (await device.poll()).error == "authorization_pending"


async def test_consent_is_asked_on_the_same_page_and_remembered(box: Prober, erin: Prober) -> None:
    scope = "openid email"
    for is_asked in (True, False):
        device = await Device.begin(box, scope=scope)
        page = await question(erin, device.user_code)
        assert ("メールアドレス" in page.text) is is_asked  # erin has chosen Japanese
        await decide(erin, page)
        assert (await device.poll()).status == 200


async def test_resource_and_jwt_as_in_the_code_flow(box: Prober, rp: Prober) -> None:
    """RFC 8707, RFC 9068."""
    device = await Device.begin(box, scope="openid", resource=API)
    await allow(rp, device)
    assert (await device.poll(resource="https://files.example.com/v1")).error == "invalid_target"
    token = (await device.poll()).json["access_token"]
    assert (header(token)["typ"], claims(token)["aud"], claims(token)["client_id"]) == (
        "at+jwt",
        [API],
        "box",
    )


async def test_tokens_are_bound_where_the_service_has_to(rp: Prober) -> None:
    """RFC 9449."""
    device = await Device.begin(rp.other("vault", secret=rp.secret))
    url = f"{rp.issuer}/oidc/token"
    await allow(rp, device)
    assert (await device.poll()).error == "invalid_dpop_proof"
    answer = await device.poll({"DPoP": proof(url)})
    assert answer.json["token_type"] == "DPoP"
    given = proof(f"{rp.issuer}/oidc/userinfo", "GET", OWN, token=answer.json["access_token"])
    sent = {"Authorization": f"DPoP {answer.json['access_token']}", "DPoP": given}
    assert (await rp.get("/oidc/userinfo", sent)).status == 200


async def test_signing_out_before_the_device_asks_takes_it_back(tv: Prober, browsers: Browsers) -> None:
    device = await Device.begin(tv, scope="openid")
    browser: Browser = browsers()
    page = await browser.get(device.said["verification_uri_complete"])
    page = await browser.submit(page, {}, form=page.forms[0])
    page = await browser.login(page, ALICE, "https://nowhere")
    await browser.submit(page, {}, form=page.forms[0])
    page = await browser.get(f"{tv.issuer}/logout")
    await browser.submit(page, {}, form=page.forms[0])
    assert (await device.poll()).error == "invalid_grant"


async def test_every_step_is_in_the_audit_log(tv: Prober, rp: Prober, server: Server) -> None:
    began = time.time()
    for word in ("allow", "deny"):
        await allow(rp, await Device.begin(tv), word)
    for event in ("device.began", "device.allowed", "device.denied"):
        assert "tv" in server.cli("audit", "show", "--tenant", "demo", "--event", event), (event, began)


async def test_no_code_lies_open_in_the_store(tv: Prober, rp: Prober, server: Server) -> None:
    """THREAT_MODEL.md 30 and THREAT_MODEL.md 33: neither code is stored or logged, nor while the question is open."""
    device = await Device.begin(tv)
    await question(rp, device.user_code)
    kept = dump(server)
    for code in (device.user_code, device.user_code.replace("-", ""), device.said["device_code"]):
        assert not contains(kept, code)
        assert code not in server.log

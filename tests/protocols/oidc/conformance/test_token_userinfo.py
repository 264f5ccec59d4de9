"""The modules about the userinfo endpoint (Core §5.3)."""

from __future__ import annotations

from urllib.parse import urlencode

from joserfc import jwt
from joserfc.jwk import KeySet

from tests.protocols.oidc.prober import Answer, Prober, claims


async def check(rp: Prober, answer: Answer, subject: str) -> None:
    assert answer.status == 200
    assert answer.headers["Content-Type"].startswith("application/json")
    assert answer.json["sub"] == subject  # Core §5.3.2: always, and that of the ID token


async def test_oidcc_userinfo_get(rp: Prober) -> None:
    tokens = await rp.tokens()
    await check(rp, await rp.userinfo(tokens["access_token"]), claims(tokens["id_token"])["sub"])


async def test_oidcc_userinfo_post_body(rp: Prober) -> None:
    tokens = await rp.tokens()
    answer = await rp.post("/oidc/userinfo", urlencode({"access_token": tokens["access_token"]}))
    await check(rp, answer, claims(tokens["id_token"])["sub"])


async def test_oidcc_userinfo_post_header(rp: Prober) -> None:
    tokens = await rp.tokens()
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    await check(rp, await rp.post("/oidc/userinfo", "", bearer), claims(tokens["id_token"])["sub"])


async def test_oidcc_userinfo_rs256(rp: Prober) -> None:
    """Core §5.1, §5.3.2: signed with RS256, `iss` the issuer and `aud` the client."""
    client = rp.other("stamped", secret=rp.secret)
    tokens = await client.tokens()
    answer = await client.userinfo(tokens["access_token"])
    assert answer.headers["Content-Type"].startswith("application/jwt")
    keys = KeySet.import_key_set((await rp.get("/oidc/jwks")).json)
    said = jwt.decode(answer.text, keys, algorithms=["RS256"]).claims
    assert (said["iss"], said["aud"]) == (rp.issuer, "stamped")
    assert said["sub"] == claims(tokens["id_token"])["sub"]

"""A login on schedule at this door: the code flow, up to the claims of userinfo."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

from idp.probe import Broken
from idp.probe.trial import Trial
from idp.web.browser import session, sign_in
from protocols.oidc.sample.relying_party import Refused, RelyingParty
from protocols.oidc.settings import ServiceSettings


async def probe(trial: Trial) -> None:
    """With every check of OpenID Connect Core §3.1.3.7. Raises `Broken`."""
    client: ServiceSettings = trial.settings
    if not client.redirect_uris:
        raise Broken("people do not sign in to it: there are no redirect_uris")
    party = RelyingParty(trial.base_url, client)
    async with session(trial.seconds) as http:
        try:
            trial.at("discovery")
            url, pending = await party.request(http)
            shown = await sign_in(trial, url, lambda shown: shown.location.startswith(party.redirect_uri))
            trial.at("tokens and userinfo")
            await party.conclude(http, dict(parse_qsl(urlsplit(shown.location).query)), pending)
        except Refused as refused:
            raise Broken(str(refused)) from None
        except (KeyError, TypeError, ValueError):
            raise Broken("the answer is not what the standard says") from None

"""Records posted to an address, signed as Standard Webhooks says: id, time and body by HMAC-SHA256."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import aiohttp
import orjson

from idp.config.audit import WebhookSettings
from idp.web.outbound import Outbound, OutboundError


class Webhook:
    """One receiver. Any 2xx takes what was sent; all else means that it is sent again."""

    def __init__(
        self, settings: WebhookSettings, outbound: Outbound, tenant: str, clock: Callable[[], int]
    ) -> None:
        self._settings = settings
        self._outbound = outbound
        self._tenant = tenant
        self._clock = clock

    async def send(self, records: Sequence[Mapping[str, Any]]) -> None:
        """All in one request, whose id is the same whenever they are sent again. Raises `OutboundError`."""
        body = orjson.dumps({"tenant": self._tenant, "records": records})
        identifier = f"{self._tenant}-{records[0]['seq']}-{records[-1]['seq']}"
        headers = sign(self._settings.key, identifier, self._clock(), body)
        payload = aiohttp.BytesPayload(body, content_type="application/json", headers=headers)
        answer = await self._outbound.post(self._settings.url, payload)
        if not 200 <= answer.status < 300:
            raise OutboundError(f"it answered {answer.status}")


def sign(key: bytes, identifier: str, at: int, body: bytes) -> dict[str, str]:
    """The three headers. Old requests that somebody recorded are told by their time (epoch seconds)."""
    message = f"{identifier}.{at}.".encode() + body
    signature = base64.b64encode(hmac.digest(key, message, hashlib.sha256)).decode()
    return {
        "webhook-id": identifier,
        "webhook-timestamp": str(at),
        "webhook-signature": f"v1,{signature}",
    }

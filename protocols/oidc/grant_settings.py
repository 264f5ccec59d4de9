"""What an administrator says about the ways to tokens beside code and refresh."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field

from idp.config.model import Model, Name
from protocols.oidc.vocabulary import DEVICE_CODE, TOKEN_EXCHANGE, GrantType, Word

OF_USERS: Final = ("authorization_code", DEVICE_CODE)


class ServiceExchange(Model):
    """Of a service with the grant type of token exchange (RFC 8693)."""

    exchanges: tuple[Name, ...] = ()  # services whose access tokens it may exchange, beside its own
    exchange_audiences: tuple[Word, ...] = ()  # for whom it may get tokens: `resource` or `audience`

    def check_exchange(self, grant_types: tuple[GrantType, ...], *, is_public: bool) -> None:
        """Raise ValueError for settings that do not fit together."""
        if TOKEN_EXCHANGE not in grant_types:
            if self.exchanges or self.exchange_audiences:
                raise ValueError(f"grant_types: exchanges and exchange_audiences need {TOKEN_EXCHANGE}")
            return
        if is_public:
            raise ValueError("grant_types: token exchange needs a client that authenticates")
        if not self.exchange_audiences:
            raise ValueError("exchange_audiences: needs at least 1, token exchange is for nobody else")


class TenantDevice(Model):
    """Of a tenant, for services with the grant type of devices (RFC 8628)."""

    device_code_seconds: Annotated[int, Field(ge=5, le=1800)] = 600  # time to find a browser and sign in
    device_interval_seconds: Annotated[int, Field(ge=1, le=60)] = 5  # from one poll to the next (§3.2)

"""The section `lockout` of `tenant.yaml`: how many wrong answers are looked at, and how soon."""

from __future__ import annotations

from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from idp.config.model import Model

LONGEST_DAYS: Final = 400  # browsers keep no cookie for longer (RFC 6265bis §5.5)


class KnownDevices(Model):
    """Browsers in which a user signed in before. Each has a budget of its own, which no stranger can spend."""

    failures: Annotated[int, Field(ge=1, le=100)] = 5
    per_user: Annotated[int, Field(ge=0, le=50)] = 10  # 0: none is known
    unused_days: Annotated[int, Field(ge=1, le=LONGEST_DAYS)] = 90


class Lockout(Model):
    """After how many wrong answers no more are looked at for a while; times are in seconds."""

    # lock: for `seconds`; slow: for a wait that doubles with each further one, up to `seconds`.
    mode: Literal["lock", "slow"] = "lock"
    failures: Annotated[int, Field(ge=1, le=100)] = 5
    seconds: Annotated[int, Field(ge=1)] = 1800
    first_wait_seconds: Annotated[int, Field(ge=1)] = 30
    known_devices: KnownDevices = KnownDevices()

    @property
    def of_known_device(self) -> Lockout:
        """The same with the budget of one known device."""
        return self.model_copy(update={"failures": self.known_devices.failures})

    def wait(self, failures: int) -> int:
        """How many seconds lie between so many wrong answers, which are all that are allowed or more, and the next."""
        if self.mode == "lock":
            return self.seconds
        doublings = min(failures - self.failures, self.seconds.bit_length())
        return min(self.first_wait_seconds << doublings, self.seconds)

    @model_validator(mode="after")
    def _begins_short(self) -> Self:
        if self.mode == "slow" and self.first_wait_seconds > self.seconds:
            raise ValueError("first_wait_seconds: must not be more than seconds")
        return self

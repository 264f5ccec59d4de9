"""The user made for the probe: what he answers to what he is asked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from pydantic import BaseModel

from idp.authenticators import Refused
from idp.authenticators.device import Device, checked, decode
from idp.authenticators.matrix.pattern import parse
from idp.authenticators.matrix.settings import MatrixSettings
from idp.authenticators.totp import TotpSettings
from idp.config.probe import ProbeSettings
from idp.probe import Broken

Table = Sequence[Sequence[str]]  # digits, row by row

PASSWORD: Final = "password"  # noqa: S105  what is asked for
MATRIX: Final = "matrix"
CODE: Final = "totp"


@dataclass(slots=True)
class Person:
    """One for a whole run, so that no code is used at two doors."""

    settings: ProbeSettings
    authenticators: Mapping[str, BaseModel]
    clock: Callable[[], int] = field(repr=False)  # epoch seconds
    waited: float = 0.0  # seconds, for codes that were not used yet
    _last_step: int = 0

    @property
    def name(self) -> str:
        return self.settings.user or ""

    async def answer(self, asked: str, table: Table = ()) -> str:
        """To a password, to digits along the pattern, or to a code. Raises `Broken` where he has none."""
        match asked:
            case "password" if self.settings.password is not None:
                return self.settings.password.reveal()
            case "matrix" if self.settings.pattern is not None:
                return self._digits(self.settings.pattern.reveal(), table)
            case "totp" if self.settings.totp is not None:
                return await self._code(self._device())
        key = "pattern" if asked == MATRIX else asked
        raise Broken(f"{asked} is asked for, and probe.{key} is not given")

    def _digits(self, pattern: str, table: Table) -> str:
        matrix = self.authenticators.get(MATRIX)
        try:
            assert isinstance(matrix, MatrixSettings)  # the configuration was checked
            return "".join(table[cell.row][cell.column] for cell in parse(pattern, matrix.table))
        except Refused as refused:
            raise Broken(f"probe.pattern: {refused.words}") from None
        except IndexError:
            raise Broken("the table is smaller than authenticators.yaml says") from None

    def _device(self) -> Device:
        totp, secret = self.authenticators.get(CODE), self.settings.totp
        assert isinstance(totp, TotpSettings)
        assert secret is not None
        try:
            return checked(Device(decode(secret), totp.digits, totp.period_seconds, totp.algorithm))
        except Refused as refused:
            raise Broken(f"probe.totp: {refused.words}") from None

    async def _code(self, device: Device) -> str:
        """A step is taken once (RFC 6238 §5.2): at the next door he waits for the next."""
        while (step := device.clock(self.clock())) <= self._last_step:
            seconds = (self._last_step + 1) * device.period - self.clock()
            self.waited += seconds
            await asyncio.sleep(seconds)
        self._last_step = step
        return device.code(step)

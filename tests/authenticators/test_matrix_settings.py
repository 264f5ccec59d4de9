"""The section `matrix`: what cannot work is refused."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from idp.authenticators.matrix.settings import MatrixSettings


@pytest.mark.parametrize(
    "settings",
    [
        {"table": {"columns": 10, "blocks": 3}},
        {"table": {"rows": 2, "columns": 6}},
        {"table": {"rows": 0}},
        {"table": {"columns": 27}},
        {"table": {"seconds": 5}},
        {"pattern": {"min": 8, "max": 7}},
        {"pattern": {"forbid": ["circles"]}},
        {"pattern": {"expires_days": 0}},
        {"pattern": {"expires_days": 2, "min_age_hours": 48}},
        {"pattern": {"history": 25}},
        {"pattern": {"min": 4, "max": 4, "every_block": True}, "table": {"columns": 25, "blocks": 5}},
        {"phrase": {"min": 9, "max": 8}},
        {"phrase": {"position": "inside"}},
        {"phrase": {"use": "sometimes"}},
        {"tabel": {}},
    ],
)
def test_settings_that_cannot_work_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        MatrixSettings.model_validate(settings)

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
        {"groups": [{"table": {"columns": 16, "blocks": 4}}]},
        {"groups": [{"when": {"groups": []}, "pattern": {"min": 8}}]},
        {"groups": [{"when": {"groups": ["staff"]}, "table": {"colums": 16}}]},
    ],
)
def test_settings_that_cannot_work_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        MatrixSettings.model_validate(settings)


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"table": {"columns": 16}}, "groups.0.table: columns must be a multiple of blocks"),
        ({"pattern": {"min": 13}}, "groups.0.pattern: min must not be greater than max"),
        (
            {"pattern": {"min": 4, "max": 4, "every_block": True}, "table": {"columns": 25, "blocks": 5}},
            "every_block",
        ),
    ],
)
def test_what_differs_by_group_works_together_with_the_rest(other: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        MatrixSettings.model_validate({"groups": [{"when": {"groups": "staff"}, **other}]})


def test_what_a_group_does_not_say_is_as_for_everybody() -> None:
    """Also that nothing ends, said by `null`."""
    common = {"pattern": {"history": 5, "expires_days": 90}, "table": {"rows": 5}}
    other = {
        "when": {"groups": ["staff"]},
        "pattern": {"min": 8, "expires_days": None},
        "table": {"seconds": 60},
    }
    settings = MatrixSettings.model_validate({**common, "groups": [other]})
    staff = settings.of({"staff"})
    assert (staff.pattern.min, staff.pattern.history, staff.pattern.expires_days) == (8, 5, None)
    assert (staff.table.rows, staff.table.seconds, settings.table.seconds) == (5, 60, 180)
    assert settings.of({"guests"}) is settings

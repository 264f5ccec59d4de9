"""`idp key`."""

from __future__ import annotations

from collections import Counter

from tests.cli.conftest import Office


def states(office: Office) -> Counter[tuple[str, str]]:
    return Counter((row["alg"], row["state"]) for row in office.rows("key", "list"))


def test_rotating_moves_every_key_one_state_on(office: Office) -> None:
    office.run("key", "rotate")  # no key yet: the first signs at once
    office.run("key", "rotate")  # it retires, for none was announced
    assert states(office) == {
        (alg, state): 1 for alg in ("RS256", "ES256") for state in ("active", "retired")
    }
    assert office.events() == ["key.rotated"] * 4


def test_one_algorithm_may_be_rotated_alone(office: Office) -> None:
    office.run("key", "rotate", "--alg", "EdDSA")
    assert states(office) == {("EdDSA", "active"): 1}
    office.run("key", "rotate", "--alg", "none", status=2)


def test_the_only_key_that_signs_is_kept(office: Office) -> None:
    office.run("key", "rotate", "--alg", "ES256")
    (only,) = office.rows("key", "list")
    assert "rotate it instead" in office.run("key", "retire", only["kid"], status=1).stderr
    assert "is not retired" in office.run("key", "retire", only["kid"], "--forget", status=1).stderr
    assert office.events() == ["key.rotated"]


def test_a_retired_key_can_be_forgotten(office: Office) -> None:
    for _ in range(2):
        office.run("key", "rotate", "--alg", "ES256")
    old = next(row["kid"] for row in office.rows("key", "list") if row["state"] == "retired")
    office.run("key", "retire", old, "--forget")
    assert states(office) == {("ES256", "active"): 1}
    assert office.events()[-1] == "key.deleted"


def test_a_key_that_is_not_there_is_refused(office: Office) -> None:
    assert office.run("key", "retire", "nothing", status=1).stderr == "Error: no key is called nothing\n"

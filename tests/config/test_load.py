"""What a right folder becomes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from idp.authenticators.matrix.settings import MatrixSettings
from idp.config.load import load, load_server
from idp.config.mistake import ConfigurationError
from idp.config.schema import FILES, schema_of
from idp.policy import Deny, Require
from tests.config.folder import POLICIES, SERVICE, TENANT, write

JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=12,
)
TEXTS = {
    "idp": "listen: {http: 127.0.0.1:80}\nmaster_key: {file: x}\ndoors: [oidc]\nlog: {}\ntrusted_proxies: []\n",
    "tenants__acme__tenant": TENANT,
    "tenants__acme__authenticators": "matrix: {table: {rows: 4}, pattern: {forbid: []}}\ntotp: {pin: {}}\n",
    "tenants__acme__policies": POLICIES,
    "tenants__acme__services__wiki": SERVICE,
}


def places(value: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield above
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, below in steps:
        yield from places(below, (*above, step))


def put(value: Any, path: tuple[Any, ...], junk: object) -> Any:
    if not path:
        return junk
    value[path[0]] = put(value[path[0]], path[1:], junk)
    return value


PLACES = [(name, path) for name, text in TEXTS.items() for path in places(yaml.safe_load(text))]


def test_every_part_is_validated_by_its_own_model(tmp_path: Path) -> None:
    (acme,) = load(write(tmp_path)).tenants
    assert acme.name == "acme"
    assert acme.authenticators["matrix"] == MatrixSettings(), "nothing behind the name means its defaults"
    assert set(acme.authenticators) == {"matrix", "totp"}
    assert acme.services["wiki"].doors["oidc"].client_id == "wiki"
    assert acme.settings.oidc.code_seconds == 60
    assert [rule.name for rule in acme.rules] == ["staff"]


def test_rules_keep_their_order_and_become_verdicts(tmp_path: Path) -> None:
    rules = """\
- name: both
  when: {services: wiki, networks: {not: [10.0.0.0/8]}, hours: "Mon-Fri 07:00-22:00"}
  then: {require: [matrix, totp], acr: "urn:example:two"}
- {name: words, when: {groups: [guests]}, then: {deny: {en: Call us.}}}
- {name: rest, then: deny}
"""
    (acme,) = load(write(tmp_path, tenants__acme__policies=rules)).tenants
    both, words, rest = acme.rules
    assert both.then == Require("both", ("matrix", "totp"), "urn:example:two")
    assert both.services == {"wiki"} and both.networks == () and len(both.except_networks) == 1
    assert str(both.zone) == "Asia/Tokyo" and len(both.hours) == 1
    assert words.then == Deny("words", {"en": "Call us."})
    assert rest.then == Deny("rest")


def test_networks_stand_in_a_plain_list_too(tmp_path: Path) -> None:
    rule = "- {name: inside, when: {networks: [10.0.0.0/8, 2001:db8::/32]}, then: deny}\n"
    (inside,) = load(write(tmp_path, tenants__acme__policies=rule)).tenants[0].rules
    assert list(map(str, inside.networks)) == ["10.0.0.0/8", "2001:db8::/32"]


def test_relative_paths_begin_at_the_folder(tmp_path: Path) -> None:
    configuration = load_server(write(tmp_path, idp="storage: sqlite:var/x.db\nmaster_key: {file: key}\n"))
    assert configuration.storage_url == f"sqlite:{tmp_path}/var/x.db"
    key = configuration.master_key()
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600
    assert configuration.master_key().reveal() == key.reveal()


def test_the_server_alone_is_read_without_looking_at_tenants(tmp_path: Path) -> None:
    folder = write(tmp_path, idp="workers: 3\n", tenants__acme__tenant="nonsense: 1\n")
    assert load_server(folder).server.workers == 3


@pytest.mark.parametrize("file", FILES)
def test_every_file_has_a_schema_that_is_json(file: str) -> None:
    schema = json.loads(json.dumps(schema_of(file)))
    assert schema["$schema"].startswith("https://json-schema.org/")
    assert schema["type"] == ("array" if file == "policies" else "object")


@settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.sampled_from(PLACES), junk=JUNK)
def test_whatever_stands_anywhere_in_a_file_there_are_only_mistakes(
    tmp_path: Path, place: tuple[str, tuple[Any, ...]], junk: object
) -> None:
    """No file content raises anything but ConfigurationError, and each mistake names a file and its place."""
    name, path = place
    content = put(yaml.safe_load(TEXTS[name]), path, junk)
    try:
        load(write(tmp_path, **{name: json.dumps(content)}))
    except ConfigurationError as error:
        assert error.mistakes
        assert all(mistake.at.line >= 1 and mistake.words for mistake in error.mistakes)


@settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(0, 400), junk=st.text(max_size=6), name=st.sampled_from(list(TEXTS)))
def test_a_slip_of_the_fingers_is_only_a_mistake(tmp_path: Path, place: int, junk: str, name: str) -> None:
    text = TEXTS[name]
    slipped = text[: place % len(text)] + junk.encode("utf-8", "replace").decode() + text[place % len(text) :]
    try:
        load(write(tmp_path, **{name: slipped}))
    except ConfigurationError as error:
        assert error.mistakes


def test_configurations_that_are_read_again_share_their_models(tmp_path: Path) -> None:
    """Of every model that was made something stays: 165 kB with each configuration that was applied."""
    folder = write(tmp_path)
    first, second = (load(folder).tenants[0] for _ in range(2))
    assert type(first.settings) is type(second.settings)
    assert type(first.services["wiki"]) is type(second.services["wiki"])

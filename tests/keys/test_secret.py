"""Secrets have a type without a repr.

No log line at any level holds a code, token, answer, pattern or password.
"""

import copy
import io
import json
import logging
import pickle
import traceback

import orjson
import pytest
import structlog

from keys.secret import Secret
from keys.token import hash_token, new_id, new_token

TEXT = "correct horse battery staple"


@pytest.fixture
def secret() -> Secret:
    return Secret(TEXT)


def test_no_way_of_printing_shows_it(secret: Secret) -> None:
    """Secrets have a type without a repr."""
    for shown in (
        repr(secret),
        str(secret),
        f"{secret}",
        f"{secret!r:>40}",
        f"{secret:s}",
        "{:.5}".format(secret),  # noqa: UP032  the very method is meant
        "%s %r" % (secret, secret),  # noqa: UP031
        repr([secret]),
        repr({"password": secret}),
        str(ValueError(secret)),
    ):
        assert "horse" not in shown
        assert "corre" not in shown


def test_no_log_shows_it(secret: Secret, caplog: pytest.LogCaptureFixture) -> None:
    """No log line at any level holds a secret."""
    output = io.StringIO()
    for renderer in (
        structlog.processors.JSONRenderer(),
        structlog.processors.KeyValueRenderer(),
        structlog.dev.ConsoleRenderer(),
    ):
        # All said here: what a command configured before this test, its level too, must not count.
        log = structlog.wrap_logger(
            structlog.PrintLogger(output), [renderer], structlog.BoundLogger, context_class=dict
        )
        log.info("login", password=secret, nested={"answer": [secret]})
    with caplog.at_level(logging.DEBUG):
        logging.getLogger("test").debug("secret is %s, %r", secret, {"s": secret})
    assert "login" in output.getvalue()
    assert "secret is" in caplog.text
    assert TEXT not in output.getvalue() + caplog.text


def test_no_traceback_shows_it_with_the_locals_of_its_frames(secret: Secret) -> None:
    def verify(answer: Secret) -> None:
        raise RuntimeError(answer)

    try:
        verify(secret)
    except RuntimeError as error:
        shown = "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
    assert "answer = " in shown
    assert TEXT not in shown


@pytest.mark.parametrize("write", [pickle.dumps, copy.copy, copy.deepcopy, json.dumps, orjson.dumps])
def test_it_is_never_written_down(secret: Secret, write: object) -> None:
    with pytest.raises(TypeError):
        write(secret)  # type: ignore[operator]


def test_it_has_no_attributes_to_look_into(secret: Secret) -> None:
    assert not hasattr(secret, "__dict__")


def test_it_equals_a_secret_of_the_same_text_and_never_the_text() -> None:
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert len({Secret("a"), Secret("a")}) == 1


def test_it_knows_whether_there_is_anything_in_it() -> None:
    assert Secret("a")
    assert not Secret("")
    assert len(Secret("ab")) == 2


def test_tokens_are_256_random_bits_that_are_stored_as_a_hash() -> None:
    tokens = {new_token().reveal() for _ in range(100)}
    assert len(tokens) == 100
    assert {len(token) for token in tokens} == {43}
    token = new_token()
    assert len(hash_token(token)) == 32
    assert token.reveal().encode() not in hash_token(token)


def test_ids_are_128_random_bits() -> None:
    assert len({new_id() for _ in range(100)}) == 100
    assert {len(new_id()) for _ in range(100)} == {22}

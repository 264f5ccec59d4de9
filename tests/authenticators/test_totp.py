"""One-time codes: the RFC's own, each step once, and the drift of the device's clock."""

from __future__ import annotations

import base64
import dataclasses
from typing import Any
from urllib.parse import parse_qs, urlsplit

import oathtool  # type: ignore[import-untyped]
import orjson
import pyotp
import pytest

from idp.authenticators import Refused
from idp.authenticators.device import SECRET_BYTES
from idp.authenticators.totp import Totp
from keys.secret import Secret
from tests.authenticators.person import NOW, TENANT, Person

# What an authenticator does with its answer does not depend on the database: one is enough here.
pytestmark = pytest.mark.parametrize("storage_url", ["sqlite"], indirect=True)

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
RFC_6238: list[
    tuple[int, str, str, str]
] = [  # Appendix B: time, then the codes by SHA-1, SHA-256 and SHA-512
    (59, "94287082", "46119246", "90693936"),
    (1111111109, "07081804", "68084774", "25091201"),
    (1111111111, "14050471", "67062674", "99943326"),
    (1234567890, "89005924", "91819424", "93441116"),
    (2000000000, "69279037", "90698825", "38618901"),
    (20000000000, "65353130", "77737706", "47863826"),
]


def code(now: int, steps: int = 0, secret: str = SECRET) -> str:
    return pyotp.TOTP(secret).at(now, counter_offset=steps)


def totp(person: Person, **settings: Any) -> Totp:
    opened = person.open("totp", **settings)
    assert isinstance(opened, Totp)
    return opened


@pytest.mark.parametrize(("column", "algorithm"), [(0, "SHA1"), (1, "SHA256"), (2, "SHA512")])
async def test_the_codes_of_rfc_6238_appendix_b(alice: Person, algorithm: str, column: int) -> None:
    seed = (b"1234567890" * 7)[: SECRET_BYTES[algorithm]]
    authenticator = totp(alice, algorithm=algorithm, digits=8)
    await alice.enrol(authenticator, secret=base64.b32encode(seed).decode())
    for now, *codes in RFC_6238:
        assert not await alice.verify(authenticator, "00000000", now)
        assert await alice.verify(authenticator, codes[column], now), now


async def test_the_code_of_another_implementation(alice: Person) -> None:
    authenticator = totp(alice)
    await alice.enrol(authenticator, secret=SECRET)
    assert await alice.verify(authenticator, oathtool.generate_otp(SECRET, NOW // 30))


async def test_a_step_is_used_once(alice: Person) -> None:
    authenticator = totp(alice)
    await alice.enrol(authenticator, secret=SECRET)
    assert await alice.verify(authenticator, code(NOW))
    for later in (NOW, NOW + 1, NOW + 30):
        assert not await alice.verify(authenticator, code(NOW), later)


async def test_no_step_before_a_used_one_is_accepted(alice: Person) -> None:
    authenticator = totp(alice)
    await alice.enrol(authenticator, secret=SECRET)
    assert await alice.verify(authenticator, code(NOW, 1))
    assert not await alice.verify(authenticator, code(NOW))
    assert not await alice.verify(authenticator, code(NOW, 1))
    assert await alice.verify(authenticator, code(NOW, 2), NOW + 30)


@pytest.mark.parametrize("drift_steps", [0, 1, 3])
async def test_the_window_is_as_wide_as_configured(alice: Person, drift_steps: int) -> None:
    authenticator = totp(alice, drift_steps=drift_steps)
    await alice.enrol(authenticator, secret=SECRET)
    for steps in (-drift_steps - 1, drift_steps + 1):
        assert not await alice.verify(authenticator, code(NOW, steps))
    assert await alice.verify(authenticator, code(NOW, -drift_steps))


@pytest.mark.parametrize("drift_steps", [0, 1, 3])
async def test_the_window_reaches_as_far_ahead(alice: Person, drift_steps: int) -> None:
    authenticator = totp(alice, drift_steps=drift_steps)
    await alice.enrol(authenticator, secret=SECRET)
    assert await alice.verify(authenticator, code(NOW, drift_steps))


async def test_the_window_follows_a_device_whose_clock_drifts(alice: Person) -> None:
    """RFC 6238 §6: a clock that is ever further ahead stays in step, as long as it is used."""
    authenticator = totp(alice)
    await alice.enrol(authenticator, secret=SECRET)
    for ahead in range(1, 6):
        now = NOW + ahead * 3600
        assert not await alice.verify(authenticator, code(now, ahead + 1), now)
        assert await alice.verify(authenticator, code(now, ahead), now)
    (credential,) = await alice.held(authenticator)
    assert credential.drift == 5
    now = NOW + 10 * 3600
    assert not await alice.verify(authenticator, code(now, 0), now), "the window's middle has moved"


async def test_a_clock_that_is_ten_minutes_off_is_followed_no_further(alice: Person) -> None:
    authenticator = totp(alice)
    await alice.enrol(authenticator, secret=SECRET)
    for ahead in range(1, 22):
        assert await alice.verify(authenticator, code(NOW + ahead * 90, ahead), NOW + ahead * 90)
    assert not await alice.verify(authenticator, code(NOW + 9000, 22), NOW + 9000)
    (credential,) = await alice.held(authenticator)
    assert credential.drift == 20


async def test_any_of_several_devices_may_answer(alice: Person) -> None:
    authenticator = totp(alice)
    second = base64.b32encode(b"the second device...").decode()
    await alice.enrol(authenticator, secret=SECRET)
    await alice.enrol(authenticator, secret=second)
    assert await alice.verify(authenticator, code(NOW, secret=second))
    assert await alice.verify(authenticator, code(NOW))
    assert not await alice.verify(authenticator, code(NOW, secret=second))


async def test_a_pin_is_typed_after_the_code(alice: Person) -> None:
    authenticator = totp(alice)
    await alice.enrol(authenticator, secret=SECRET, pin="s3cret!")
    for wrong in (
        "",
        "s3cret!",
        code(NOW),
        code(NOW) + "S3CRET!",
        "s3cret!" + code(NOW),
        code(NOW) + "s3cret!x",
    ):
        assert not await alice.verify(authenticator, wrong)
    assert await alice.verify(authenticator, code(NOW) + "s3cret!")


async def test_an_answer_may_be_typed_by_a_japanese_input_method(alice: Person) -> None:
    authenticator = totp(alice)
    await alice.enrol(authenticator, secret=SECRET)
    full_width = code(NOW).translate({ord("0") + digit: ord("０") + digit for digit in range(10)})
    assert await alice.verify(authenticator, f" {full_width}　")


@pytest.mark.parametrize("answer", ["", " ", "12345", "1234567", "\0", "\udc80" * 6, "9" * 100_000, "٣" * 6])
async def test_what_is_no_code_is_wrong(alice: Person, answer: str) -> None:
    authenticator = totp(alice)
    await alice.enrol(authenticator, secret=SECRET)
    assert not await alice.verify(authenticator, answer)


async def test_unknown_users_and_those_without_a_device_are_refused(alice: Person) -> None:
    authenticator = totp(alice)
    assert not await alice.verify(authenticator, code(NOW))
    assert not await alice.verify(authenticator, code(NOW), unknown=True)


async def test_the_code_of_the_decoy_opens_nothing(alice: Person) -> None:
    """Whoever guesses the decoy's code by chance is refused like anyone else."""
    authenticator = totp(alice)
    decoy = authenticator._safe._decoy  # nobody could know it otherwise
    secret = orjson.loads(authenticator._safe.unseal(decoy))["secret"]
    assert not await alice.verify(authenticator, code(NOW, secret=secret), unknown=True)


async def test_a_device_keeps_the_digits_it_was_enrolled_with(alice: Person) -> None:
    await alice.enrol(totp(alice, digits=6), secret=SECRET)
    changed = totp(alice, digits=8, algorithm="SHA256", period_seconds=60)
    assert await alice.verify(changed, code(NOW))


@pytest.mark.parametrize(
    "secret",
    [
        SECRET.lower(),
        " ".join(SECRET[i : i + 4] for i in range(0, 32, 4)),
        "-".join([SECRET[:16], SECRET[16:]]),
    ],
)
async def test_a_secret_may_be_copied_as_people_do(alice: Person, secret: str) -> None:
    authenticator = totp(alice)
    await alice.enrol(authenticator, secret=secret)
    assert await alice.verify(authenticator, code(NOW))


@pytest.mark.parametrize(
    ("given", "rule"),
    [
        ({"secret": "JBSWY3DPEHPK3PXP"}, "length"),
        ({"secret": "A" * 300}, "length"),
        ({"secret": "not base 32!"}, "base32"),
        ({"secret": "01890189018901890189018901890189"}, "base32"),
        ({"secret": "ＪＢＳＷ" * 8}, "base32"),
        ({"secret": SECRET, "pin": "123"}, "length"),
        ({"secret": SECRET, "pin": "1" * 33}, "length"),
        ({"secret": SECRET, "pin": "has space"}, "characters"),
        ({"secret": SECRET, "pin": "12:34"}, "characters"),
        ({"secret": SECRET, "pin": "暗証番号"}, "characters"),
    ],
)
async def test_a_refusal_names_its_rule(alice: Person, given: dict[str, str], rule: str) -> None:
    with pytest.raises(Refused) as refused:
        await alice.enrol(totp(alice), **given)
    assert refused.value.rule == rule
    assert SECRET not in refused.value.words


@pytest.mark.parametrize(("use", "pin", "rule"), [("never", "1234", "unused"), ("required", "", "missing")])
async def test_the_policy_decides_about_pins(alice: Person, use: str, pin: str, rule: str) -> None:
    with pytest.raises(Refused) as refused:
        await alice.enrol(totp(alice, pin={"use": use}), secret=SECRET, pin=pin)
    assert refused.value.rule == rule


@pytest.mark.parametrize(("algorithm", "length"), SECRET_BYTES.items())
async def test_a_fresh_secret_reaches_an_app(alice: Person, algorithm: str, length: int) -> None:
    """The otpauth address carries all that an app needs, and the app then answers rightly."""
    authenticator = totp(alice, algorithm=algorithm, digits=8, period_seconds=60)
    credential = await alice.enrol(authenticator)
    address = authenticator.provisioning(credential, "alice@example.com", "デモ Inc.")
    assert isinstance(address, Secret)
    query = parse_qs(urlsplit(address.reveal()).query)
    assert len(base64.b32decode(query["secret"][0] + "=" * (-len(query["secret"][0]) % 8))) == length
    assert query["issuer"] == ["デモ Inc."]
    app = pyotp.parse_uri(address.reveal())
    assert isinstance(app, pyotp.TOTP)
    assert await alice.verify(authenticator, app.at(NOW))


async def test_fresh_secrets_differ(alice: Person) -> None:
    authenticator = totp(alice)
    fresh = {authenticator._safe.unseal(authenticator.enrol(alice.user, {}, NOW)) for _ in range(20)}
    assert len(fresh) == 20


async def test_a_row_copied_to_another_user_does_not_open(alice: Person, mallory: Person) -> None:
    """A row copied to another user does not open, and is answered like a wrong code."""
    authenticator = totp(alice)
    own = await mallory.enrol(authenticator, secret=SECRET)
    await alice.keep(dataclasses.replace(own, id="another-row", user_id=alice.user.id))
    assert not await alice.verify(authenticator, code(NOW))
    assert await mallory.verify(authenticator, code(NOW))


async def test_the_database_never_holds_the_secret_in_clear(alice: Person) -> None:
    """A stolen database without the master key gives no TOTP secret and no PIN."""
    authenticator = totp(alice)
    await alice.enrol(authenticator, secret=SECRET, pin="my-pin")
    async with alice.store.snapshot(TENANT) as tx:
        (row,) = await tx.credentials.list(alice.user.id)
    assert SECRET.encode() not in row.sealed
    assert base64.b32decode(SECRET) not in row.sealed
    assert b"my-pin" not in row.sealed

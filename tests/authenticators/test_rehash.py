"""Passwords whose hash is of yesterday: made anew when they come, on each of the two databases."""

from __future__ import annotations

import argon2

from idp.authenticators.password.hashing import OWASP
from tests.authenticators.person import NOW, Person
from tests.authenticators.test_password import PASSWORD, password


async def test_a_hash_by_older_parameters_is_renewed_when_its_password_comes(alice: Person) -> None:
    authenticator = password(alice)
    weak = argon2.PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash(PASSWORD)
    await alice.keep(authenticator._safe.seal(alice.user, weak.encode(), NOW))
    assert not await alice.verify(authenticator, "wrong")
    (credential,) = await alice.held(authenticator)
    assert authenticator._safe.unseal(credential).decode() == weak
    assert await alice.verify(authenticator, PASSWORD, NOW + 7)
    (credential,) = await alice.held(authenticator)
    renewed = authenticator._safe.unseal(credential).decode()
    assert argon2.extract_parameters(renewed) == OWASP
    assert (credential.changed_at, credential.last_used_at) == (NOW + 7, NOW + 7)
    assert await alice.verify(authenticator, PASSWORD, NOW + 8)
    (credential,) = await alice.held(authenticator)
    assert credential.changed_at == NOW + 7, "a hash by the present parameters stays"


async def test_one_that_must_be_changed_stays_so(alice: Person) -> None:
    """THREAT_MODEL.md 30: and the mark lies sealed, so that nobody who writes rows takes it away."""
    authenticator = password(alice)
    weak = argon2.PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash(PASSWORD)
    given = authenticator.initial(authenticator._safe.seal(alice.user, weak.encode(), NOW))
    assert weak.encode() not in given.sealed
    await alice.keep(given)
    assert await alice.verify(authenticator, PASSWORD, NOW + 7)
    (credential,) = await alice.held(authenticator)
    assert credential.changed_at == NOW + 7
    assert authenticator.due(credential, NOW + 7) == "initial"

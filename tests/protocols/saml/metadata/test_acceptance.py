"""What comes into force by itself, and what waits until an administrator agrees.

THREAT_MODEL.md 6: Imported metadata never weakens a setting silently; removal of a signing certificate is shown
and needs consent.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from protocols.saml.metadata.acceptance import RETRY_SECONDS, Outcome, agree, fail, in_force, take
from protocols.saml.metadata.difference import describe, fingerprint
from protocols.saml.metadata.reading import Entity, read
from protocols.saml.xml import Unreadable
from storage.service_metadata import PublishedMetadata
from tests.protocols.saml.metadata.samples import DAY, NOW, SP, acs, descriptor, entity, key, slo

EMPTY = PublishedMetadata("wiki", "https://wiki.example.com/metadata", due_at=0)
HOUR = 3600
KEYS = (descriptor("signing", "one"), descriptor("encryption", "two"))


def found(document: str, **life: int) -> Entity:
    (entity,) = read(document.encode()).values()
    return replace(entity, **life)  # type: ignore[arg-type]


def after(document: str, before: PublishedMetadata | None = None, now: int = NOW + 1) -> Outcome:
    """What becomes of metadata where `entity()` is in force."""
    return take(before or take(EMPTY, found(entity()), NOW, HOUR).metadata, found(document), now, HOUR)


def test_the_first_metadata_are_in_force_at_once() -> None:
    """The administrator has just named their address."""
    outcome = take(EMPTY, found(entity()), NOW, HOUR)
    assert (outcome.result, outcome.changes) == ("accepted", ())
    kept = outcome.metadata
    assert (kept.entity_id, kept.accepted_at, kept.fetched_at, kept.failure) == (SP, NOW, NOW, "")
    assert in_force(kept).signing_certificates == (key("one").certificate,)
    assert kept.due_at and NOW + 0.9 * HOUR <= kept.due_at <= NOW + 1.1 * HOUR


@pytest.mark.parametrize(
    ("document", "line"),
    [
        (entity(entity_id="https://evil.example.com/sp"), "~ entityID"),
        (entity(signed=False), "~ AuthnRequestsSigned true becomes false"),
        (entity(wants=False), "~ WantAssertionsSigned true becomes false"),
        (entity(KEYS[1], acs()), f"- signing certificate {fingerprint(key('one').certificate)}"),
        (entity(KEYS[0], acs()), f"- encryption certificate {fingerprint(key('two').certificate)}"),
        (entity(descriptor("signing", "new"), KEYS[1], acs()), "- signing certificate"),
        (entity(*KEYS, acs("https://evil.example.com/acs")), "+ AssertionConsumerService"),
        (entity(*KEYS, acs(), acs("https://wiki.example.com:8443/acs", 1)), "+ AssertionConsumerService"),
        (entity(*KEYS, acs(), slo("https://evil.example.com/slo")), "+ SingleLogoutService"),
        (
            entity(*KEYS, acs(), slo(more=' ResponseLocation="https://evil.example.com/"')),
            "+ SingleLogoutService",
        ),
    ],
)  # fmt: skip
def test_what_weakens_waits(document: str, line: str) -> None:
    """The old stays in force, whatever else is new beside it."""
    outcome = after(document)
    assert outcome.result == "waiting"
    assert any(str(each).startswith(line) and each.weakens for each in outcome.changes), outcome.changes
    assert in_force(outcome.metadata) == in_force(take(EMPTY, found(entity()), NOW, HOUR).metadata)
    again = after(document, outcome.metadata, NOW + 2)
    assert (again.result, again.metadata.pending_at) == ("unchanged", NOW + 1)  # told once
    agreed = agree(again.metadata, NOW + 3)
    assert (agreed.result, agreed.metadata.accepted_at, agreed.metadata.pending) == ("accepted", NOW + 3, b"")
    assert agreed.metadata.digest == found(document).digest


@pytest.mark.parametrize(
    ("document", "line"),
    [
        (entity(*KEYS, descriptor("signing", "new"), acs()), "+ signing certificate"),
        (entity(*KEYS, acs("https://wiki.example.com/other")), "- AssertionConsumerService"),
        (entity(*KEYS, acs(), slo()), "+ SingleLogoutService"),
        (entity(*KEYS, "<md:NameIDFormat>urn:f</md:NameIDFormat>", acs()), "+ NameIDFormat urn:f"),
    ],
)
def test_what_does_not_weaken_is_in_force_at_once_and_shown(document: str, line: str) -> None:
    outcome = after(document)
    assert outcome.result == "accepted"
    assert [str(each) for each in outcome.changes if str(each).startswith(line)]
    assert outcome.metadata.accepted_at == NOW + 1


def test_a_requirement_that_is_added_needs_nobody() -> None:
    weak = take(EMPTY, found(entity(signed=False)), NOW, HOUR).metadata
    assert [str(each) for each in after(entity(), weak).changes] == [
        "~ AuthnRequestsSigned false becomes true"
    ]


def test_what_is_signed_anew_each_day_is_no_change() -> None:
    signed = found(entity(more='validUntil="2027-02-01T00:00:00Z" ID="_2"'))
    outcome = take(take(EMPTY, found(entity()), NOW, HOUR).metadata, signed, NOW + 1, HOUR)
    assert (outcome.result, outcome.metadata.accepted_at) == ("unchanged", NOW)
    assert outcome.metadata.valid_until == 1_801_440_000
    assert outcome.metadata.digest == signed.digest


def test_what_was_taken_back_waits_no_longer() -> None:
    outcome = after(entity(), after(entity(signed=False)).metadata)
    assert (outcome.result, outcome.metadata.pending, outcome.metadata.pending_digest) == (
        "unchanged",
        b"",
        "",
    )


def test_a_failure_leaves_in_force_what_is() -> None:
    before = take(EMPTY, found(entity()), NOW, HOUR).metadata
    kept = fail(before, "it answered 500", NOW + 1).metadata
    assert (kept.digest, kept.failure, kept.fetched_at) == (before.digest, "it answered 500", NOW)
    assert kept.due_at and kept.due_at <= NOW + 1 + 1.1 * RETRY_SECONDS


def test_expired_metadata_are_not_taken() -> None:
    with pytest.raises(Unreadable, match="expired"):
        take(EMPTY, found(entity(), valid_until=NOW), NOW, HOUR)


@pytest.mark.parametrize(
    ("life", "more", "least", "most"),
    [
        ({"cache_seconds": 1200}, "", 1080, 1320),
        ({}, 'cacheDuration="PT1S"', 270, 330),
        ({}, 'cacheDuration="P9D"', 3240, 3960),
    ],
)
def test_they_are_asked_for_as_often_as_they_wish_within_reason(
    life: dict[str, int], more: str, least: int, most: int
) -> None:
    due = take(EMPTY, found(entity(more=more), **life), NOW, HOUR).metadata.due_at
    assert due and least <= due - NOW <= most


def test_the_end_that_matters_is_the_first_of_the_last() -> None:
    """During a roll-over the old certificate may end; the last one that a use has may not."""
    rolling = (descriptor("signing", "one"), descriptor("signing", "young", NOW + DAY))
    kept = take(EMPTY, found(entity(*rolling, acs())), NOW, HOUR).metadata
    assert (kept.ends_at, kept.ending) == (NOW + 3651 * DAY, "signing certificate")
    kept = take(EMPTY, found(entity(), valid_until=NOW + DAY), NOW, HOUR).metadata
    assert (kept.ends_at, kept.ending, kept.valid_until) == (NOW + DAY, "validity", NOW + DAY)
    assert take(EMPTY, found(entity(acs())), NOW, HOUR).metadata.ends_at is None


def test_one_state_reads_as_its_changes_do() -> None:
    lines = describe(in_force(take(EMPTY, found(entity()), NOW, HOUR).metadata))
    assert lines[0] == f"entityID {SP}"
    assert "AuthnRequestsSigned true" in lines
    assert any(
        line.startswith("AssertionConsumerService 0 HTTP-POST https://wiki.example.com/acs") for line in lines
    )

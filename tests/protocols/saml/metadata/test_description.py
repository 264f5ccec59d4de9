"""What an EntityDescriptor says, and what of it is used."""

from __future__ import annotations

import pytest

from protocols.saml.metadata.description import describe, is_safe
from protocols.saml.metadata.times import moment, span
from protocols.saml.names import POST, REDIRECT
from protocols.saml.service_provider import Endpoint, IndexedEndpoint, RequestedAttribute
from protocols.saml.xml import Unreadable
from tests.protocols.saml.metadata.samples import ACS, SP, acs, descriptor, entity, key, slo


def test_everything_that_the_door_needs_is_found() -> None:
    requested = (
        '<md:AttributeConsumingService index="1"><md:RequestedAttribute Name="x"/></md:AttributeConsumingService>'
        '<md:AttributeConsumingService index="2" isDefault="true"><md:RequestedAttribute Name="mail" FriendlyName="m"'
        ' isRequired="true"/><md:RequestedAttribute Name="uid" NameFormat="urn:x"/></md:AttributeConsumingService>'
    )
    resolution = (
        f'<md:ArtifactResolutionService Binding="{POST}" Location="https://a.example.com/" index="3"/>'
    )
    content = (
        descriptor("signing", "one"), descriptor("", "both"), descriptor("encryption", "two"), resolution,
        slo(more=' ResponseLocation="https://wiki.example.com/done"'),
        "<md:NameIDFormat> urn:f<!-- x -->ormat </md:NameIDFormat>", acs(), acs("https://b/", 7, ' isDefault="true"'),
        requested,
    )  # fmt: skip
    found = describe(entity(*content, wants=False, more='cacheDuration="PT1H"').encode(), 1_900_000_000)
    sp = found.provider
    assert (sp.entity_id, sp.authn_requests_signed, sp.want_assertions_signed) == (SP, True, False)
    assert sp.assertion_consumer_services == (
        IndexedEndpoint(POST, ACS, 0),
        IndexedEndpoint(POST, "https://b/", 7, True),
    )
    assert sp.single_logout_services == (
        Endpoint(REDIRECT, "https://wiki.example.com/slo", "https://wiki.example.com/done"),
    )
    assert [each.index for each in sp.artifact_resolution_services] == [3]
    assert sp.signing_certificates == (key("one").certificate, key("both").certificate)
    assert sp.encryption_certificates == (key("both").certificate, key("two").certificate)
    assert sp.name_id_formats == ("urn:format",)
    assert sp.requested_attributes == (
        RequestedAttribute("mail", friendly_name="m", is_required=True),
        RequestedAttribute("uid", "urn:x"),
    )
    assert (sp.valid_until, found.cache_seconds) == (1_900_000_000, 3600)


def test_a_namespace_may_be_declared_at_every_element_that_needs_it() -> None:
    """As the metadata of ADFS do, for each of the claims that it offers and asks for."""
    claim = '<auth:ClaimType xmlns:auth="http://docs.oasis-open.org/wsfed/authorization/200706" Uri="urn:x"/>'
    listed = f"<md:Extensions>{claim * 300}</md:Extensions><md:SPSSO"
    document = entity(acs()).replace("<md:SPSSO", listed, 1)
    assert describe(document.encode()).provider.entity_id == SP


def test_the_first_end_counts() -> None:
    document = entity(more='validUntil="2027-02-01T00:00:00Z"', role='validUntil="2027-01-31T09:00:00+09:00"')
    assert describe(document.encode(), 1_900_000_000).provider.valid_until == 1_801_353_600


@pytest.mark.parametrize(
    "location",
    [
        "http://wiki.example.com/", "javascript:alert(1)", "data:text/html,x", "https://user@wiki.example.com/",
        "https://wiki.example.com/#a", "https://wiki.example.com/ x", "https://[::1", "https:///x", "//wiki", "",
        "https://wiki.example.com\\@evil.example.com/", "https://wiki.example.com:99999/",
    ],
)  # fmt: skip
def test_answers_go_by_https_only(location: str) -> None:
    """THREAT_MODEL.md 9: ACS schemes https only (http on loopback)."""
    assert not is_safe(location)
    both = describe(entity(acs(location.replace("&", "&amp;")), acs(index=1)).encode()).provider
    assert both.assertion_consumer_services == (IndexedEndpoint(POST, ACS, 1),)
    with pytest.raises(Unreadable, match="no AssertionConsumerService"):
        describe(entity(acs(location)).encode())


def test_on_this_machine_plain_http_will_do() -> None:
    assert is_safe("http://localhost:9000/acs") and is_safe("http://127.0.0.1/acs")


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (entity(entity_id=""), "no EntityDescriptor with an entityID"),
        (entity(entity_id="https://" + "x" * 1024), "no EntityDescriptor with an entityID"),
        (entity().replace("SPSSODescriptor", "IDPSSODescriptor"), "no SPSSODescriptor"),
        (entity().replace("SAML:2.0:protocol", "SAML:1.1:protocol"), "no SPSSODescriptor"),
        (entity(acs(index=-1)), "no index"),
        (entity(acs(index=70000)), "no index"),
        (entity(acs().replace('index="0"', f'index="000000{"9" * 5000}"')), "no index"),
        (entity(descriptor("signing", "one").replace("MII", "%%%"), acs()), "not a certificate"),
        (entity(descriptor("signing", "one").replace("MII", "AAA"), acs()), "not a certificate"),
        (entity(more='validUntil="31.1.2027"'), "a time is not written"),
        ("<a>", "not well-formed"),
    ],
)
def test_what_cannot_be_used_is_told_in_words(document: str, words: str) -> None:
    with pytest.raises(Unreadable, match=words):
        describe(document.encode())


def test_times_and_spans() -> None:
    assert moment("2027-01-15T08:00:00Z") == moment(" 2027-01-15T17:00:00.5+09:00 ") == 1_800_000_000
    assert (span("P1DT12H"), span("PT90.5S"), span("P1Y")) == (129_600, 90, 31_536_000)
    for wrong in ("", "P", "PT", "1D", "P1.5D", "PT0S", "P" + "9" * 99 + "D"):
        with pytest.raises(Unreadable):
            span(wrong)


def test_what_was_described_is_not_described_again() -> None:
    """At the first start with a file it is read, and then taken over; thousands of services do so."""
    document = entity(acs()).encode()
    assert describe(document) is describe(bytes(bytearray(document)), None)
    assert describe(document, 1_900_000_000) is not describe(document)

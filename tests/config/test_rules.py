"""Rules in all their parts: read as they are written, and told where they lead nowhere or are hardly meant."""

from __future__ import annotations

from datetime import date
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest
from mmdb_writer import MMDBWriter
from netaddr import IPSet

from idp.config.load import load
from idp.countries import open_countries
from idp.policy import Deny, Require, Rules
from idp.policy.terms import Attribute, Proofs, Requests
from tests.config.folder import AUTHENTICATORS, SERVICE, TENANT, mistakes, warnings, write

POLICIES = "tenants/acme/policies.yaml"
PLACES = """\
networks: {office: [10.0.0.0/8, "2001:db8::/32"], lab: 10.9.0.0/16}
holidays: [2027-01-01, 2027-01-11]
attributes: {contractor: boolean, floor: number, department: text}
"""
WHOLE = """\
- name: whole
  when:
    services: wiki
    tags: [intranet]
    protocols: oidc
    groups: {any: [staff, partners], all: [vpn], none: leavers}
    attributes: {contractor: true, floor: [3, 4], department: {absent: true}}
    networks: {any: [office, 192.0.2.0/24], not: lab}
    hours: "Mon-Fri 07:00-22:00"
    holiday: false
    device: {known: true, models: 08987058CADC4B81B6E130DE50DCBE96}
    proofs: {given: totp, within_seconds: 600, strength: multi}
    exposures: 5
    requests: {per: user, over: 10, seconds: 60}
  then:
    require: [matrix, {any: [totp, [password, totp]]}]
    fresh_seconds: 300
    session_seconds: 1800
    consent: remembered
    claims: {role: editor, clubs: [go, chess], level: 3}
    why: {en: Because.}
- {name: leave, when: {groups: [staff]}, then: {allow: true, acr: "urn:example:one"}}
- {name: also, when: {groups: [vpn]}, then: allow}
- {name: rest, then: deny}
"""
TAGGED = SERVICE.replace("service: wiki", "service: wiki\ntags: [intranet]")


def folder(root: Path, rules: str, **changed: str) -> Path:
    files = {
        "tenants__acme__tenant": TENANT + PLACES,
        "tenants__acme__authenticators": AUTHENTICATORS + "password:\npasskey:\n",
        "tenants__acme__services__wiki": TAGGED,
        "tenants__acme__policies": rules,
    }
    return write(root, **(files | changed))


def rules_of(root: Path, rules: str, **changed: str) -> Rules:
    (acme,) = load(folder(root, rules, **changed)).tenants
    return acme.rules


def test_a_rule_with_all_its_parts(tmp_path: Path) -> None:
    whole, leave, also, rest = rules_of(tmp_path, WHOLE)
    assert (whole.services, whole.tags, whole.tagged) == ({"wiki"}, {"intranet"}, {"wiki"})
    assert (whole.groups, whole.all_groups, whole.no_groups) == ({"staff", "partners"}, {"vpn"}, {"leavers"})
    assert whole.attributes == (
        Attribute("contractor", frozenset({"true"})),
        Attribute("floor", frozenset({"3", "4"})),
        Attribute("department", frozenset()),
    )
    assert whole.networks == tuple(map(ip_network, ("10.0.0.0/8", "2001:db8::/32", "192.0.2.0/24")))
    assert whole.except_networks == (ip_network("10.9.0.0/16"),)
    assert (whole.holiday, whole.holidays) == (False, {date(2027, 1, 1), date(2027, 1, 11)})
    assert (whole.known_device, whole.models) == (True, {"08987058-cadc-4b81-b6e1-30de50dcbe96"})
    assert whole.proofs == Proofs(frozenset({"totp"}), 600, "multi")
    assert (whole.exposures, whole.requests) == (5, Requests("user", 10, 60))
    then = whole.then
    assert isinstance(then, Require)
    assert then.ways == (("matrix", "totp"), ("matrix", "password", "totp"))
    assert (then.fresh_seconds, then.session_seconds, then.consent) == (300, 1800, "remembered")
    assert then.claims == {"role": "editor", "clubs": ("go", "chess"), "level": 3}
    assert then.why == {"en": "Because."}
    assert leave.then == Require("leave", (), "urn:example:one")
    assert also.then == Require("also", ()) and rest.then == Deny("rest")
    assert "networks office, 192.0.2.0/24; networks not lab" in whole.why


def test_names_that_lead_nowhere_are_told_where_they_stand(tmp_path: Path) -> None:
    rules = """\
- name: a
  when: {tags: [intranett], networks: [offfice], proofs: {given: [totpp]}, attributes: {floors: 3, floor: three}}
  then: {require: {any: [matrixx, [password, totpp]]}}
"""
    said = mistakes(folder(tmp_path, rules))
    assert said == [
        f"{POLICIES}:2:17: no service has the tag intranett, did you mean intranet?",
        f"{POLICIES}:2:40: no network is called offfice, did you mean office?",
        f"{POLICIES}:2:67: no authenticator is called totpp, did you mean totp?",
        f"{POLICIES}:2:97: there is no attribute floors, did you mean floor?",
        f"{POLICIES}:2:107: floor must be a whole number",
        f"{POLICIES}:3:26: no authenticator is called matrixx, did you mean matrix?",
        f"{POLICIES}:3:46: no authenticator is called totpp, did you mean totp?",
    ]


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("when: {countries: [JP]}, then: deny", "countries need country_database in idp.yaml"),
        ("when: {countries: [Japan]}, then: deny", "in two capital letters, for example JP"),
        (
            "when: {device: {certificate: true}}, then: deny",
            "needs client_certificate_header, or tls.client_certificates, in idp.yaml",
        ),
        ("when: {device: {models: [x]}}, then: deny", "must be an AAGUID"),
        ("when: {groups: {any: []}}, then: deny", "names none, write some or take it away"),
        ("when: {proofs: {}}, then: deny", "say given, within_seconds or strength"),
        ("then: {require: {any: [matrix]}}", "must have at least 2 entries"),
        ("then: {require: [[matrix]]}", "must be text"),
        ("then: {require: [matrix, matrix]}", "matrix stands here twice"),
        ("then: {require: [matrix], claims: {sub: x}}", "is said by the server itself"),
        ("then: {allow: true, fresh_seconds: 60}", "is an unknown key"),
        ("then: perhaps", "must be deny, allow, {require: [matrix]} or {deny: {en: words}}"),
    ],
)
def test_what_cannot_be_is_a_mistake(tmp_path: Path, rule: str, said: str) -> None:
    found = mistakes(folder(tmp_path, f"- {{name: a, {rule}}}\n"))
    assert any(said in each for each in found), found
    assert all(each.startswith(POLICIES) for each in found)


def test_too_many_ways_are_a_mistake(tmp_path: Path) -> None:
    either = "{any: [matrix, totp, password]}"
    (said,) = mistakes(
        folder(tmp_path, f"- {{name: a, then: {{require: [{either}, {either}, {either}]}}}}\n")
    )
    assert said.endswith("has 27 ways, a person can choose from at most 16")


def test_rules_that_are_never_reached_or_used_are_warned_about(tmp_path: Path) -> None:
    rules = """\
- {name: office, when: {networks: [office]}, then: {require: [matrix]}}
- {name: lab, when: {networks: [lab], groups: [staff]}, then: deny}
- {name: by saml, when: {services: [wiki], protocols: [saml]}, then: deny}
- {name: odd, when: {services: [portal]}, then: {require: [matrix], consent: required, reply: {Class: x}}}
- {name: rest, then: deny}
- {name: late, when: {groups: [staff]}, then: {require: [matrix]}}
"""
    assert warnings(folder(tmp_path, rules)) == [
        f"{POLICIES}:2:3: rule lab is never reached, rule office matches wherever it would",
        f"{POLICIES}:3:3: rule by saml is used by no service: none has this name, tag and door",
        f"{POLICIES}:4:78: consent is asked for by OpenID Connect only, which no service here uses",
        f"{POLICIES}:4:95: reply is told by RADIUS only, which no service here uses",
        f"{POLICIES}:6:3: rule late is never reached, one before it matches everyone",
    ]


def test_what_a_nas_cannot_ask_for_or_be_told_is_told(tmp_path: Path) -> None:
    nas = """\
service: vpn
display_name: {en: VPN}
radius: {networks: [192.0.2.1/32], secret: {env: PATH}, challenge: false}
"""
    rules = """\
- {name: key, when: {services: [vpn], groups: [a]}, then: {require: passkey}}
- {name: either, when: {services: [vpn], groups: [b]}, then: {require: {any: [passkey, matrix]}}}
- {name: long, when: {services: [vpn], groups: [c]}, then: {require: [matrix, password, totp]}}
"""
    named = {"tenants__acme__services__vpn": nas, "idp": "doors: [oidc, radius]\n"}
    assert [each.partition(": ")[2] for each in warnings(folder(tmp_path, rules, **named))][:2] == [
        "rule key asks for passkey, which no NAS can ask for: logins by RADIUS will be refused",
        "rule long asks vpn for matrix, password, totp, more than its one field holds, and challenge is false: "
        "its logins will be refused",
    ]
    bad = "- {name: x, when: {services: [vpn]}, then: {require: [matrix], reply: {Filter-ID: a, Sesion-Timeout: 1}}}\n"
    (said,) = mistakes(folder(tmp_path, bad, **named))
    assert said.startswith(f"{POLICIES}:1:") and "no attribute is called Sesion-Timeout" in said


def test_holidays_come_from_a_file_as_the_cabinet_office_writes_it(tmp_path: Path) -> None:
    (tmp_path / "days.csv").write_bytes(
        "国民の祝日・休日月日,名称\r\n2027/1/1,元日\r\n2027/11/3,文化の日\r\n".encode("cp932")
    )
    tenant = TENANT + "holidays: {file: days.csv}\n"
    changed = {"tenants__acme__tenant": tenant}
    (rule,) = rules_of(tmp_path, "- {name: a, when: {holiday: true}, then: deny}\n", **changed)
    assert rule.holidays == {date(2027, 1, 1), date(2027, 11, 3)}
    (tmp_path / "days.csv").write_text("2027-01-01 New Year\n2027-13-01 never\n")
    (said,) = mistakes(folder(tmp_path, "- {name: a, then: deny}\n", **changed))
    assert said.endswith("days.csv:2: must be a day such as 2027-01-01")


def test_countries_come_from_a_database_in_maxminds_format(tmp_path: Path) -> None:
    writer = MMDBWriter(6, "Test-Country", ipv4_compatible=True)
    writer.insert_network(IPSet(["192.0.2.0/24"]), {"country": {"iso_code": "JP"}})
    writer.insert_network(IPSet(["198.51.100.0/24", "2001:db8::/32"]), {"country_code": "us"})
    writer.to_db_file(str(tmp_path / "country.mmdb"))
    country_of = open_countries(tmp_path / "country.mmdb")
    found = {
        text: country_of(ip_address(text)) for text in ("192.0.2.7", "2001:db8::7", "203.0.113.1", "0.0.0.0")
    }
    assert found == {"192.0.2.7": "JP", "2001:db8::7": "US", "203.0.113.1": "", "0.0.0.0": ""}
    rule = "- {name: a, when: {countries: {not: JP}}, then: deny}\n"
    (read,) = rules_of(tmp_path, rule, idp="country_database: country.mmdb\n")
    assert read.except_countries == {"JP"}
    (tmp_path / "country.mmdb").write_text("no database")
    (said,) = mistakes(tmp_path)
    assert said.startswith("idp.yaml:1:19: country_database: ") and said.endswith(
        "is no database in MaxMind's format"
    )


def test_the_name_of_a_rule_steers_no_terminal(tmp_path: Path) -> None:
    """Whoever reviews a plan sees all of it, whatever the administrator of one tenant called his rules."""
    folder = write(
        tmp_path,
        tenants__acme__policies='- {name: "staff\\e[1A\\e[2K", when: {groups: [staff]}, then: deny}\n',
    )
    (said,) = mistakes(folder)
    assert said.startswith(f"{POLICIES}:1:") and "must be characters that can be seen" in said

"""How each part stands, from what was found out: which words mean what, and what takes a node out of service."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from idp.config.server import ServerSettings
from idp.config.tenant import TenantSettings
from idp.monitoring.filed import Certified, Filed, of_node, of_tenant
from idp.monitoring.parts import ENDING_SECONDS, STUCK_SECONDS, UNLINKED_SECONDS, Parts, judge
from idp.monitoring.survey import Standing, Stream
from storage.deliveries import Undelivered
from storage.mails import Backlog
from tests.certificates import issue

NOW = 1_800_000_000
LIVE: dict[str, Any] = {"doors": {"radius": "ok"}, "directories": {}, "died": [], "notices": {}}
WELL: dict[str, Any] = {
    "tenant": "acme",
    "sessions": 0,
    "mails": Backlog(0, None, 0),
    "deliveries": Undelivered(0, None),
    "linked": 9,
    "unlinked": 0,
    "unlinked_since": 0,
    "streams": {"siem": Stream(0, 0)},
    "keys": (),
    "certificates": (Certified("signing", NOW + ENDING_SECONDS + 1),),
}
SOON, GONE = Certified("signing", NOW + 86400 * 3), Certified("authority", NOW)


def found(live: dict[str, Any] | None = None, workers: int = 1, **standing: Any) -> Parts:
    lives = [LIVE | (live or {})]
    return judge(("oidc", "radius"), workers, lives, [Standing(**(WELL | standing))], NOW)


def test_a_node_that_is_well() -> None:
    parts = found()
    assert set(parts.states.values()) == {"ok"} and parts.reasons == {}
    assert {
        "storage",
        "keys",
        "door oidc",
        "door radius",
        "mail",
        "audit",
        "background",
    } <= parts.states.keys()


@pytest.mark.parametrize(
    ("part", "state", "words", "standing"),
    [
        ("mail", "degraded", "3 mails could not be sent", {"mails": Backlog(3, None, 0)}),
        ("mail", "degraded", "has waited", {"mails": Backlog(0, NOW - STUCK_SECONDS - 1, 1)}),
        ("logout", "degraded", "sign-out", {"deliveries": Undelivered(1, NOW - STUCK_SECONDS - 1)}),
        (
            "audit",
            "degraded",
            "5 records",
            {"unlinked": 5, "unlinked_since": NOW - UNLINKED_SECONDS - 1},
        ),
        ("streams", "degraded", "siem does not get through", {"streams": {"siem": Stream(7, 2)}}),
        ("certificates", "degraded", "ends in 3 days", {"certificates": (SOON,)}),
        ("certificates", "failed", "has ended", {"certificates": (SOON, GONE)}),
        ("keys", "failed", "do not open", {"unsealable": "signing keys"}),
    ],
)
def test_what_stands_in_the_database(part: str, state: str, words: str, standing: dict[str, Any]) -> None:
    parts = found(**standing)
    assert parts.states[part] == state
    assert any(words in reason and "acme" in reason for reason in parts.reasons[part])
    assert {name for name, each in parts.states.items() if each != "ok"} == {part}


@pytest.mark.parametrize(
    "standing",
    [
        {"mails": Backlog(0, NOW - STUCK_SECONDS, 1)},
        {"deliveries": Undelivered(9, NOW - STUCK_SECONDS)},
        {"unlinked": 9, "unlinked_since": NOW - UNLINKED_SECONDS},
    ],
)
def test_a_queue_that_moves_is_no_fault(standing: dict[str, Any]) -> None:
    assert set(found(**standing).states.values()) == {"ok"}


@pytest.mark.parametrize(
    ("part", "state", "live"),
    [
        ("door radius", "degraded", {"doors": {"radius": "degraded"}}),
        ("directories", "failed", {"directories": {"acme/corp": "failed"}}),
        ("background", "failed", {"died": ["idp.sweeping._sweep"]}),
        ("configuration", "degraded", {"notices": {"revision": ["revision 2 cannot be used here"]}}),
        (
            "clock",
            "degraded",
            {"notices": {"clock": ["the clock of this node is 9 s behind the database's"]}},
        ),
        (
            "clock",
            "failed",
            {"notices": {"clock/outvoted": ["most nodes' clocks agree, not with this one's"]}},
        ),
        ("audit", "failed", {"notices": {"chain/acme": ["acme: the audit log was tampered with"]}}),
    ],
)
def test_what_a_process_says_of_itself(part: str, state: str, live: dict[str, Any]) -> None:
    parts = found(live)
    assert (parts.states[part], bool(parts.reasons[part])) == (state, True)


def test_certificates_in_files_end_too() -> None:
    early, late, gone = NOW + 3 * 86400, NOW + 90 * 86400, NOW - 86400
    for ends, state in (((early, late), "degraded"), ((gone, late), "ok"), ((gone,), "failed")):
        own = Filed("tls", ends).certified(NOW)
        parts = judge((), 1, [LIVE], None, NOW, [own])
        assert parts.states["certificates"] == state
        assert state == "ok" or "the tls certificate" in parts.reasons["certificates"][0]


def test_what_lies_in_files_is_found_and_of_a_chain_the_first_to_end_counts(tmp_path: Path) -> None:
    """What cannot be read is somebody else's to tell of."""
    early, late = issue("CN=early", days=(-9, -1)), issue("CN=late", is_authority=True, days=(-1, 90))
    (tmp_path / "chain.pem").write_bytes(late.pem + early.key_pem + early.pem)
    (tmp_path / "ca.pem").write_bytes(late.pem + early.pem)
    (tmp_path / "none.pem").write_bytes(early.key_pem)
    ends = [int(each.certificate.not_valid_after_utc.timestamp()) for each in (early, late)]
    settings = ServerSettings.model_validate(
        {
            "tls": {"certificate": "chain.pem", "key": "x"},
            "radsec": {"certificate": "none.pem", "key": "x", "authorities": "ca.pem"},
        }
    )
    own, trusted = of_node(settings, tmp_path)
    assert (own.purpose, own.ends) == ("tls", (ends[0],))
    assert (trusted.purpose, sorted(trusted.ends)) == ("radsec authorities", ends)
    corp = {"servers": ["ldaps://a"], "bind_dn": "{user}", "ca_file": str(tmp_path / "ca.pem")}
    siem = {"syslog": {"host": "siem.example.com", "ca_file": str(tmp_path / "ca.pem")}}
    tenant = TenantSettings.model_validate(
        {
            "tenant": "acme",
            "base_url": "https://acme.example.com",
            "display_name": {"en": "Acme"},
            "domains": {"corp": {"ldap": corp}},
            "audit": {"streams": {"siem": siem}},
        }
    )
    assert [each.purpose for each in of_tenant(tenant)] == ["ldap corp", "stream siem"]
    (tmp_path / "ca.pem").unlink()
    assert of_tenant(tenant) == []


def test_the_worst_of_all_workers_counts() -> None:
    lives = [LIVE, LIVE | {"doors": {"radius": "failed"}}, LIVE | {"doors": {"radius": "degraded"}}]
    assert judge(("radius",), 3, lives, [], NOW).states["door radius"] == "failed"


def test_missing_workers_and_a_database_that_does_not_answer() -> None:
    assert found(workers=2).reasons["workers"] == ["1 of 2 serve"]
    assert judge((), 1, [LIVE], None, NOW).states["storage"] == "failed"

"""Rules and attempts of every shape, for properties that hold for all of them."""

from __future__ import annotations

from datetime import date
from ipaddress import ip_address, ip_network
from typing import Any

from hypothesis import strategies as st

from idp.policy import Attempt, Deny, Given, Require, Rule, Verdict
from idp.policy.terms import Attribute, Hours, Proofs, Requests
from storage.records import User

SERVICES, DOORS, GROUPS = ("wiki", "mail", "console"), ("oidc", "radius"), ("staff", "sales", "board")
COUNTRIES = ("JP", "US")
NETWORKS = tuple(map(ip_network, ("10.0.0.0/8", "10.1.0.0/16", "192.0.2.0/24", "2001:db8::/32", "0.0.0.0/0")))
ADDRESSES = tuple(
    map(ip_address, ("10.1.2.3", "10.9.9.9", "192.0.2.7", "198.51.100.1", "2001:db8::1", "0.0.0.0"))
)
MODEL = "08987058-cadc-4b81-b6e1-30de50dcbe96"
HOLIDAYS = frozenset((date(2026, 11, 23),))
START, END = 1_795_000_000, 1_797_000_000  # three weeks of November and December 2026
WINDOWS = (Requests("user", 2, 60), Requests("user", 4, 60), Requests("address", 3, 60))


def some(values: tuple[Any, ...]) -> st.SearchStrategy[frozenset[Any]]:
    return st.frozensets(st.sampled_from(values), max_size=2)


def tuples(values: tuple[Any, ...]) -> st.SearchStrategy[tuple[Any, ...]]:
    return some(values).map(lambda found: tuple(sorted(found, key=str)))


hours = st.builds(
    Hours,
    st.frozensets(st.integers(0, 6), min_size=1),
    st.sampled_from((0, 420, 1320)),
    st.sampled_from((60, 480, 1440)),
)
ways = st.sampled_from(((), ("matrix",), ("totp",), ("matrix", "totp")))
verdicts = st.one_of(st.just(Deny("no")), st.builds(lambda way: Require("yes", way), ways))
attributes = st.builds(Attribute, st.sampled_from(("floor", "contractor")), some(("3", "4", "true")))
proofs = st.builds(
    Proofs,
    some(("matrix", "totp")),
    st.sampled_from((None, 60, 600)),
    st.sampled_from(("single", "multi")),
)
maybe = st.sampled_from((True, False))
conditions: dict[str, st.SearchStrategy[Any]] = {
    "services": some(SERVICES),
    "protocols": some(DOORS),
    "groups": some(GROUPS),
    "all_groups": some(GROUPS),
    "no_groups": some(GROUPS),
    "networks": tuples(NETWORKS),
    "except_networks": tuples(NETWORKS),
    "hours": st.lists(hours, max_size=2).map(tuple),
    "attributes": attributes.map(lambda one: (one,)),
    "countries": some(COUNTRIES),
    "except_countries": some(COUNTRIES),
    "holiday": maybe,
    "known_device": maybe,
    "certificate": maybe,
    "models": st.just(frozenset((MODEL,))),
    "proofs": proofs,
    "exposures": st.sampled_from((1, 5)),
    "requests": st.sampled_from(WINDOWS),
}


def built(then: Verdict, given: list[tuple[str, Any]]) -> Rule:
    """Few conditions each: a rule that has all of them matches nothing."""
    return Rule("rule", then, **dict(given), holidays=HOLIDAYS)


condition = st.one_of(*(st.tuples(st.just(name), values) for name, values in conditions.items()))
any_rule = st.builds(built, verdicts, st.lists(condition, max_size=3))
attempts = st.builds(
    Attempt,
    protocol=st.sampled_from(DOORS),
    service=st.sampled_from(SERVICES),
    address=st.sampled_from(ADDRESSES),
    at=st.integers(START, END),
    user=st.one_of(st.none(), some(GROUPS).map(lambda groups: User("1", "alice", 0, groups=groups))),
    proofs=st.lists(
        st.sampled_from(
            (
                Given("matrix", 5, "knowledge"),
                Given("totp", 90, "possession"),
                Given("passkey", 0, "multiple", MODEL),
            )
        ),
        max_size=2,
        unique=True,
    ).map(tuple),
    attributes=st.sampled_from(({}, {"floor": 3}, {"contractor": True, "floor": 4})),
    country=st.sampled_from(("", "JP", "US")),
    known=st.booleans(),
    certificate=st.booleans(),
    exposures=st.integers(0, 6),
    requests=st.sampled_from(({}, {"user 60": 3}, {"user 60": 5, "address 60": 4})),
    session=st.booleans(),
)

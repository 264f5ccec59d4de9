"""Decisions a second on one core, by two hundred rules.

python -m tests.bench.decisions [--seconds 2] [--rules 200]

The rules are what a large tenant might have: most for one service and some groups, a few for networks, hours and
proofs everywhere. Attempts are made beforehand and differ in user, service, address and time. The second line is the
worst that can be: as many rules that all are for everyone everywhere, and none matches. What an RSA-2048 signature
costs on this machine at this moment is printed too, for comparison with the figures of another.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from ipaddress import ip_address, ip_network
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from idp.policy import Attempt, Deny, Given, Require, Rule, Rules, decide
from idp.policy.explain import explain
from idp.policy.facts import from_facts, to_facts
from idp.policy.hours import parse_hours
from idp.policy.terms import Attribute, Proofs
from storage.records import User

SERVICES = [f"service{number}" for number in range(40)]
GROUPS = [f"group{number}" for number in range(60)]
OFFICE = (ip_network("10.0.0.0/8"), ip_network("192.168.0.0/16"), ip_network("2001:db8::/32"))
NOW = 1_800_000_000
ATTEMPTS = 5000
REST_MS = 0.29  # of a signature, where the aim was set


def rule(number: int, chance: random.Random) -> Rule:
    """One of many: each fifth has a condition on where, when, what is known or what was proven."""
    name = f"rule{number}"
    then = Deny(name) if number % 10 == 9 else Require(name, ("matrix", "totp")[: 1 + number % 2])
    made = Rule(
        name,
        then,
        services=frozenset(chance.sample(SERVICES, 4)),
        groups=frozenset(chance.sample(GROUPS, 2)),
    )
    match number % 5:
        case 0:
            return replace(made, networks=OFFICE)
        case 1:
            return replace(made, hours=(parse_hours("Mon-Fri 07:00-22:00"),), groups=frozenset())
        case 2:
            return replace(made, services=frozenset(), except_networks=OFFICE)
        case 3:
            return replace(made, attributes=(Attribute("floor", frozenset(("3", "4"))),))
    return replace(made, proofs=Proofs(within_seconds=3600))


def attempt(chance: random.Random) -> Attempt:
    """Of somebody with six groups, half of them in the office."""
    user = User("1", "alice", 0, groups=frozenset(chance.sample(GROUPS, 6)))
    address = ip_address(chance.choice(("10.1.2.3", "198.51.100.7", "2001:db8::7", "203.0.113.9")))
    proofs = (Given("matrix", chance.randrange(7200), "knowledge"),) if chance.random() < 0.5 else ()
    at = NOW + chance.randrange(14 * 86400)
    about = {"floor": chance.randrange(9)}
    return Attempt("oidc", chance.choice(SERVICES), address, at, user, proofs, about)


def measured(what: str, seconds: float, count: int) -> None:
    print(f"{what:<42}{count / seconds:>12,.0f} a second{seconds / count * 1e6:>9.2f} µs each")


def run(title: str, work: Callable[[Any], object], attempts: Sequence[Any], seconds: float) -> float:
    """CPU seconds for each, over whole rounds of all attempts."""

    count, began = 0, time.process_time()
    while time.process_time() - began < seconds:
        for each in attempts:
            work(each)
        count += len(attempts)
    spent = time.process_time() - began
    measured(title, spent, count)
    return spent / count


def signature_ms() -> float:
    """What an RSA-2048 signature costs now."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    began = time.process_time()
    for _ in range(200):
        key.sign(b"decision", padding.PKCS1v15(), hashes.SHA256())
    return (time.process_time() - began) / 200 * 1000


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seconds", type=float, default=2.0)
    options.add_argument("--rules", type=int, default=200)
    given = options.parse_args()
    chance = random.Random(7)
    rules = Rules(rule(number, chance) for number in range(given.rules))
    attempts = [attempt(chance) for _ in range(ATTEMPTS)]
    facts = [to_facts(each) for each in attempts]
    cost = run(f"decide, {given.rules} rules", lambda one: decide(rules, one), attempts, given.seconds)
    nowhere = [(ip_network(f"172.16.{number}.0/24"),) for number in range(given.rules)]
    flat = Rules(Rule(f"flat{number}", Deny("no"), networks=each) for number, each in enumerate(nowhere))
    run("decide, none of them matches", lambda one: decide(flat, one), attempts[:500], given.seconds)
    run("explain", lambda one: explain(rules, one), attempts[:500], given.seconds / 2)
    run("to_facts", to_facts, attempts, given.seconds / 2)
    run("from_facts and decide", lambda one: decide(rules, from_facts(one)), facts, given.seconds / 2)
    signature = signature_ms()
    scaled = 1 / cost * signature / REST_MS
    print(f"signature {signature:.2f} ms; at {REST_MS} ms that is {scaled:,.0f} decisions a second")


if __name__ == "__main__":
    main()

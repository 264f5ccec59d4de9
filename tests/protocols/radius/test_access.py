"""Access-Requests at the running server: each method and chain, and what becomes of State."""

from __future__ import annotations

import pytest

from idp.policy.facts import from_facts
from tests.people import PASSWORD, PATTERN, answer, wrong_answer
from tests.protocols.radius.conftest import DIGITS, HOLDERS, TABLE, TOKENS, VPN, MakeNAS, Memory
from tests.protocols.radius.nas import ACCEPT, CHALLENGE, NAS, REJECT

WRONG = "000000000"


def digits(challenge_table: list[list[str]]) -> str:
    return answer(PATTERN, challenge_table)


# Ways of asking, for what is the same under each: the answers hidden or hashed.
WAYS = [NAS.pap, NAS.chap]
each_way = pytest.mark.parametrize("way", WAYS, ids=["pap", "chap"])


@each_way
async def test_a_table_shown_on_a_page_is_answered_once(way: NAS.pap, nas: NAS, memory: Memory) -> None:
    await memory.show("alice")
    assert nas.ask(way(nas, "alice", DIGITS)).code == ACCEPT
    assert nas.ask(way(nas, "alice", DIGITS)).code == REJECT
    refused, *_ = await memory.events(event="login.refused")
    accepted, *_ = await memory.events(event="login.accepted")
    assert "was used" in refused.details["reason"]
    assert (accepted.service, accepted.details["method"]) == ("vpn", way.__name__)
    attempt = from_facts(accepted.details["attempt"])
    assert (attempt.protocol, attempt.service, attempt.groups) == ("radius", "vpn", {"staff"})
    assert accepted.details["why"]


async def test_only_the_newest_table_counts_and_a_wrong_answer_uses_it_up(nas: NAS, memory: Memory) -> None:
    await memory.show("alice")
    assert nas.ask(nas.pap("alice", WRONG)).code == REJECT
    assert nas.ask(nas.pap("alice", DIGITS)).code == REJECT
    await memory.show("alice", seconds=-1)
    assert nas.ask(nas.pap("alice", DIGITS)).code == REJECT
    await memory.show("ALICE".lower())
    assert nas.ask(nas.pap(" ALICE", DIGITS)).code == ACCEPT


@each_way
@pytest.mark.parametrize("word", ["", "matrix"], ids=["empty", "word"])
async def test_a_table_is_drawn_in_the_challenge(way: NAS.pap, word: str, nas: NAS) -> None:
    challenge = nas.ask(way(nas, "anna", word))
    assert challenge.code == CHALLENGE
    assert [len(row) for row in challenge.table] == [12] * 4
    assert max(map(len, challenge.text.splitlines())) <= 40, "fits the window of a VPN client"
    assert nas.ask(way(nas, "anna", digits(challenge.table), state=challenge.state)).code == ACCEPT


async def test_a_state_is_printable_and_leads_to_one_answer(nas: NAS) -> None:
    """THREAT_MODEL.md 27: State bound to user, NAS and one use; State alone authenticates nobody."""
    challenge = nas.ask(nas.pap("anna", ""))
    assert challenge.state.isascii()
    assert challenge.state.decode().isprintable()
    right, state = digits(challenge.table), challenge.state
    assert nas.ask(nas.request((1, b"anna"), (24, state))).code == REJECT, "State alone"
    assert nas.ask(nas.pap("alice", right, state=state)).code == REJECT, "another user"
    assert nas.ask(nas.pap("anna", right, state=state[:-4] + b"AAAA")).code == REJECT, "altered"
    assert nas.ask(nas.pap("anna", right, state=b"\0" * 253)).code == REJECT, "no State of ours"
    assert nas.ask(nas.pap("anna", right, state=state)).code == ACCEPT, "none of these used it up"
    assert nas.ask(nas.pap("anna", right, state=state)).code == REJECT, "a second time"


async def test_a_state_belongs_to_the_nas_that_got_it(nas: NAS, make_nas: MakeNAS) -> None:
    """THREAT_MODEL.md 27: State bound to user, NAS and one use."""
    challenge, other = nas.ask(nas.pap("anna", "")), make_nas("127.0.0.9")
    stolen = other.pap("anna", digits(challenge.table), state=challenge.state)
    assert other.ask(stolen).code == REJECT
    assert nas.ask(nas.pap("anna", digits(challenge.table), state=challenge.state)).code == ACCEPT


async def test_a_challenge_never_ends_as_an_accept_in_the_same_exchange(nas: NAS) -> None:
    """THREAT_MODEL.md 27: a challenge never ends as an accept in the same exchange."""
    packet = nas.pap("anna", "")
    challenge = nas.ask(packet)
    assert nas.ask(nas.pap("anna", digits(challenge.table), state=challenge.state)).code == ACCEPT
    assert nas.ask(packet).raw == challenge.raw, "what comes again gets what it got"


async def test_a_wrong_answer_to_a_challenge_ends_the_login(nas: NAS) -> None:
    challenge = nas.ask(nas.pap("anna", ""))
    wrong = wrong_answer(PATTERN, challenge.table)
    assert nas.ask(nas.pap("anna", wrong, state=challenge.state)).code == REJECT
    assert nas.ask(nas.pap("anna", digits(challenge.table), state=challenge.state)).code == REJECT


@each_way
async def test_a_code_is_taken_once(way: NAS.pap, nas: NAS, holder: str) -> None:
    code = HOLDERS[holder].code()
    assert nas.ask(way(nas, holder, WRONG)).code == REJECT
    assert nas.ask(way(nas, holder, code)).code == ACCEPT
    assert nas.ask(way(nas, holder, code)).code == REJECT


async def test_a_chain_of_proofs_is_a_chain_of_challenges(nas: NAS, memory: Memory) -> None:
    table = nas.ask(nas.pap("dora", ""))
    code = nas.ask(nas.pap("dora", digits(table.table), state=table.state))
    assert (code.code, code.table) == (CHALLENGE, [])
    assert code.state != table.state
    assert nas.ask(nas.pap("dora", TOKENS["dora"].code(), state=code.state)).code == ACCEPT
    await memory.show("dora")
    code = nas.ask(nas.pap("dora", DIGITS))
    assert nas.ask(nas.pap("dora", WRONG, state=code.state)).code == REJECT
    accepted = (await memory.events(event="login.accepted"))[0]
    assert accepted.details["amr"] == ["kba", "otp", "mfa"]


async def test_a_password_comes_by_pap_only(nas: NAS) -> None:
    code = nas.ask(nas.pap("bob", PASSWORD))
    assert code.code == CHALLENGE
    assert "code" in code.text
    assert nas.ask(nas.pap("bob", TOKENS["bob"].code(), state=code.state)).code == ACCEPT
    assert nas.ask(nas.chap("bob", PASSWORD)).code == REJECT


async def test_a_code_stands_behind_the_first_answer_where_nobody_can_be_asked(
    make_nas: MakeNAS, memory: Memory
) -> None:
    nas = make_nas("127.0.0.2")
    token = TOKENS["bob"]
    assert nas.ask(nas.pap("bob", "wrong horse battery" + token.code())).code == REJECT
    assert nas.ask(nas.pap("bob", PASSWORD + WRONG[:6])).code == REJECT
    assert nas.ask(nas.pap("bob", PASSWORD)).code == REJECT
    assert nas.ask(nas.pap("bob", "")).code == REJECT
    assert nas.ask(nas.pap("bob", PASSWORD + token.code())).code == ACCEPT
    await memory.show("dora")
    assert nas.ask(nas.pap("dora", DIGITS + TOKENS["dora"].code())).code == ACCEPT


@pytest.mark.parametrize(
    ("station", "told"), [(None, None), (b"00-11-22-33-44-55", "00-11-22-33-44-55"), (b"x\0\xff", "x\ufffd")],
    ids=["none", "card", "garbage"],
)  # fmt: skip
async def test_where_a_user_is_that_nobody_knows_the_log_has_the_nas(
    station: bytes | None, told: str | None, nas: NAS, memory: Memory
) -> None:
    """The rules still see an address that is in no network: what the NAS is near to says nothing of its user."""
    nas.ask(nas.pap("dora", WRONG, *([(31, station)] if station else [])))
    event, *_ = await memory.events(service="vpn")
    assert (event.address, event.details["nas"]) == ("nas 127.0.0.1", "127.0.0.1")
    assert event.details.get("station") == told


async def test_where_a_user_is_that_the_nas_knows_the_log_has_it(nas: NAS, memory: Memory) -> None:
    nas.ask(nas.pap("dora", WRONG, (31, b"192.0.2.7")))
    event, *_ = await memory.events(service="vpn")
    assert event.address == "192.0.2.7"
    assert "station" not in event.details


async def test_the_rules_see_where_the_station_is(nas: NAS) -> None:
    station = (31, b"10.1.2.3")
    assert nas.ask(nas.pap("dora", TOKENS["dora"].code(), station)).code == ACCEPT, "inside, a code will do"
    assert nas.ask(nas.pap("dora", TOKENS["dora"].code(), (31, b"192.0.2.7"))).code == REJECT
    assert nas.ask(nas.pap("dora", TOKENS["dora"].code(), (31, b"00-11-22-33-44-55"))).code == REJECT


async def test_a_denial_is_told_after_the_proofs_in_the_words_of_the_rule(
    make_nas: MakeNAS, holder: str
) -> None:
    nas = make_nas("127.0.0.9")
    wrong, right = (nas.ask(nas.pap(holder, typed)) for typed in (WRONG, HOLDERS[holder].code()))
    assert (wrong.code, wrong.text) == (REJECT, "")
    assert (right.code, right.text) == (REJECT, "窓口へ。")


async def test_what_only_a_browser_can_answer_is_refused_before_anything_is_asked(
    make_nas: MakeNAS, memory: Memory
) -> None:
    """A passkey: nobody is asked for his pattern either, no guess is counted, and the log says what to do."""
    nas = make_nas("127.0.2.3")
    for name in ("anna", "nobody"):
        before = await memory.failures(name, "matrix")
        for typed in ("", DIGITS):
            assert nas.ask(nas.pap(name, typed)).code == REJECT
        refused, *_ = await memory.events(event="login.refused")
        assert (refused.service, refused.details["username"]) == ("keys", name)
        assert "only a browser" in refused.details["reason"]
        assert await memory.failures(name, "matrix") == before


async def test_proxies_get_their_states_back(nas: NAS) -> None:
    proxies = [(33, b"one"), (33, b"\0two")]
    for packet in (nas.pap("anna", "", *proxies), nas.pap("anna", WRONG, *proxies)):
        assert nas.ask(packet).attributes[-2:] == tuple(proxies)


async def test_a_disabled_user_is_refused_at_the_next_packet(vpn: VPN, nas: NAS, memory: Memory) -> None:
    """THREAT_MODEL.md 24: Within 1 s of disabling a user … RADIUS … refuse."""
    challenge = nas.ask(nas.pap("off", ""))
    await memory.show("off")
    vpn.cli("user", "disable", "off", "--tenant", "demo")
    assert nas.ask(nas.pap("off", digits(challenge.table), state=challenge.state)).code == REJECT
    assert nas.ask(nas.pap("off", DIGITS)).code == REJECT


async def test_all_methods_spend_one_budget(nas: NAS, memory: Memory) -> None:
    """THREAT_MODEL.md 18: Every path that checks a secret (web, RADIUS, …) spends the same budget."""
    for number, way in enumerate((NAS.pap, NAS.chap, NAS.pap), 1):
        assert nas.ask(way(nas, "erin", WRONG)).code == REJECT
        assert await memory.failures("erin", "totp") == number
    for _ in range(17):
        assert nas.ask(nas.pap("erin", WRONG)).code == REJECT
    locked = nas.ask(nas.pap("erin", TOKENS["erin"].code()))
    assert (locked.code, len(locked.attributes)) == (REJECT, 1)
    assert (await memory.events(event="proof.locked"))[0].details["username"] == "erin"


async def test_an_initial_pattern_is_refused_until_it_was_changed_on_a_page(
    vpn: VPN, nas: NAS, memory: Memory
) -> None:
    """A NAS cannot ask for a new one: who knows the pattern is told no, and the log says why."""
    vpn.cli("user", "add", "nina", "--tenant", "demo", "--group", "staff")
    said = vpn.cli("credential", "issue", "nina", "matrix", "--tenant", "demo")
    cells = said.strip().splitlines()[-1]
    await memory.show("nina")
    assert nas.ask(nas.pap("nina", answer(cells, [list(row) for row in TABLE]))).code == REJECT
    denied, *_ = await memory.events(event="login.denied")
    assert (denied.details["reason"], denied.service) == ("initial pattern", "vpn")
    assert from_facts(denied.details["attempt"]).groups == {"staff"}
    vpn.cli("credential", "set", "nina", "matrix", "--tenant", "demo", "--pattern", PATTERN)
    await memory.show("nina")
    assert nas.ask(nas.pap("nina", DIGITS)).code == ACCEPT

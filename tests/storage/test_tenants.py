"""A tenant never sees another's anything."""

from __future__ import annotations

import importlib
import pkgutil

import pytest

import storage.sql
from storage import Storage
from storage.mails import Backlog
from storage.sql.audit import CONDITIONS
from tests.storage.examples import (
    ACCESS,
    AUDIT,
    CONSENT,
    CREDENTIAL,
    DATA_KEY,
    DELIVERY,
    DEVICE,
    EXCHANGED,
    GRANT,
    INITIAL_TOKEN,
    INTERACTION,
    LATER,
    MAIL,
    NOW,
    REFRESH,
    REGISTERED_CLIENT,
    RESET_LINK,
    SESSION,
    SIGNING_KEY,
    USER,
    WAITING,
    add_login,
)


async def fill(store: Storage, tenant: str) -> None:
    async with store.transaction(tenant) as tx:
        await add_login(tx)
        await tx.interactions.add(INTERACTION)
        await tx.budgets.spend("alice", 5, 60, NOW)
        await tx.signing_keys.add(SIGNING_KEY)
        await tx.data_keys.add(DATA_KEY)
        await tx.audit.add(AUDIT)
        await tx.deliveries.add(DELIVERY)
        await tx.mails.add(MAIL)
        await tx.reset_links.add(RESET_LINK)
        await tx.authorization_requests.add(WAITING)
        await tx.consents.replace(CONSENT)
        await tx.registered_clients.add(REGISTERED_CLIENT, 1)
        await tx.device_grants.add(DEVICE)
        await tx.exchanged_tokens.add(EXCHANGED)
        await tx.initial_tokens.add(INITIAL_TOKEN)


async def test_another_tenant_sees_nothing(store: Storage) -> None:
    await fill(store, "acme")
    for begin in (store.transaction, store.snapshot):
        async with begin("other") as tx:
            assert await tx.users.find("u1") is None
            assert await tx.users.find_by_name("alice") is None
            assert await tx.users.list() == []
            assert await tx.credentials.list("u1") == []
            assert await tx.credentials.list("u1", "totp") == []
            assert await tx.budgets.find("alice") is None
            assert await tx.interactions.find("i1", NOW) is None
            assert await tx.sessions.find(SESSION.id_hash, NOW) is None
            assert await tx.sessions.list("u1", NOW) == []
            assert await tx.sessions.find_by_sid("sid1", NOW) is None
            assert await tx.grants.find("g1") is None
            assert await tx.grants.list("sid1") == []
            assert await tx.grants.list_of("u1") == []
            assert await tx.deliveries.list() == []
            assert await tx.mails.list() == []
            assert await tx.mails.find("m1") is None
            assert await tx.mails.backlog() == Backlog(0, None, 0)
            assert await tx.deliveries.backlog() == (0, None)
            assert await tx.sessions.count(0) == 0
            assert await tx.reset_links.find(RESET_LINK.token_hash, NOW) is None
            assert await tx.users.list_by_email(USER.email or "") == []
            assert await tx.tokens.find(ACCESS.token_hash, "access", NOW) is None
            assert await tx.authorization_requests.find(WAITING.id_hash, NOW) is None
            assert await tx.consents.find("u1", "mail") is None
            assert await tx.consents.list("u1") == []
            assert await tx.device_grants.find(DEVICE.device_hash) is None
            assert await tx.device_grants.find_by_user_code(DEVICE.user_code_hash, NOW) is None
            assert await tx.exchanged_tokens.find(EXCHANGED.token_hash, NOW) is None
            assert await tx.signing_keys.list() == []
            assert await tx.data_keys.list() == []
            assert await tx.registered_clients.find("r1") is None
            assert await tx.registered_clients.list() == []
            assert await tx.initial_tokens.find(INITIAL_TOKEN.token_hash, NOW) is None
            assert await tx.initial_tokens.list(NOW) == []
            assert await tx.audit.list() == []
            assert await tx.audit.list(user_id="u1") == []
            assert await tx.audit.attempts(0, LATER) == []
            assert await tx.person_keys.find("u1") is None
            assert not await tx.audit_chain.is_waiting() and await tx.audit_chain.last() is None


async def test_another_tenant_changes_and_consumes_nothing(store: Storage) -> None:
    await fill(store, "acme")
    async with store.transaction("other") as tx:
        assert await tx.users.replace(USER) is False
        assert await tx.users.delete("u1") is False
        assert await tx.credentials.replace(CREDENTIAL) is False
        assert await tx.credentials.advance("c1", 99, 0, NOW) is False
        await tx.credentials.touch("c1", LATER)
        assert await tx.credentials.delete("u1", "totp") == 0
        await tx.budgets.refund("alice")
        assert await tx.budgets.delete("alice") is False
        assert await tx.interactions.consume("i1", INTERACTION.browser_hash, NOW) is None
        assert await tx.interactions.delete_of("u1") == 0
        await tx.users.lock("u1")
        await tx.sessions.touch(SESSION.id_hash, LATER)
        assert await tx.sessions.delete(SESSION.id_hash) is False
        assert await tx.sessions.delete_of("u1") == 0
        assert await tx.grants.consume_code(b"\x02" * 32, NOW) is None
        assert await tx.grants.revoke_code(b"\x02" * 32) is None
        assert await tx.grants.delete("g1") is False
        assert await tx.deliveries.claim(LATER, LATER) is None
        await tx.deliveries.postpone("d1", LATER, "changed")
        assert await tx.deliveries.delete("d1") is False
        assert await tx.mails.claim(LATER, LATER) is None
        await tx.mails.postpone("m1", LATER, "changed")
        await tx.mails.bury("m1", LATER, "changed")
        assert await tx.mails.revive("m1", LATER, LATER) is False
        assert await tx.mails.delete("m1") is False
        assert await tx.reset_links.consume(RESET_LINK.token_hash, NOW) is None
        assert await tx.reset_links.delete_of("u1") == 0
        assert await tx.grants.delete_of("u1") == 0
        assert await tx.grants.delete_of("u1", "mail") == 0
        assert await tx.authorization_requests.consume(WAITING.id_hash, NOW) is None
        assert await tx.consents.delete("u1", "mail") is False
        assert await tx.device_grants.poll(DEVICE.device_hash, NOW) is False
        assert await tx.device_grants.decide(DEVICE.user_code_hash, "denied", "", NOW) is False
        assert await tx.device_grants.consume(DEVICE.device_hash, NOW) is None
        assert await tx.exchanged_tokens.delete(EXCHANGED.token_hash) is False
        assert await tx.tokens.rotate(REFRESH.token_hash, NOW) is False
        assert await tx.tokens.delete(REFRESH.token_hash) is False
        assert await tx.signing_keys.move("k1", "active", NOW) is False
        assert await tx.signing_keys.delete("k1") is False
        assert await tx.registered_clients.replace(REGISTERED_CLIENT, REGISTERED_CLIENT.token_hash) is False
        assert await tx.registered_clients.delete("r1") is False
        assert await tx.initial_tokens.consume(INITIAL_TOKEN.token_hash, NOW) is False
        assert await tx.initial_tokens.delete("t1") is False
    assert await store.sweep("other", LATER * 2) == 0
    async with store.snapshot("acme") as tx:
        assert await tx.users.find("u1") == USER
        assert await tx.credentials.list("u1") == [CREDENTIAL]
        budget = await tx.budgets.find("alice")
        assert budget is not None and budget.failures == 1
        assert await tx.interactions.find("i1", NOW) == INTERACTION
        assert await tx.sessions.find(SESSION.id_hash, NOW) == SESSION
        assert await tx.tokens.find(REFRESH.token_hash, "refresh", NOW) == (REFRESH, GRANT)
        assert await tx.signing_keys.list() == [SIGNING_KEY]
        assert await tx.deliveries.list() == [DELIVERY]
        assert await tx.mails.list() == [MAIL]
        assert await tx.reset_links.find(RESET_LINK.token_hash, NOW) == RESET_LINK
        assert await tx.authorization_requests.find(WAITING.id_hash, NOW) == WAITING
        assert await tx.consents.find("u1", "mail") == CONSENT
        assert await tx.device_grants.find(DEVICE.device_hash) == DEVICE
        assert await tx.exchanged_tokens.find(EXCHANGED.token_hash, NOW) == (EXCHANGED, GRANT)
        assert await tx.registered_clients.find("r1") == REGISTERED_CLIENT
        assert await tx.initial_tokens.find(INITIAL_TOKEN.token_hash, NOW) == INITIAL_TOKEN


async def test_two_tenants_hold_the_same_names(store: Storage) -> None:
    for tenant in ("acme", "other"):
        await fill(store, tenant)
    async with store.transaction("acme") as tx:
        await tx.users.delete("u1")
    async with store.snapshot("other") as tx:
        assert await tx.tokens.find(ACCESS.token_hash, "access", NOW) == (ACCESS, GRANT)


def statements() -> list[str]:
    """Every constant of `storage.sql` that is a statement."""
    texts = []
    for info in pkgutil.iter_modules(storage.sql.__path__, "storage.sql."):
        module = importlib.import_module(info.name)
        constants = [value for name, value in vars(module).items() if name.isupper()]
        texts += [text for text in constants if isinstance(text, str) and " " in text and "tenant" in text]
        for expiry in getattr(module, "ALL", ()):
            texts += [expiry.slice, *expiry.statements]
    return texts


@pytest.mark.parametrize("text", statements(), ids=lambda text: " ".join(text.split()[:4]))
def test_a_statement_names_the_tenant_for_every_table_that_it_touches(text: str) -> None:
    tables = sum(text.count(word) for word in ("FROM ", "UPDATE ", "INTO ", "JOIN ")) - text.count("FROM (")
    bound = text.count("tenant = ") + text.count(":tenant, ") - text.count("DO UPDATE")
    assert bound >= tables - text.count("DO UPDATE") * 2


def test_every_statement_is_looked_at() -> None:
    assert len(statements()) > 50
    assert CONDITIONS.keys() == {"before", "user_id", "service", "event", "reference"}

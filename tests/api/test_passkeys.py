"""Passkeys of operators, and what attackers try."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from api.accounts.errors import (
    LastPasskey,
    NotSignedIn,
    PasskeyExists,
    PasskeyRefused,
    PasskeyRequired,
    ProofNeeded,
)
from api.accounts.operator_policy import OperatorPolicy
from api.accounts.operators import add_operator
from api.accounts.passkeys import Asked, remove_all
from api.accounts.service import Accounts
from api.accounts.sessions import Operator, SessionToken
from api.db import Database
from api.outside.sms_sandbox import SmsSandbox
from ca.audit.journal import Journal
from tests.api.authenticator import Authenticator, b64
from tests.api.people import Desk, code_of
from tests.api.running import Server
from tests.api.test_account_security import db
from tests.api.test_accounts import Clock, clock, sender, sms
from tests.api.test_roles import PASSWORD as ROLE_PASSWORD
from tests.api.test_roles import an_operator

__all__ = ["clock", "db", "sms"]

PASSWORD = "a-good-password"


@pytest.fixture
def accounts(db: Database, sms: SmsSandbox, clock: Clock) -> Accounts:
    for name in ("desk", "other"):
        add_operator(db, name, PASSWORD, clock())
    policy = OperatorPolicy("http://localhost:8000", passkey_required=True)
    return Accounts(db, sender(sms, clock), b"k" * 32, clock, Journal(db.engine, "main", clock), policy)


def by_password(accounts: Accounts, name: str = "desk") -> Operator:
    made = accounts.sign_in_operator(name, PASSWORD)
    assert isinstance(made, SessionToken)
    return accounts.operator(made.token)


def asked(accounts: Accounts, name: str = "desk") -> Asked:
    made = accounts.sign_in_operator(name, PASSWORD)
    assert isinstance(made, Asked)
    return made


def registered(accounts: Accounts, who: Operator, name: str = "key") -> Authenticator:
    key, begun = Authenticator(), accounts.passkeys.begin_adding(who)
    accounts.passkeys.add(who, begun.ticket, key.create(begun.options), name)
    return key


def by_passkey(accounts: Accounts, key: Authenticator, name: str = "desk") -> Operator:
    begun = asked(accounts, name)
    token = accounts.sign_in_with_passkey(begun.ticket, key.get(begun.options)).token
    return accounts.operator(token)


@pytest.fixture
def key(accounts: Accounts) -> Authenticator:
    return registered(accounts, by_password(accounts))


def test_password_then_passkey(accounts: Accounts, key: Authenticator) -> None:
    who = by_passkey(accounts, key)
    assert (who.name, who.has_second_factor) == ("desk", True)
    accounts.check_second_factor(who)
    assert accounts.passkeys.of(who.id)[0].last_used_at is not None


def test_a_password_alone_opens_nothing_but_the_way_to_a_passkey(accounts: Accounts) -> None:
    with pytest.raises(PasskeyRequired):
        accounts.check_second_factor(by_password(accounts))


def test_the_first_passkey_ends_sessions_without(accounts: Accounts) -> None:
    made = accounts.sign_in_operator("desk", PASSWORD)
    assert isinstance(made, SessionToken)
    registered(accounts, by_password(accounts))
    with pytest.raises(NotSignedIn):
        accounts.operator(made.token)


def refuse(accounts: Accounts, begun: Asked, credential: dict[str, Any]) -> None:
    with pytest.raises(PasskeyRefused):
        accounts.sign_in_with_passkey(begun.ticket, credential)


def test_an_answer_serves_once(accounts: Accounts, key: Authenticator) -> None:
    begun = asked(accounts)
    credential = key.get(begun.options)
    assert accounts.sign_in_with_passkey(begun.ticket, credential).token
    refuse(accounts, begun, credential)
    refuse(accounts, asked(accounts), credential)  # nor for another challenge


def test_a_wrong_answer_uses_the_challenge_up(accounts: Accounts, key: Authenticator) -> None:
    begun = asked(accounts)
    refuse(accounts, begun, {"id": key.id.hex()})
    refuse(accounts, begun, key.get(begun.options))


def test_a_challenge_is_short_lived(accounts: Accounts, key: Authenticator, clock: Clock) -> None:
    begun = asked(accounts)
    clock.forward(minutes=5)
    refuse(accounts, begun, key.get(begun.options))


@pytest.mark.parametrize(
    ("attribute", "value"),
    [("origin", "https://evil.example"), ("origin", "http://localhost:8001"), ("rp_id", "evil.example")],
)
def test_another_site_gets_nothing(
    accounts: Accounts, key: Authenticator, attribute: str, value: str
) -> None:
    setattr(key, attribute, value)
    begun = asked(accounts)
    refuse(accounts, begun, key.get(begun.options))


def test_another_challenge(accounts: Accounts, key: Authenticator) -> None:
    begun = asked(accounts)
    refuse(accounts, begun, key.get(begun.options, challenge=b64(b"another challenge of 32 bytes..!")))


def test_without_user_verification(accounts: Accounts, key: Authenticator) -> None:
    key.verifies = False
    begun = asked(accounts)
    refuse(accounts, begun, key.get(begun.options))


def test_another_operators_passkey(accounts: Accounts, key: Authenticator) -> None:
    other = registered(accounts, by_password(accounts, "other"))
    begun = asked(accounts)
    refuse(accounts, begun, other.get(begun.options))


def test_another_key_under_the_same_credential_id(accounts: Accounts, key: Authenticator) -> None:
    forged = Authenticator()
    forged.id, forged.counter = key.id, 100
    begun = asked(accounts)
    refuse(accounts, begun, forged.get(begun.options))


def test_a_counter_that_goes_back(accounts: Accounts, key: Authenticator, db: Database) -> None:
    for _ in range(3):
        by_passkey(accounts, key)
    key.counter = 1  # a copy that was made before
    begun = asked(accounts)
    refuse(accounts, begun, key.get(begun.options))
    with db.read() as tx:
        lines = [str(one) for one in tx.execute(text("SELECT line FROM ca_audit_entry")).scalars()]
    assert sum("passkey_refused" in one for one in lines) == 1
    assert sum("operator.passkey_added" in one for one in lines) == 1


@pytest.mark.parametrize(
    "credential",
    [
        {},
        {"id": 7},
        {"id": "", "rawId": "", "type": "public-key", "response": None},
        {"id": "AA", "rawId": "AA", "type": "public-key", "response": {"clientDataJSON": "!!"}},
    ],
)
def test_what_is_no_credential(accounts: Accounts, key: Authenticator, credential: dict[str, Any]) -> None:
    refuse(accounts, asked(accounts), credential | ({"id": b64(key.id)} if credential else {}))
    who = by_passkey(accounts, key)
    begun = accounts.passkeys.begin_adding(who)
    with pytest.raises(PasskeyRefused):
        accounts.passkeys.add(who, begun.ticket, credential, "nonsense")


def test_a_stolen_password_adds_no_second_passkey(accounts: Accounts, clock: Clock) -> None:
    early = by_password(accounts)
    begun = accounts.passkeys.begin_adding(early)
    thief = accounts.passkeys.begin_adding(early)
    accounts.passkeys.add(early, begun.ticket, Authenticator().create(begun.options), "mine")
    with pytest.raises(PasskeyRequired):  # what the thief's session of the same moment knew of itself
        accounts.passkeys.add(early, thief.ticket, Authenticator().create(thief.options), "theirs")


def test_registration_is_bound_to_operator_site_and_verification(
    accounts: Accounts, key: Authenticator, clock: Clock
) -> None:
    who, other = by_passkey(accounts, key), by_password(accounts, "other")
    begun = accounts.passkeys.begin_adding(who)
    with pytest.raises(PasskeyRefused):  # a ticket of somebody else
        accounts.passkeys.add(other, begun.ticket, Authenticator().create(begun.options), "x")
    for fault in ({"origin": "https://evil.example"}, {"verifies": False}):
        begun, bad = accounts.passkeys.begin_adding(who), Authenticator()
        vars(bad).update(fault)
        with pytest.raises(PasskeyRefused):
            accounts.passkeys.add(who, begun.ticket, bad.create(begun.options), "x")
    begun = accounts.passkeys.begin_adding(who)
    with pytest.raises(PasskeyExists):
        accounts.passkeys.add(who, begun.ticket, key.create(begun.options), "again")
    clock.forward(minutes=11)
    with pytest.raises(ProofNeeded):
        accounts.passkeys.begin_adding(who)


def test_list_rename_remove(accounts: Accounts, key: Authenticator, db: Database, clock: Clock) -> None:
    who = by_passkey(accounts, key)
    (first,) = accounts.passkeys.of(who.id)
    with pytest.raises(LastPasskey):
        accounts.passkeys.remove(who, first.id)
    second = registered(accounts, who, "spare")
    accounts.passkeys.rename(who, first.id, "办公室")
    accounts.passkeys.remove(who, first.id)
    assert [one.name for one in accounts.passkeys.of(who.id)] == ["spare"]
    begun = asked(accounts)
    refuse(accounts, begun, key.get(begun.options))
    assert by_passkey(accounts, second).name == "desk"
    assert remove_all(db, "desk", Journal(db.engine, "main", clock)) == 1
    assert by_password(accounts).has_second_factor is False


def test_over_http(server: Server) -> None:
    name = an_operator(server, "reviewer")
    desk = Desk(server, name, ROLE_PASSWORD)
    key = Authenticator(server.url, "127.0.0.1")
    begun = desk.http.post("/v1/operator/passkeys/options").json()
    added = {"ticket": begun["ticket"], "credential": key.create(begun["options"]), "name": "key"}
    kept = desk.http.post("/v1/operator/passkeys", json=added)
    assert (kept.status_code, [one["name"] for one in kept.json()]) == (201, ["key"])
    http = server.client()
    login = {"name": name, "password": ROLE_PASSWORD}
    asked_for = http.post("/v1/operator/sessions", json=login)
    assert (asked_for.status_code, "token" in asked_for.json()) == (202, False)
    told = asked_for.json()
    answer = {"ticket": told["ticket"], "credential": key.get(told["options"])}
    opened = http.post("/v1/operator/sessions/passkey", json=answer)
    assert opened.status_code == 201, opened.text
    http.headers["Authorization"] = f"Bearer {opened.json()['token']}"
    assert http.get("/v1/review/applications").status_code == 200
    assert code_of(http.post("/v1/operator/sessions/passkey", json=answer)) == (403, "passkey_refused")

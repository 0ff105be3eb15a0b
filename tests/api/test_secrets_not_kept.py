"""No answer that holds a secret is kept for a repeated call, and none is given past the passkey."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

import pytest

from api.accounts.callers import caller_of
from api.accounts.operator_policy import OperatorPolicy
from api.accounts.operators import add_operator
from api.accounts.service import Accounts
from api.accounts.sessions import SessionToken
from api.db import Database
from api.idempotency.rules import SECRETS
from api.outside.sms_sandbox import SmsSandbox
from ca.audit.journal import Journal
from tests.api.running import Server
from tests.api.test_accounts import Clock, clock, db, sender, sms

__all__ = ["clock", "db", "sms"]

SOUNDS_SECRET: Final = re.compile("token|secret|pass|pin|private|credential|code|otp|ticket|challenge|number")
HARMLESS: Final = {
    *("credit_code", "code", "codes", "codes_sent", "tries_left", "opening_code"),
    *("catalogue_code", "id_number"),  # the latter masked
    *("passkey", "passed", "has_password", "numbers", "number", "trade_no", "person_number", "filed_number"),
}
"""Names that sound like secrets and are none: public codes, facts about secrets, and masked numbers."""


@pytest.fixture(scope="module")
def described(server: Server) -> dict[str, Any]:
    found: dict[str, Any] = server.client().get("/openapi.json").json()
    return found


def kept(described: dict[str, Any]) -> Iterator[tuple[str, set[str]]]:
    """Operations whose answers are kept, with the names of all that these may hold."""
    for methods in described["paths"].values():
        for method, operation in methods.items():
            if "Idempotency-Key" not in {one["name"] for one in operation.get("parameters", ())}:
                continue
            assert method != "get"
            if operation.get("x-answer-never-kept"):
                continue
            schemas = [
                content.get("schema", {})
                for status, answer in operation["responses"].items()
                if status.startswith("2")
                for kind, content in answer.get("content", {}).items()
                if "json" in kind
            ]
            yield operation["operationId"], {name for one in schemas for name in names(one, described, ())}


def names(schema: Any, described: dict[str, Any], seen: tuple[str, ...]) -> Iterator[str]:
    if isinstance(schema, list):
        for one in schema:
            yield from names(one, described, seen)
    elif isinstance(schema, dict):
        reference = schema.get("$ref")
        if reference is not None and reference not in seen:
            target = described["components"]["schemas"][reference.rpartition("/")[2]]
            yield from names(target, described, (*seen, reference))
        properties = schema.get("properties", {})  # whether and how many is no secret
        yield from (name for name, one in properties.items() if one.get("type") not in ("boolean", "integer"))
        for key, value in schema.items():
            if key not in ("example", "examples", "description"):
                yield from names(value, described, seen)


def test_every_answer_with_a_secret_is_marked(described: dict[str, Any]) -> None:
    walked = dict(kept(described))
    assert len(walked) > 40
    doubtful = {
        operation: held_secrets
        for operation, held in walked.items()
        if not held & SECRETS  # recognised by the name of a field
        and (held_secrets := {one for one in held if SOUNDS_SECRET.search(one)} - HARMLESS)
    }
    assert doubtful == {}, "NEVER_KEPT, or say why not"


def test_what_is_secret_by_its_meaning_is_marked(described: dict[str, Any]) -> None:
    marked = {
        operation["operationId"]
        for methods in described["paths"].values()
        for operation in methods.values()
        if operation.get("x-answer-never-kept")
    }
    # The code opens the application to whoever has it; the numbers are masked everywhere else.
    assert {"applications_send_to_computer", "review_reveal"} <= marked


def test_nothing_is_repeated_to_a_session_without_the_passkey(
    db: Database, sms: SmsSandbox, clock: Clock
) -> None:
    journal = Journal(db.engine, "main", clock)
    accounts, strict = (
        Accounts(db, sender(sms, clock), b"k" * 32, clock, journal, OperatorPolicy(passkey_required=required))
        for required in (False, True)
    )
    add_operator(db, "wang", "An0ther-Operator", clock())
    opened = accounts.sign_in_operator("wang", "An0ther-Operator")
    assert isinstance(opened, SessionToken)
    assert caller_of(accounts)(opened.token) == "operator:1"
    assert caller_of(strict)(opened.token) is None

"""The table of who may call what, held against the service over HTTP.

An operation without a row fails, and so does a row without an operation.
"""

from __future__ import annotations

from typing import Any, Final

import httpx
import pytest

from tests.api.access_table import ABSENT, NOT_FOUND, NOT_SIGNED_IN, REAL_NAME, REFUSALS, TABLE
from tests.api.cast import ROLES, Cast, assemble
from tests.api.described_calls import DescribedCalls
from tests.api.locks import LockCa
from tests.api.running import Server


@pytest.fixture(scope="module")
def calls(server: Server, a_pdf: bytes) -> DescribedCalls:
    return DescribedCalls(server.client().get("/openapi.json").json(), a_pdf)


@pytest.fixture(scope="module")
def cast(server: Server, lock_ca: LockCa) -> Cast:
    return assemble(server, lock_ca)


CSC: Final = {
    "invalid_token": NOT_SIGNED_IN,
    "access_denied": REAL_NAME,
    "Invalid parameter credentialID": NOT_FOUND,
}
"""How the remote signing interface says the same."""


def code_of(answer: httpx.Response) -> str:
    kind = answer.headers.get("content-type", "")
    if answer.url.path.startswith("/csc/") and answer.is_error:
        told = answer.json()
        return CSC.get(told["error_description"], CSC.get(told["error"], ""))
    return str(answer.json()["code"]) if kind == "application/problem+json" else ""


def things_of(cast: Cast, operation_id: str) -> dict[str, Any]:
    """What the call is about. ``replaces``: no edit of the catalogue shall succeed."""
    things: dict[str, Any] = cast.things | {"replaces": 999, "code": "nothing"}
    if operation_id.startswith(("csc_first", "csc_second")):
        return things | {"credentialID": cast.things["serial"]}
    if operation_id.startswith("applications_consent"):
        return things | {"application_id": cast.asking}
    if operation_id == "enterprises_remove":  # the clerk has left before
        return things | {"member": cast.owners_membership}
    if operation_id.endswith("_clerks"):
        return things | {"serial": cast.clerks_serial}
    return things | {"name": "issuing"} if operation_id.startswith("pki") else things


def client_of(cast: Cast, role: str, operation_id: str) -> httpx.Client:
    """Of the role's app, or of its signing software."""
    is_remote = operation_id.startswith(("csc_first", "csc_second"))
    return cast.software.get(role, cast.clients[role]) if is_remote else cast.clients[role]


def test_every_operation_has_a_row(calls: DescribedCalls) -> None:
    assert set(calls.operations) == set(TABLE)


def test_whoever_may_not_is_refused(calls: DescribedCalls, cast: Cast) -> None:
    """Before anything is done by those who may."""
    wrong = []
    for operation_id, row in TABLE.items():
        for role in (one for one in ROLES if row.get(one, ABSENT) != ABSENT):
            answer = calls.call(
                client_of(cast, role, operation_id), operation_id, things_of(cast, operation_id)
            )
            if code_of(answer) != row[role]:
                wrong.append((operation_id, role, row[role], answer.status_code, code_of(answer)))
    assert not wrong


def test_whoever_may_is_not_refused(calls: DescribedCalls, cast: Cast) -> None:
    """Reading first, because acting changes what is there."""
    wrong = []
    for operation_id, row in sorted(TABLE.items(), key=lambda one: calls.operations[one[0]][0] != "GET"):
        for role in (one for one in ROLES if row.get(one, ABSENT) == ABSENT):
            answer = calls.call(
                client_of(cast, role, operation_id), operation_id, things_of(cast, operation_id)
            )
            tolerated = {NOT_FOUND} if row.get(role) == ABSENT else set()
            if answer.status_code >= 500 or code_of(answer) in REFUSALS - tolerated:
                wrong.append((operation_id, role, answer.status_code, code_of(answer)))
    assert not wrong

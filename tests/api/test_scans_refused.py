"""What goes wrong between a platform's request and a person's approval, over HTTP."""

from __future__ import annotations

import base64
import json
import secrets
import signal
import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.api.locks import LockCa
from tests.api.people import PIN, Desk, Phone, code_of
from tests.api.running import Server
from tests.api.scanning import Centre, Holder, founded
from tests.api.test_downloads import download, joined
from tests.api.test_kinds import Company, eventually

LOGIN = "linyi-enterprise-month"


@pytest.fixture(scope="module")
def centre(server: Server, desk: Desk) -> Centre:
    return Centre.opened(server, desk)


@pytest.fixture(scope="module")
def boss(server: Server, desk: Desk, lock_ca: LockCa, centre: Centre) -> Holder:
    """Bound to a user of the centre."""
    holder = founded(server, desk, lock_ca, LOGIN)
    holder.bound(centre)
    return holder


def tool(centre: Centre) -> dict[str, Any]:
    return centre.asked("tool-login", tool="投标工具")


def in_database(server: Server, statement: str, *values: Any) -> list[Any]:
    with closing(sqlite3.connect(server.data / "sealbridge.db", timeout=20)) as database, database:
        return database.execute(statement, values).fetchall()


# Who scans.


def test_nobody_knows_who_it_is(server: Server, centre: Centre) -> None:
    phone, asked = Phone(server).enter(), centre.asked("bind", user="u-unknown")
    refused = phone.http.post("/v1/scans/claims", json={"qr": centre.qr(asked)})
    assert code_of(refused) == (403, "real_name_required")
    assert (refused.json()["scan"], centre.hint(asked)) == (asked["id"], "real_name_required")
    assert code_of(phone.http.get(f"/v1/scans/{asked['id']}")) == (403, "real_name_required")
    phone.verified()  # while the page waits
    shown = phone.http.get(f"/v1/scans/{asked['id']}")
    assert (shown.status_code, shown.json()["certificates"]) == (200, [])


def test_who_is_bound_to_nothing_is_told_so_and_so_is_the_page(server: Server, centre: Centre) -> None:
    phone, asked = Phone(server).sign_in(), centre.asked("login")
    refused = phone.http.post("/v1/scans/claims", json={"qr": centre.qr(asked)})
    assert code_of(refused) == (403, "not_bound")
    assert (refused.json()["scan"], centre.hint(asked)) == (asked["id"], "not_bound")
    path = f"/v1/scans/{asked['id']}/approval"
    assert code_of(phone.http.post(path, json={})) == (403, "not_bound")


def test_a_second_phone_comes_too_late(server: Server, centre: Centre, boss: Holder) -> None:
    asked, other = tool(centre), Phone(server).sign_in()
    boss.claimed(centre, asked)
    assert boss.claim(centre, asked).status_code == 201  # the same person again
    assert code_of(other.http.post("/v1/scans/claims", json={"qr": centre.qr(asked)})) == (
        409,
        "already_claimed",
    )
    for call in (other.http.get, lambda path: other.http.post(f"{path}/refusal", json={})):
        assert code_of(call(f"/v1/scans/{asked['id']}")) == (404, "session_not_found")


def test_codes_that_are_none(centre: Centre, boss: Holder) -> None:
    asked = tool(centre)
    qr = centre.qr(asked)
    forged = qr[:-1] + ("A" if qr[-1] != "A" else "B")
    for text, code in (("https://elsewhere.example/q/1", "qr_malformed"), (forged, "qr_forged")):
        refused = boss.http.post("/v1/scans/claims", json={"qr": text})
        assert code_of(refused)[1] == code
    assert centre.hint(asked) == "outstanding"


# What the person may.


@pytest.fixture(scope="module")
def employed(server: Server, desk: Desk, boss: Holder) -> tuple[Phone, str]:
    """A clerk who may sign in and seal nothing, and the serial number of the clerk's certificate."""
    clerk = Phone(server).sign_in()
    company = Company(boss.phone, boss.credit_code, boss.serial, boss.application)
    application = joined(company, clerk, desk, permissions=["login", "bid"])
    return clerk, str(download(clerk, application)["serial"])


def test_a_clerk_may_what_was_granted_until_dismissed(
    centre: Centre, boss: Holder, employed: tuple[Phone, str], a_pdf: bytes
) -> None:
    phone, serial = employed
    clerk = Holder(phone, serial, boss.credit_code, "")
    binding = clerk.bound(centre)
    assert binding["permissions"] == ["login", "bid"]
    clerk.done(centre, tool(centre))
    asked = centre.asked("sign", reason="签署", documents=centre.to_sign(a_pdf))
    assert clerk.claimed(centre, asked)["certificates"] == []
    assert code_of(clerk.approve(asked)) == (403, "not_permitted")
    assert centre.hint(asked) == "not_permitted"
    waiting = centre.asked("login")
    clerk.claimed(centre, waiting)
    base = f"/v1/enterprises/{boss.credit_code}/members"
    members = boss.http.get(base).json()["items"]
    (number,) = [one["id"] for one in members if one["role"] == "clerk"]
    assert boss.http.post(f"{base}/{number}/remove", json={"reason": "已离职"}).status_code < 300
    refused = phone.http.post(f"/v1/scans/{waiting['id']}/approval", json={})
    assert code_of(refused) == (403, "not_permitted")  # not a second later
    assert centre.hint(waiting) == "not_permitted"


def test_a_certificate_is_suspended_between_scan_and_pin(
    server: Server, desk: Desk, lock_ca: LockCa, centre: Centre
) -> None:
    holder = founded(server, desk, lock_ca, LOGIN)
    holder.bound(centre)
    asked, entering = tool(centre), centre.asked("login")
    for one in (asked, entering):
        holder.claimed(centre, one)
    path = f"/v1/certificates/{holder.serial}"
    assert holder.http.post(f"{path}/suspend").status_code == 204
    assert code_of(holder.approve(asked)) == (409, "certificate_invalid")
    assert code_of(holder.http.post(f"/v1/scans/{entering['id']}/approval", json={})) == (
        409,
        "certificate_invalid",
    )
    assert [centre.hint(one) for one in (asked, entering)] == ["certificate_invalid"] * 2
    assert holder.http.post(f"{path}/release", json={"pin": PIN}).status_code == 204
    assert holder.approve(asked).status_code == 200


def test_a_platform_is_suspended_between_scan_and_pin(server: Server, centre: Centre, boss: Holder) -> None:
    asked = tool(centre)
    boss.claimed(centre, asked)
    stand = "UPDATE platform SET standing = ? WHERE id = (SELECT owner FROM bridge_session WHERE id = ?)"
    in_database(server, stand, "suspended", asked["id"])
    try:
        refused = boss.approve(asked)
    finally:
        in_database(server, stand, "active", asked["id"])
    assert code_of(refused) == (403, "platform_suspended")
    assert centre.hint(asked) == "not_permitted"
    assert boss.approve(asked).status_code == 200


def test_a_user_of_somebody_else_is_not_bound(
    server: Server, desk: Desk, lock_ca: LockCa, centre: Centre, boss: Holder
) -> None:
    mine = boss.bound(centre)
    again = boss.bound(centre, mine["user"])  # the same person may: the older one ends
    assert again["id"] != mine["id"]
    other = founded(server, desk, lock_ca, LOGIN)
    asked = centre.asked("bind", user=mine["user"])
    other.claimed(centre, asked)
    assert code_of(other.approve(asked)) == (409, "user_already_bound")
    elsewhere = centre.asked("bind", user="u-elsewhere", credit_code=boss.credit_code)
    assert other.claimed(centre, elsewhere)["certificates"] == []
    assert code_of(other.approve(elsewhere)) == (409, "enterprise_differs")
    listed = centre.call("GET", f"bindings?user={mine['user']}").json()["items"]
    assert [(one["id"], one["ended_by"]) for one in listed] == [(again["id"], None), (mine["id"], "renewed")]
    assert centre.call("DELETE", f"bindings/{again['id']}").status_code == 204
    assert code_of(centre.call("DELETE", f"bindings/{again['id']}")) == (404, "not_found")
    other.approve(asked)
    seen = desk.http.get("/v1/operator/bindings", params={"platform": centre.platform.id}).json()["items"]
    assert (seen[0]["user"], seen[0]["credit_code"]) == (mine["user"], other.credit_code)
    assert code_of(boss.http.delete(f"/v1/bindings/{seen[0]['id']}")) == (404, "not_found")


# The PIN.


def test_what_is_missing_is_asked_for(centre: Centre, boss: Holder) -> None:
    asked = tool(centre)
    boss.claimed(centre, asked)
    path = f"/v1/scans/{asked['id']}/approval"
    assert code_of(boss.http.post(path, json={"pin": PIN})) == (422, "certificate_needed")
    assert code_of(boss.http.post(path, json={"certificate": boss.serial})) == (422, "pin_needed")
    assert code_of(boss.approve(asked, certificate="abc")) == (404, "not_found")
    assert code_of(boss.approve(asked, binding="nobody")) == (403, "not_bound")


def test_a_hundred_wrong_pins_at_once_are_five(
    server: Server, desk: Desk, lock_ca: LockCa, centre: Centre
) -> None:
    holder = founded(server, desk, lock_ca, LOGIN)
    holder.bound(centre)
    scans = [tool(centre) for _ in range(10)]
    for one in scans:
        holder.claimed(centre, one)

    def wrong(number: int) -> str:
        return code_of(holder.approve(scans[number % 10], pin=f"Wrong-Pin-{number}"))[1]

    with ThreadPoolExecutor(16) as threads:
        codes = list(threads.map(wrong, range(100)))
    assert set(codes) <= {"pin_wrong", "pin_locked", "pin_busy", "approval_in_progress"}
    assert codes.count("pin_wrong") == 4  # the fifth is told that it was the last
    lines = [json.loads(line) for (line,) in in_database(server, "SELECT line FROM ca_audit_entry")]
    tried = [one for one in lines if one["action"] == "pin.tried" and one["subject"] == holder.serial]
    assert [one["code"] for one in tried].count("pin_wrong") == 5
    assert code_of(holder.approve(scans[0])) == (403, "pin_locked")  # the right one
    assert centre.hint(scans[0]) == "pin_locked"


def test_a_wrong_pin_is_told_to_the_page_and_may_be_mended(centre: Centre, boss: Holder) -> None:
    asked = tool(centre)
    boss.claimed(centre, asked)
    refused = boss.approve(asked, pin="Wrong-Pin-1")
    assert code_of(refused) == (403, "pin_wrong")
    assert (refused.json()["tries_left"], centre.hint(asked)) == (4, "pin_wrong")
    assert boss.approve(asked).status_code == 200


# Time, and what happens at the same time.


def test_it_expires_while_the_pin_is_typed(server: Server, centre: Centre, boss: Holder) -> None:
    asked = tool(centre)
    boss.claimed(centre, asked)
    past = (datetime.now(UTC) - timedelta(seconds=1)).replace(tzinfo=None).isoformat(" ")
    in_database(server, "UPDATE bridge_session SET expires_at = ? WHERE id = ?", past, asked["id"])
    assert code_of(boss.approve(asked)) == (410, "session_expired")
    state = centre.state(asked)
    assert (state["status"], state["hint"], state["answer"]) == ("expired", "expired", None)


def test_of_approvals_at_once_one_is_done(server: Server, centre: Centre, boss: Holder) -> None:
    asked = tool(centre)
    boss.claimed(centre, asked)
    with ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(lambda _: boss.approve(asked), range(6)))
    codes = sorted("" if one.status_code == 200 else code_of(one)[1] for one in answers)
    assert codes.count("") == 1
    assert set(codes) <= {"", "approval_in_progress", "session_answered"}
    lines = [json.loads(line) for (line,) in in_database(server, "SELECT line FROM ca_audit_entry")]
    told = [one for one in lines if one["action"] == "scan.approved" and one["subject"] == asked["id"]]
    assert [one["detail"]["request_digest"] for one in told] == [asked["request_digest"]]
    assert told[0]["detail"]["serial"] == boss.serial


def test_a_server_that_is_killed_during_an_approval_leaves_nothing_half(
    server: Server, centre: Centre, boss: Holder, a_pdf: bytes
) -> None:
    documents = centre.to_sign(a_pdf, *(a_pdf + f"\n% {number}\n".encode() for number in range(9)))
    asked = centre.asked("sign", reason="签署", documents=documents, lifetime_seconds=600)
    boss.claimed(centre, asked)
    stamps = "SELECT count(*) FROM seal_stamp WHERE serial = ?"
    (before,) = in_database(server, stamps, boss.serial)

    def approve() -> None:
        with suppress(httpx.TransportError):
            boss.approve(asked)

    approving = threading.Thread(target=approve)
    approving.start()
    staged = "SELECT count(*) FROM scan_sealed_document WHERE scan_id = ?"
    deadline = time.monotonic() + 30
    while in_database(server, staged, asked["id"]) < [(2,)]:  # some were sealed, and not all
        assert time.monotonic() < deadline
    server.stop(signal.SIGKILL)
    approving.join()
    server.start()
    (after,) = in_database(server, stamps, boss.serial)
    state = centre.state(asked)
    assert (state["status"], state["answer"], after) == ("claimed", None, before)
    assert code_of(centre.call("GET", f"scans/{asked['id']}/documents/0")) == (409, "scan_unfinished")
    assert code_of(boss.approve(asked)) == (409, "approval_in_progress")
    past = (datetime.now(UTC) - timedelta(seconds=1)).replace(tzinfo=None).isoformat(" ")
    in_database(server, "UPDATE bridge_scan SET approval_until = ? WHERE session_id = ?", past, asked["id"])
    approved = boss.approve(asked)
    assert (approved.status_code, approved.json().get("status")) == (200, "complete"), approved.text
    assert in_database(server, stamps, boss.serial) == [(before[0] + 10,)]
    answer = centre.state(asked)["answer"]
    for one in answer["documents"]:
        got = centre.call("GET", one["href"].removeprefix("/platform/v1/"))
        assert (got.status_code, len(got.content) > len(a_pdf)) == (200, True)


# What is asked for.


def test_bytes_that_changed_are_not_signed(
    server: Server, centre: Centre, boss: Holder, a_pdf: bytes
) -> None:
    pdf = a_pdf + b"\n% to be changed\n"
    documents = centre.to_sign(pdf)
    asked = centre.asked("sign", reason="签署", documents=documents)
    boss.claimed(centre, asked)
    changed = "UPDATE platform_document SET content = ? WHERE sha256 = ?"
    in_database(server, changed, a_pdf, documents[0]["sha256"])
    assert code_of(boss.approve(asked)) == (409, "document_changed")
    state = centre.state(asked)
    assert (state["status"], state["hint"], state["failure"]) == ("failed", "failed", "document_changed")
    assert in_database(server, "SELECT * FROM scan_sealed_document WHERE scan_id = ?", asked["id"]) == []


def envelope(number: int) -> dict[str, str]:
    return {"id": str(number), "title": "投标文件", "recipient": "MIIB"}


SESSION_KEY = base64.b64encode(secrets.token_bytes(32)).decode()
DECRYPT = {"tender": {"title": "道路", "number": "1"}, "session_key": SESSION_KEY}


@pytest.mark.parametrize(
    ("kind", "changes", "expected"),
    [
        ("login", {"origin": "https://elsewhere.example"}, (403, "origin_not_registered")),
        ("login", {"nonce": "short"}, (422, "request_invalid")),
        ("login", {"user": "nobody"}, (422, "request_invalid")),
        ("lock-signature", {}, (422, "request_invalid")),
        ("decrypt", DECRYPT | {"envelopes": [envelope(1)] * 2}, (422, "envelope_repeated")),
        ("decrypt", DECRYPT | {"envelopes": [*map(envelope, range(201))]}, (422, "too_many_envelopes")),
        (
            "decrypt",
            DECRYPT | {"envelopes": [envelope(1)], "session_key": base64.b64encode(b"\0" * 32).decode()},
            (422, "session_key_invalid"),
        ),
    ],
)
def test_requests_that_are_refused(
    centre: Centre, kind: str, changes: dict[str, Any], expected: tuple[int, str]
) -> None:
    assert code_of(centre.ask(kind, **changes)) == expected


def test_documents_that_are_refused(centre: Centre, a_pdf: bytes) -> None:
    (one,) = centre.to_sign(a_pdf)
    place = one["places"][0]

    def asked(*documents: dict[str, Any]) -> tuple[int, str]:
        return code_of(centre.ask("sign", reason="签署", documents=list(documents)))

    assert asked(*[one] * 51) == (422, "too_many_documents")
    assert asked(one | {"places": [place] * 21}) == (422, "too_many_places")
    assert asked(one | {"sha256": "0" * 64}) == (422, "document_missing")
    for off in ({"page": 2}, {"x_mm": 5}, {"y_mm": 296.9}):
        refused = centre.ask("sign", reason="签署", documents=[one, one | {"places": [place, place | off]}])
        assert code_of(refused) == (422, "place_off_page")
        assert (refused.json()["document"], refused.json()["place"]) == (1, 1)
    for none, code in (
        ({"at": "keyword", "text": "没有这几个字"}, "keyword_not_found"),
        ({"at": "seam", "pages": [0, 0]}, "seam_needs_pages"),
    ):
        refused = centre.ask("sign", reason="签署", documents=[one, one | {"places": [place, none]}])
        assert code_of(refused) == (422, code)
        assert (refused.json()["document"], refused.json()["place"]) == (1, 1)
    assert asked(one | {"lock": {"kind": "include"}}) == (422, "lock_invalid")
    assert asked(one | {"places": [{"at": "keyword", "text": "章\u202e"}]}) == (422, "request_invalid")


def test_a_platform_sees_its_own_and_may_what_it_is_registered_for(
    server: Server, desk: Desk, centre: Centre, boss: Holder, a_pdf: bytes
) -> None:
    other = Centre.opened(server, desk, scopes=["login"])
    assert code_of(other.ask("tool-login", tool="工具")) == (403, "scope_missing")
    documents = centre.to_sign(a_pdf)
    refused = Centre.opened(server, desk).ask("sign", reason="签署", documents=documents)
    assert code_of(refused) == (422, "document_missing")  # another's is not there
    asked = centre.asked("sign", reason="签署", documents=documents)
    boss.done(centre, asked)
    for method, path in (("GET", ""), ("DELETE", ""), ("GET", "/evidence"), ("GET", "/documents/0")):
        answer = other.call(method, f"scans/{asked['id']}{path}")
        assert code_of(answer) == (404, "session_not_found")
    assert other.call("GET", "bindings").json()["items"] == []
    assert eventually(lambda: centre.state(asked)["status"] == "complete")

"""生效中, 待审核, 已失效 of a person, and what operators find, over HTTP."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta

from tests.api.people import PIN, Desk, Phone, code_of
from tests.api.running import Server
from tests.api.test_downloads import download, joined
from tests.api.test_downloads import dual as dual
from tests.api.test_kinds import Company
from tests.api.test_kinds import clerk as clerk
from tests.api.test_kinds import company as company

REGISTRY = "/v1/operator/certificates"


def ends_in(server: Server, serial: str, days: float) -> None:
    """As if it were a certificate for a year."""
    ends = datetime.now(UTC) + timedelta(days=days)
    lasts = [f"{one:%Y-%m-%d %H:%M:%S.%f}" for one in (ends - timedelta(days=365), ends)]
    with sqlite3.connect(server.data / "sealbridge.db", timeout=30) as database:
        database.execute(
            "UPDATE ca_certificate SET not_before = ?, not_after = ? WHERE serial = ?", [*lasts, serial]
        )
    database.close()


def listed(phone: Phone, which: str, **more: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = phone.http.get("/v1/certificates", params={"list": which} | more).json()[
        "items"
    ]
    return found


def test_an_expiring_certificate_can_be_renewed_an_expired_one_applied_for_again(
    server: Server, phone: Phone, serial: str
) -> None:
    ends_in(server, serial, 40)
    (one,) = listed(phone, "active")
    assert (one["expiring"], one["days_left"], one["apply_again"]) == (False, 40, None)
    ends_in(server, serial, 9.5)
    (one,) = listed(phone, "active")
    assert (one["expiring"], one["days_left"]) == (True, 10)
    assert one["renew"] == {"kind": "renewal", "serial": serial}
    assert listed(phone, "expired") == []
    ends_in(server, serial, -1)
    assert listed(phone, "active") == []
    (one,) = listed(phone, "expired")
    assert (one["state"], one["expiring"], one["renew"]) == ("expired", False, None)
    again = one["apply_again"]
    assert isinstance(again, dict)
    assert (again["kind"], again["product"]) == ("claim", "linyi-enterprise-month")


def test_a_pending_certificate_leads_to_its_message(phone: Phone, desk: Desk, submitted: str) -> None:
    (one,) = listed(phone, "pending")
    assert (one["type"], one["application_id"], one["status"]) == ("application", submitted, "submitted")
    desk.judge(submitted, "approve")
    (one,) = listed(phone, "pending")
    told = phone.http.get("/v1/messages", params={"kind": "claim-approved"}).json()["items"]
    assert one["message_id"] == told[0]["id"]
    assert phone.act(submitted, "download", pin=PIN).status_code == 200
    assert listed(phone, "pending") == []


def test_pages_of_a_dual_certificate_have_a_half_each(dual: Company) -> None:
    first = dual.administrator.http.get("/v1/certificates", params={"list": "active", "limit": 1}).json()
    query = {"list": "active", "limit": 1, "cursor": first["next"]}
    rest = dual.administrator.http.get("/v1/certificates", params=query).json()
    assert [one["purpose"] for one in first["items"] + rest["items"]] == ["signing", "encryption"]
    assert rest["next"] is None


def test_operators_find_whatever_was_issued_to_an_enterprise(
    desk: Desk, company: Company, clerk: Phone
) -> None:
    theirs = download(clerk, joined(company, clerk, desk))["serial"]
    by_code = desk.http.get(REGISTRY, params={"credit_code": company.credit_code}).json()["items"]
    assert [one["serial"] for one in by_code] == [theirs, company.serial]
    prefix = {"serial": theirs[:8].upper(), "standing": "good"}
    assert [one["serial"] for one in desk.http.get(REGISTRY, params=prefix).json()["items"]] == [theirs]
    assert desk.http.get(REGISTRY, params=prefix | {"standing": "revoked"}).json()["items"] == []
    for wide in ({}, {"serial": "ab"}, {"standing": "good"}):
        assert code_of(desk.http.get(REGISTRY, params=wide)) == (422, "search_too_wide")


def test_operators_find_a_holder_by_name_and_number(phone: Phone, desk: Desk, serial: str) -> None:
    number = phone.holder["id_number"]
    for body in ({"id_number": number}, {"person_name": phone.holder["name"], "serial": serial}):
        found = desk.http.post(f"{REGISTRY}/search", json=body)
        assert [one["serial"] for one in found.json()["items"]] == [serial], found.text
        assert number not in found.text
    nobody = desk.http.post(f"{REGISTRY}/search", json={"person_name": "李晓", "serial": serial})
    assert nobody.json()["items"] == []
    assert desk.http.post(f"{REGISTRY}/search", json={"id_number": "123"}).status_code == 422
    assert code_of(desk.http.post(f"{REGISTRY}/search", json={})) == (422, "search_too_wide")
    assert phone.http.post(f"{REGISTRY}/search", json={"id_number": number}).status_code == 401

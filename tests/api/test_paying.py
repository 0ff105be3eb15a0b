"""Payments on a running server, from the approval to the download, and back."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlsplit

from sqlalchemy import select

from api.accounts.tables import person
from api.applications import queries as applications
from api.applications import rules as applications_rules
from api.applications.model import Deed
from api.applications.rules import Actor
from api.outside.alipay.sandbox.gateway import SANDBOX_APP_ID
from api.payments import orders
from tests.api.databases import migrated
from tests.api.people import PIN, Desk, Phone, a_picture, code_of
from tests.api.running import Server


def test_somebody_else_s_order_is_not_there(server: Server, phone: Phone) -> None:
    assert code_of(phone.http.post("/v1/applications/nothing/payment")) == (404, "not_found")
    assert code_of(phone.http.get("/v1/applications/nothing/payment")) == (404, "not_found")


def test_the_whole_of_it_on_a_running_server(server: Server, phone: Phone, desk: Desk) -> None:
    application = f"T{phone.number}"
    with migrated(f"sqlite:///{server.data}/sealbridge.db") as db, db.write() as tx:
        me = tx.execute(select(person.c.id).where(person.c.phone == phone.number)).scalar_one()
        orders.order_for(tx, me, application, 8880, "企业证书一年", datetime.now(UTC))
    path = f"/v1/applications/{application}/payment"
    assert phone.http.get(path).json()["status_name"] == "待支付"
    ready = phone.http.post(path).json()
    assert dict(parse_qsl(urlsplit(ready["pay_url"]).query))["app_id"] == SANDBOX_APP_ID
    browser = server.client()
    cashier = browser.get(ready["pay_url"]).headers["location"]
    back = browser.post(cashier, data={"choice": "pay"}).headers["location"]
    assert "请返回 App" in browser.get(back).text
    assert _until(phone, path, "paid")["paid_at"]
    number = ready["order"]["id"]
    listed = desk.http.get(
        "/v1/operator/orders", params={"status": "paid", "application": application}
    ).json()
    assert [one["id"] for one in listed["items"]] == [number]
    refunded = desk.http.post(f"/v1/operator/orders/{number}/refund", json={"reason": "重复付款"})
    assert refunded.json()["status"] == "refunding", refunded.text
    assert code_of(desk.http.post(f"/v1/operator/orders/{number}/refund", json={"reason": "再次"}))[0] == 409
    assert _until(phone, path, "refunded")["reason"] == "重复付款"
    told = desk.http.get(f"/v1/operator/orders/{number}").json()
    assert [one["action"] for one in told["events"]] == ["create", "pay", "refund", "finish-refund"]
    assert code_of(phone.http.get("/v1/operator/orders"))[0] == 401


def _until(phone: Phone, path: str, status: str, field: str = "status") -> dict[str, str]:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        told: dict[str, str] = phone.http.get(path).json()
        if told[field] == status:
            return told
        time.sleep(0.1)
    raise AssertionError(told)


def _approved(phone: Phone, desk: Desk, product: str) -> str:
    made = phone.apply(product=product)
    assert made.status_code == 201, made.text
    number = str(made.json()["id"])
    for put in (phone.put_licence, phone.put_paper):
        assert put(number, a_picture()).status_code == 200
    assert phone.act(number, "submit").status_code == 200
    assert desk.judge(number, "approve").status_code == 200
    return number


def _pay(server: Server, phone: Phone, path: str) -> None:
    browser = server.client()
    cashier = browser.get(phone.http.post(path).json()["pay_url"]).headers["location"]
    browser.post(cashier, data={"choice": "pay"})
    _until(phone, path, "paid")


def test_pay_before_the_download(server: Server, phone: Phone, desk: Desk) -> None:
    number = _approved(phone, desk, desk.product("sold", fee_fen=8880))
    assert code_of(phone.act(number, "download", pin=PIN)) == (409, "payment_needed")
    _pay(server, phone, f"/v1/applications/{number}/payment")
    downloaded = phone.act(number, "download", pin=PIN)
    assert downloaded.status_code == 200, downloaded.text


def test_money_for_what_cannot_be_issued_goes_back(server: Server, phone: Phone, desk: Desk) -> None:
    number = _approved(phone, desk, desk.product("sold", fee_fen=8880))
    path = f"/v1/applications/{number}/payment"
    _pay(server, phone, path)
    with migrated(f"sqlite:///{server.data}/sealbridge.db") as db, db.write() as tx:
        known = applications.find(tx, number)
        deed = Deed(Actor.SYSTEM, "test", applications_rules.Action.FAIL)
        applications.advance(tx, known, deed, datetime.now(UTC), reason="证书无法签发")
    assert _until(phone, path, "refunded")["reason"] == "证书无法签发"
    assert code_of(phone.act(number, "download", pin=PIN))[0] == 409


def test_what_was_downloaded_is_revoked_with_its_refund(server: Server, phone: Phone, desk: Desk) -> None:
    number = _approved(phone, desk, desk.product("sold", fee_fen=8880))
    path = f"/v1/applications/{number}/payment"
    _pay(server, phone, path)
    serial = phone.act(number, "download", pin=PIN).json()["serial"]
    refund = f"/v1/operator/orders/{phone.http.get(path).json()['id']}/refund"
    unmeant = desk.http.post(refund, json={"reason": "客户要求"})
    assert code_of(unmeant) == (409, "refund_needs_revocation")
    assert phone.http.get(path).json()["status"] == "paid"
    meant = desk.http.post(refund, json={"reason": "客户要求", "revoke": True})
    assert meant.json()["status"] == "refunding", meant.text
    _until(phone, path, "refunded")
    _until(phone, f"/v1/certificates/{serial}", "revoked", "state")
    told = [one["kind"] for one in phone.http.get("/v1/messages").json()["items"]]
    assert {"certificate-revoked", "refund-begun", "refunded"} <= set(told)

"""The SMS adapter against its sandbox, and against everything that a carrier may answer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest

from api.accounts.errors import SmsCodeExpired
from api.accounts.rules import Purpose
from api.accounts.service import Accounts
from api.db import Database
from api.errors import AppError
from api.outside.aliyun.client import AliyunClient
from api.outside.errors import ProviderUnreachable
from api.outside.sms import AliyunSms, SmsCarrierLimit, SmsNotSent, SmsNumberRefused
from api.outside.sms_sandbox import KEY_ID, SIGN_NAME, TEMPLATE_CODE, SmsSandbox
from ca.audit.journal import Journal
from tests.api.people import Phone, code_of
from tests.api.running import Server
from tests.api.test_account_security import db
from tests.api.test_accounts import PHONE, Clock, clock, sms
from tests.api.test_aliyun import arrived

__all__ = ["clock", "db", "sms"]

Handler = Callable[[httpx.Request], httpx.Response]


def adapter(
    handler: Handler, clock: Clock, secret: str = "the secret", sign_name: str = SIGN_NAME
) -> AliyunSms:
    http = httpx.Client(transport=httpx.MockTransport(handler))
    client = AliyunClient("https://dysmsapi.aliyuncs.com", KEY_ID, secret, clock, http)
    return AliyunSms(client, sign_name, TEMPLATE_CODE)


def at_sandbox(sms: SmsSandbox) -> Handler:
    def answer(request: httpx.Request) -> httpx.Response:
        status, told = sms.answer(arrived(request))
        return httpx.Response(status, json=told)

    return answer


def test_a_message_arrives(sms: SmsSandbox, clock: Clock) -> None:
    adapter(at_sandbox(sms), clock).send_code(PHONE, "042137", clock())
    assert [(one.phone, one.code) for one in sms.inbox()] == [(PHONE, "042137")]


@pytest.mark.parametrize(
    ("wrong", "phone", "error", "provider_code"),
    [
        ({"secret": "guessed"}, PHONE, SmsNotSent, "SignatureDoesNotMatch"),
        ({"sign_name": "别人的签名"}, PHONE, SmsNotSent, "isv.SMS_SIGNATURE_ILLEGAL"),
        ({}, "12800001234", SmsNumberRefused, "isv.MOBILE_NUMBER_ILLEGAL"),
    ],
)
def test_the_sandbox_checks_what_the_provider_checks(
    sms: SmsSandbox,
    clock: Clock,
    wrong: dict[str, str],
    phone: str,
    error: type[AppError],
    provider_code: str,
) -> None:
    with pytest.raises(error) as refused:
        adapter(at_sandbox(sms), clock, **wrong).send_code(phone, "042137", clock())
    assert provider_code in str(refused.value)
    assert sms.inbox() == []


def test_the_sandbox_takes_no_call_twice(sms: SmsSandbox, clock: Clock) -> None:
    seen: list[httpx.Request] = []

    def keep(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return at_sandbox(sms)(request)

    adapter(keep, clock).send_code(PHONE, "042137", clock())
    status, told = sms.answer(arrived(seen[0]))
    assert (status, told["Code"]) == (400, "SignatureNonceUsed")
    clock.now += timedelta(minutes=16)
    assert sms.answer(arrived(seen[0]))[1]["Code"] == "InvalidTimeStamp.Expired"


def time_out(request: httpx.Request) -> httpx.Response:
    raise httpx.ReadTimeout("slow")


def answering(status: int, **content: Any) -> Handler:
    return lambda _: httpx.Response(status, **content)


FAILURES = [
    (answering(200, json={"Code": "isv.BUSINESS_LIMIT_CONTROL", "Message": PHONE}), SmsCarrierLimit),
    (answering(200, json={"Code": "isv.MOBILE_NUMBER_ILLEGAL"}), SmsNumberRefused),
    (answering(200, json={"Code": "isv.AMOUNT_NOT_ENOUGH"}), SmsNotSent),
    (answering(200, json={}), SmsNotSent),
    (answering(403, json={"Code": "Forbidden.RAM"}), SmsNotSent),
    (answering(400, json={"Code": "Throttling.User"}), SmsCarrierLimit),
    (answering(502, text="<html>"), ProviderUnreachable),
    (time_out, ProviderUnreachable),
]


@pytest.mark.parametrize(("handler", "error"), FAILURES)
def test_a_code_that_was_not_sent_costs_nothing(
    db: Database, sms: SmsSandbox, clock: Clock, handler: Handler, error: type[AppError]
) -> None:
    carrier = [handler]
    sender = adapter(lambda request: carrier[0](request), clock)
    accounts = Accounts(db, sender, b"k" * 32, clock, Journal(db.engine, "main", clock))
    for _ in range(6):  # more than a number has, were they sent
        with pytest.raises(error) as refused:
            accounts.signing_in.send_code(PHONE, address="198.51.100.9")
        assert PHONE not in str(refused.value)
    with pytest.raises(SmsCodeExpired):
        accounts.signing_in.by_code(PHONE, "000000")
    carrier[0] = at_sandbox(sms)
    accounts.signing_in.send_code(PHONE, Purpose.SIGN_IN, "198.51.100.9")
    assert accounts.signing_in.by_code(PHONE, sms.inbox()[0].code).token


def test_over_http(server: Server) -> None:
    phone = Phone(server).sign_in()
    forged = phone.http.post("/dev/aliyun/sms", params={"PhoneNumbers": "13800001234"})
    assert (forged.status_code, forged.json()["Code"]) == (400, "IncompleteSignature")
    assert phone.http.get("/v1/account").json() == {
        "phone": f"{phone.number[:3]}****{phone.number[-4:]}",
        "has_password": False,
    }
    set_first = phone.http.put("/v1/account/password", json={"password": "purple-Kite-42"})
    assert set_first.status_code == 204
    device = {"name": "小米 14", "platform": "Android 15", "app_version": "3.2.0"}
    login = {"phone": phone.number, "password": "purple-Kite-42", "device": device}
    opened = phone.http.post("/v1/sessions/password", json=login)
    assert opened.status_code == 201, opened.text
    first = {"refresh_token": opened.json()["refresh_token"]}
    refreshed = phone.http.post("/v1/sessions/refresh", json=first)
    assert refreshed.status_code == 201, refreshed.text
    phone.http.headers["Authorization"] = f"Bearer {refreshed.json()['token']}"
    devices = phone.http.get("/v1/sessions").json()
    assert [one["name"] for one in devices if one["current"]] == ["小米 14"]
    assert phone.http.delete("/v1/sessions/others").status_code == 204
    assert len(phone.http.get("/v1/sessions").json()) == 1
    again = phone.http.post("/v1/sessions/refresh", json=first)
    assert code_of(again) == (401, "refresh_refused")
    assert code_of(phone.http.get("/v1/sessions")) == (401, "not_signed_in")

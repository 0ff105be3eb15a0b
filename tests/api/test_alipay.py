"""Alipay's protocol, the client against the sandbox, and what somebody in between could try."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, parse_qsl, urlsplit

import httpx
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from fastapi import FastAPI

from api.db import Database
from api.errors import ConfigurationRefused
from api.outside.alipay.answers import AlipayRefused, read_answer
from api.outside.alipay.client import Alipay
from api.outside.alipay.sandbox.gateway import SANDBOX_APP_ID
from api.outside.alipay.sandbox.routes import AlipaySandbox, router
from api.outside.alipay.signing import (
    is_signed,
    new_private_key,
    private_key,
    public_half,
    public_key,
    sign,
    signed_text,
)
from api.outside.errors import NoticeForged, ProviderAnswerInvalid, ProviderRefused, ProviderUnreachable
from tests.api.databases import migrated
from tests.api.receiving import Receiver
from tests.mobile_bridge.serving import listening_socket, served

APP_KEY, ALIPAY_KEY = new_private_key(), new_private_key()
OURS, THEIRS = private_key(APP_KEY), private_key(ALIPAY_KEY)
IDENTITY = {
    "identity_type": "CERT_INFO",
    "cert_type": "IDENTITY_CARD",
    "cert_name": "李晓明",
    "cert_no": "371300198001010011",
}
ORDER = {
    "out_trade_no": "SB20261124001",
    "total_amount": "88.80",
    "subject": "数字证书",
    "product_code": "QUICK_WAP_WAY",
}


both = pytest.mark.parametrize("db", ["sqlite", "postgresql"], indirect=True)


class Clock:
    now = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def db(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    folder = tmp_path_factory.mktemp("alipay")
    is_sqlite = getattr(request, "param", "sqlite") == "sqlite"
    url = f"sqlite:///{folder}/a.db" if is_sqlite else request.getfixturevalue("postgres_url")
    with migrated(url) as made:
        yield made


@pytest.fixture
def sandbox(db: Database, clock: Clock) -> Iterator[AlipaySandbox]:
    made = AlipaySandbox.open(db, public_key(public_half(APP_KEY)), THEIRS, clock)
    yield made
    made.close()


@pytest.fixture
def gateway(sandbox: AlipaySandbox) -> Iterator[str]:
    app = FastAPI()
    app.include_router(router(sandbox))
    with served(app, listening_socket()) as address:
        yield f"{address}/dev/alipay/gateway.do"


@pytest.fixture
def alipay(gateway: str, clock: Clock) -> Iterator[Alipay]:
    made = Alipay(SANDBOX_APP_ID, OURS, THEIRS.public_key(), clock, gateway)
    yield made
    made.close()


@pytest.fixture
def browser() -> Iterator[httpx.Client]:
    with httpx.Client(trust_env=False) as made:
        yield made


def initialized(alipay: Alipay, order: str = "SB1") -> str:
    business = {
        "outer_order_no": order,
        "biz_code": "FACE",
        "identity_param": IDENTITY,
        "merchant_config": {"return_url": "http://app.example/back"},
    }
    return str(alipay.call("alipay.user.certify.open.initialize", business).content["certify_id"])


@pytest.mark.parametrize(
    ("choice", "passed", "reason"),
    [("pass", "T", None), ("fail", "F", "人脸比对不一致"), ("cancel", "F", None)],
)
def test_a_face_check_by_buttons(
    alipay: Alipay, browser: httpx.Client, choice: str, passed: str, reason: str | None
) -> None:
    certify_id = initialized(alipay)
    opened = browser.get(alipay.page("alipay.user.certify.open.certify", {"certify_id": certify_id}))
    assert opened.status_code == 303
    shown = browser.get(str(opened.url.join(opened.headers["location"])))
    assert "李**，3713***********011" in shown.text
    assert "371300198001010011" not in shown.text
    back = browser.post(str(shown.url), data={"choice": choice})
    assert back.headers["location"] == "http://app.example/back"
    told = alipay.call("alipay.user.certify.open.query", {"certify_id": certify_id}).content
    assert (told["passed"], told.get("fail_reason")) == (passed, reason)


def test_a_decision_on_the_page_is_made_once(alipay: Alipay, browser: httpx.Client) -> None:
    certify_id = initialized(alipay)
    opened = browser.get(alipay.page("alipay.user.certify.open.certify", {"certify_id": certify_id}))
    page = str(opened.url.join(opened.headers["location"]))
    browser.post(page, data={"choice": "fail"})
    browser.post(page, data={"choice": "pass"})
    told = alipay.call("alipay.user.certify.open.query", {"certify_id": certify_id}).content
    assert told["passed"] == "F"


def test_what_the_gateway_refuses(alipay: Alipay, clock: Clock, gateway: str, browser: httpx.Client) -> None:
    initialized(alipay)
    with pytest.raises(AlipayRefused) as again:
        initialized(alipay)
    assert again.value.provider_code == "OUTER_ORDER_NO_DUPLICATE"
    stranger = Alipay(SANDBOX_APP_ID, private_key(new_private_key()), THEIRS.public_key(), clock, gateway)
    with pytest.raises(ProviderRefused) as refused:
        initialized(stranger, "SB2")
    stranger.close()
    assert refused.value.provider_code == "isv.invalid-signature"
    forged = stranger.page("alipay.user.certify.open.certify", {"certify_id": "x"})
    assert browser.get(forged).status_code == 400
    with pytest.raises(ProviderRefused) as unknown:
        alipay.call("alipay.fund.trans.uni.transfer", {"amount": "1"})
    assert unknown.value.provider_code == "isv.invalid-method"
    changed = alipay.page("alipay.trade.wap.pay", ORDER).replace("88.80", "0.01")
    assert browser.get(changed).status_code == 400
    clock.now += timedelta(hours=24)
    with pytest.raises(AlipayRefused) as old:
        alipay.call("alipay.user.certify.open.query", {"certify_id": "0" * 32})
    assert old.value.provider_code == "CERTIFY_ID_EXPIRED"


def paid(alipay: Alipay, browser: httpx.Client, notify_url: str = "") -> httpx.Response:
    page = alipay.page("alipay.trade.wap.pay", ORDER, "http://app.example/paid?a=1", notify_url)
    opened = browser.get(page)
    cashier = browser.get(str(opened.url.join(opened.headers["location"])))
    assert "88.80 元" in cashier.text
    return browser.post(str(cashier.url), data={"choice": "pay"})


@both
def test_a_payment_is_noticed_until_the_receiver_says_success(
    alipay: Alipay, sandbox: AlipaySandbox, browser: httpx.Client, clock: Clock
) -> None:
    with Receiver(["fail", "later", "success"]) as receiver:
        back = paid(alipay, browser, receiver.url)
        assert sandbox.notices.deliver_due() == 0
        assert sandbox.notices.deliver_due() == 0, "the next try is later"
        clock.now += timedelta(seconds=3)
        assert sandbox.notices.deliver_due() == 0
        clock.now += timedelta(seconds=6)
        assert sandbox.notices.deliver_due() == 1
        clock.now += timedelta(days=2)
        assert sandbox.notices.deliver_due() == 0
        first, second, third = receiver.bodies
    assert first == second == third
    form = parse_qsl(first, keep_blank_values=True)
    notice = alipay.read_notice(form)
    assert (notice["out_trade_no"], notice["total_amount"]) == ("SB20261124001", "88.80")
    assert notice["trade_status"] == "TRADE_SUCCESS"
    returned = dict(parse_qsl(urlsplit(back.headers["location"]).query))
    assert returned["trade_no"] == notice["trade_no"]
    for forged in (
        [(name, "8880.00" if name == "total_amount" else value) for name, value in form],
        [*form, ("total_amount", "8880.00")],
        [(name, value) for name, value in form if name != "sign"],
        [(name, "RSA" if name == "sign_type" else value) for name, value in form],
        [(name, value) for name, value in form if name != "refund_fee"],
        [],
    ):
        with pytest.raises(NoticeForged):
            alipay.read_notice(forged)


def test_a_notice_for_another_application_is_refused(alipay: Alipay, clock: Clock) -> None:
    notice = {"app_id": "2021000000000009", "out_trade_no": "1"}
    signature = sign(THEIRS, signed_text(notice, without=frozenset()))
    with pytest.raises(NoticeForged):
        alipay.read_notice([*notice.items(), ("sign_type", "RSA2"), ("sign", signature)])


@both
def test_query_refund_and_close(alipay: Alipay, browser: httpx.Client, sandbox: AlipaySandbox) -> None:
    order = {"out_trade_no": ORDER["out_trade_no"]}
    with pytest.raises(AlipayRefused) as unknown:
        alipay.call("alipay.trade.query", order)
    assert unknown.value.provider_code == "ACQ.TRADE_NOT_EXIST"
    paid(alipay, browser)
    told = alipay.call("alipay.trade.query", order).content
    assert (told["trade_status"], told["total_amount"]) == ("TRADE_SUCCESS", "88.80")
    part = order | {"refund_amount": "8.80", "out_request_no": "R1"}
    for change in ("Y", "N"):  # the same number again gives nothing back
        given = alipay.call("alipay.trade.refund", part).content
        assert (given["fund_change"], given["refund_fee"]) == (change, "8.80")
    with pytest.raises(AlipayRefused, match="DISCORDANT_REPEAT_REQUEST"):
        alipay.call("alipay.trade.refund", part | {"refund_amount": "9.00"})
    with pytest.raises(AlipayRefused, match="REFUND_AMT"):
        alipay.call("alipay.trade.refund", order | {"refund_amount": "80.01", "out_request_no": "R2"})
    with pytest.raises(AlipayRefused, match="TRADE_STATUS_ERROR"):
        alipay.call("alipay.trade.close", order)
    asked = alipay.call("alipay.trade.fastpay.refund.query", order | {"out_request_no": "R1"}).content
    assert (asked["refund_status"], asked["refund_amount"]) == ("REFUND_SUCCESS", "8.80")
    assert (
        "refund_status"
        not in alipay.call("alipay.trade.fastpay.refund.query", order | {"out_request_no": "R9"}).content
    )


def test_a_trade_that_nobody_pays_in_time_is_closed(
    alipay: Alipay, browser: httpx.Client, clock: Clock
) -> None:
    page = alipay.page("alipay.trade.wap.pay", ORDER | {"time_expire": "2026-11-24 16:30:00"})
    opened = browser.get(page)
    cashier = str(opened.url.join(opened.headers["location"]))
    clock.now += timedelta(minutes=31)
    browser.post(cashier, data={"choice": "pay"})
    told = alipay.call("alipay.trade.query", {"out_trade_no": ORDER["out_trade_no"]}).content
    assert told["trade_status"] == "TRADE_CLOSED"


METHOD = "alipay.trade.query"


def answered(inner: str, node: str = "alipay_trade_query_response", signature: str | None = None) -> bytes:
    signed = sign(THEIRS, inner) if signature is None else signature
    return f'{{"{node}":{inner},"sign":"{signed}"}}'.encode()


def test_the_text_is_verified_as_it_stands() -> None:
    inner = (
        '{"code":"10000","msg":"Success","url":"https:\\/\\/a","b": "\\u5f20","sign":"x\\",\\"sign\\":\\"y"}'
    )
    read = read_answer(answered(inner), METHOD, THEIRS.public_key())
    assert (read.content["b"], read.text) == ("张", inner)


SUCCESS = '{"code":"10000","msg":"Success"}'


@pytest.mark.parametrize(
    "body",
    [
        answered(SUCCESS, signature="AAAA"),
        answered(SUCCESS, signature=sign(OURS, SUCCESS)),
        answered(SUCCESS, node="alipay_trade_refund_response"),
        answered(SUCCESS, node="error_response"),
        answered(SUCCESS).replace(b"Success", b"Succes!"),
        f'{{"alipay_trade_query_response":{SUCCESS}}}'.encode(),
        b'{"alipay_trade_query_response":{"code":"10000"},' + answered(SUCCESS)[1:],
        answered('"10000"'),
        b"<html>",
        b"\xff",
        b"[" * 100_000,
    ],
)
def test_forged_answers_are_not_believed(body: bytes) -> None:
    with pytest.raises(ProviderAnswerInvalid):
        read_answer(body, METHOD, THEIRS.public_key())


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        ({"code": "40004", "sub_code": "ACQ.TRADE_NOT_EXIST"}, AlipayRefused),
        ({"code": "40004", "sub_code": "ACQ.SYSTEM_ERROR"}, ProviderUnreachable),
        ({"code": "20000", "sub_code": "isp.unknow-error"}, ProviderUnreachable),
        ({"code": "40006", "sub_code": "isv.insufficient-isv-permissions"}, ProviderRefused),
        ({}, ProviderRefused),
    ],
)
def test_refusals_by_their_codes(content: dict[str, str], refusal: type[Exception]) -> None:
    with pytest.raises(refusal) as refused:
        read_answer(answered(json.dumps(content)), METHOD, THEIRS.public_key())
    assert type(refused.value) is refusal


@pytest.mark.parametrize("status", [500, 302])
def test_a_gateway_in_trouble(clock: Clock, status: int) -> None:
    with Receiver(["x"], status) as receiver:
        alipay = Alipay(SANDBOX_APP_ID, OURS, THEIRS.public_key(), clock, receiver.url)
        with pytest.raises(ProviderUnreachable):
            alipay.call(METHOD, {"out_trade_no": "1"})
    with pytest.raises(ProviderUnreachable) as nobody:
        alipay.call(METHOD, {"out_trade_no": "SECRET"})
    assert nobody.value.__cause__ is None
    alipay.close()


def test_the_official_sdk_signs_the_same() -> None:
    """Expected: what alipay-sdk-python 3.7.1411's get_sign_content makes of this."""
    form = {"app_id": "1", "method": "m", "biz_content": '{"name":"张 三&="}', "charset": "utf-8"}
    text = signed_text(form | {"return_url": "", "sign": "x"}, without=frozenset({"sign"}))
    assert text == 'app_id=1&biz_content={"name":"张 三&="}&charset=utf-8&method=m'
    made = base64.b64decode(sign(OURS, text))
    OURS.public_key().verify(made, text.encode(), padding.PKCS1v15(), hashes.SHA256())
    assert not is_signed(OURS.public_key(), text + " ", sign(OURS, text))


def test_pages_carry_their_signature_beside_what_is_signed(alipay: Alipay) -> None:
    asked = parse_qs(urlsplit(alipay.page("alipay.trade.wap.pay", ORDER, "http://a/b?c=d&e")).query)
    form = {name: values[0] for name, values in asked.items()}
    assert is_signed(OURS.public_key(), signed_text(form, without=frozenset({"sign"})), form["sign"])
    assert form["timestamp"] == "2026-11-24 16:00:00", "Beijing's time"


def test_keys_as_the_console_gives_them() -> None:
    bare = "".join(ALIPAY_KEY.splitlines()[1:-1])
    assert private_key(bare).private_numbers() == THEIRS.private_numbers()
    public = "".join(public_half(ALIPAY_KEY).splitlines()[1:-1])
    assert public_key(public) == THEIRS.public_key()
    for broken in ("", "MIIB", "-----BEGIN PRIVATE KEY-----\nAA\n-----END PRIVATE KEY-----"):
        with pytest.raises(ConfigurationRefused):
            private_key(broken)
        with pytest.raises(ConfigurationRefused):
            public_key(broken)

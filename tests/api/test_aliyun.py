"""Alibaba Cloud's signature: against the documentation's example, the official SDK's answers, and attacks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from api.outside.aliyun.client import AliyunClient
from api.outside.aliyun.gate import Gate, SignedRequest
from api.outside.aliyun.signature import authorization, digest
from api.outside.errors import ProviderRefused, ProviderUnreachable

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
ENDPOINT = "https://dysmsapi.aliyuncs.com"


def signature_of(header: str) -> str:
    return header.rpartition("Signature=")[2]


def test_the_example_of_the_documentation() -> None:
    """https://help.aliyun.com/zh/sdk/product-overview/v3-request-structure-and-signature"""
    query = {
        "ImageId": "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd",
        "RegionId": "cn-shanghai",
    }
    headers = {
        "host": "ecs.cn-shanghai.aliyuncs.com",
        "x-acs-action": "RunInstances",
        "x-acs-content-sha256": digest(b""),
        "x-acs-date": "2023-10-26T10:22:32Z",
        "x-acs-signature-nonce": "3156853299f313e23d1673dc12e1703d",
        "x-acs-version": "2014-05-26",
    }
    made = authorization("POST", "/", query, headers, "YourAccessKeyId", "YourAccessKeySecret")
    assert signature_of(made) == "06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"


@pytest.mark.parametrize(
    ("query", "body", "expected"),
    [
        (
            {
                "PhoneNumbers": "13800001234",
                "SignName": "阿里云短信测试",
                "TemplateCode": "SMS_154950909",
                "TemplateParam": '{"code":"042137"}',
            },
            b"",
            "f888bf502cb4af4f74ca3f0873a3a26ab418d1fadf647cdd6043b8f97a8b699b",
        ),
        (
            {"b": "2 *~", "a": "张"},
            b"Mode=id_type&Text=%E5%BC%A0%E4%B8%89%20a%2A~",
            "384bab4b2c856da6852d46437e045e4b87e4dfaae7002e576c04b8f14454de92",
        ),
    ],
)
def test_the_official_sdk_signs_the_same(query: dict[str, str], body: bytes, expected: str) -> None:
    """Expected: what alibabacloud-tea-openapi 0.4.6 answered for these requests."""
    headers = {
        "host": "dysmsapi.aliyuncs.com",
        "x-acs-version": "2017-05-25",
        "x-acs-action": "SendSms",
        "x-acs-date": "2026-11-24T08:00:00Z",
        "x-acs-signature-nonce": "d410180a5abf7fe235dd9b74aca91fc0",
        "accept": "application/json",
        "x-acs-content-sha256": digest(body),
    }
    if body:
        headers["content-type"] = "application/x-www-form-urlencoded"
    made = authorization("POST", "/", query, headers, "LTAI-example", "a secret")
    assert signature_of(made) == expected


def arrived(request: httpx.Request, **changes: Any) -> SignedRequest:
    """The request as a server sees it, with some of it changed on the way."""
    parts = {
        "method": request.method,
        "path": request.url.path,
        "parameters": dict(request.url.params),
        "headers": dict(request.headers) | changes.pop("headers", {}),
        "body": request.content,
    }
    return SignedRequest(**(parts | changes))


def sent(form: dict[str, str] | None = None, secret: str = "the secret", at: datetime = NOW) -> httpx.Request:
    """What the client puts on the wire."""
    seen: list[httpx.Request] = []

    def keep(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={"Code": "OK"})

    with httpx.Client(transport=httpx.MockTransport(keep)) as http:
        client = AliyunClient(ENDPOINT, "LTAI", secret, lambda: at, http)
        assert client.call("Do", "2020-01-01", {"Name": "张 三*~/+&="}, form) == {"Code": "OK"}
    return seen[0]


@pytest.mark.parametrize("form", [None, {"IdCard": "371300198001010000", "Name": "李 四+"}])
def test_what_the_client_signs_passes_once(form: dict[str, str] | None) -> None:
    gate, request = Gate("LTAI", "the secret"), sent(form)
    assert gate.check(arrived(request), NOW) is None
    replayed = gate.check(arrived(request), NOW + timedelta(minutes=1))
    assert replayed is not None
    assert replayed.code == "SignatureNonceUsed"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"method": "GET"}, "SignatureDoesNotMatch"),
        ({"path": "/other"}, "SignatureDoesNotMatch"),
        ({"parameters": {"Name": "王五"}}, "SignatureDoesNotMatch"),
        ({"body": b"Name=y"}, "SignatureDoesNotMatch"),
        ({"headers": {"x-acs-action": "Other"}}, "SignatureDoesNotMatch"),
        ({"headers": {"x-acs-security-token": "smuggled"}}, "IncompleteSignature"),
        ({"headers": {"authorization": "ACS3-HMAC-SHA256 nonsense"}}, "IncompleteSignature"),
        ({"headers": {"authorization": ""}}, "IncompleteSignature"),
    ],
)
def test_what_was_changed_on_the_way_is_refused(changes: dict[str, Any], code: str) -> None:
    refused = Gate("LTAI", "the secret").check(arrived(sent({"Name": "x"}), **changes), NOW)
    assert refused is not None
    assert refused.code == code


def test_strangers_and_old_calls_are_refused() -> None:
    gate = Gate("LTAI", "the secret")
    for request, code in [
        (sent(secret="guessed"), "SignatureDoesNotMatch"),
        (sent(at=NOW - timedelta(minutes=16)), "InvalidTimeStamp.Expired"),
        (sent(at=NOW + timedelta(minutes=16)), "InvalidTimeStamp.Expired"),
    ]:
        refused = gate.check(arrived(request), NOW)
        assert refused is not None
        assert refused.code == code
    other = Gate("LTAI-other", "the secret").check(arrived(sent()), NOW)
    assert other is not None
    assert (other.status, other.code) == (404, "InvalidAccessKeyId.NotFound")


def answering(status: int, **content: Any) -> AliyunClient:
    http = httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(status, **content)))
    return AliyunClient(ENDPOINT, "LTAI", "the secret", lambda: NOW, http)


@pytest.mark.parametrize(
    ("status", "content"), [(503, {"json": {"Code": "Busy"}}), (200, {"text": "<html>"}), (200, {"json": []})]
)
def test_what_is_no_answer(status: int, content: dict[str, Any]) -> None:
    with pytest.raises(ProviderUnreachable):
        answering(status, **content).call("Do", "2020-01-01", {})


def test_refusals_keep_the_providers_code() -> None:
    with pytest.raises(ProviderRefused) as refused:
        answering(400, json={"Code": "SignatureDoesNotMatch"}).call("Do", "2020-01-01", {})
    assert refused.value.provider_code == "SignatureDoesNotMatch"


def test_a_broken_line_tells_no_parameters() -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError(f"cannot reach {request.url}")

    client = AliyunClient(
        ENDPOINT, "LTAI", "x", lambda: NOW, httpx.Client(transport=httpx.MockTransport(fail))
    )
    with pytest.raises(ProviderUnreachable) as refused:
        client.call("Do", "2020-01-01", {"Name": "SECRET"})
    assert "SECRET" not in str(refused.value)
    assert refused.value.__cause__ is None

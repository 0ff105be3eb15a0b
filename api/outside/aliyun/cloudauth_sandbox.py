"""The server's side of ID Verification for development. Whom it knows is decided by test data:

- a name that ends in 错 is not the number's (BizCode 2); born in 1900: no record (3); 故障 as name: code 500;
- a phone that ends in 0000 is not the card's (SubCode 201); a card that begins with 6200: not enabled (202).
  Everybody else agrees. Nothing is kept.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final
from urllib.parse import parse_qsl

from fastapi import APIRouter

from api.outside.aliyun.cloudauth import VERSION
from api.outside.aliyun.gate import Gate, Refusal, SignedRequest
from api.outside.aliyun.serving import sandbox_router

PATH: Final = "/dev/aliyun/cloudauth"
KEY_ID: Final = "sandbox"


class CloudauthSandbox:
    """Checks what the provider checks, and answers by the test data."""

    def __init__(self, key_secret: str, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._gate = Gate(KEY_ID, key_secret)

    def answer(self, request: SignedRequest) -> tuple[int, dict[str, Any]]:
        """HTTP status and JSON, as Alibaba Cloud answers: the gateway with 4xx, a check with 200."""
        refused = self._gate.check(request, self._clock())
        checks = {"Id2MetaVerify": _police, "BankMetaVerify": _bank}
        check = checks.get(request.headers.get("x-acs-action", ""))
        if refused is None and (check is None or request.headers.get("x-acs-version") != VERSION):
            refused = Refusal(404, "InvalidAction.NotFound")
        if refused is not None or check is None:
            refusal = refused or Refusal(404, "InvalidAction.NotFound")
            return refusal.status, refusal.body()
        body = dict(parse_qsl(request.body.decode(errors="replace"), keep_blank_values=True))
        code, result = check({**request.parameters, **body})
        told = {"Code": code, "Message": "success" if code == "200" else code, "ResultObject": result}
        return 200, told | {"RequestId": secrets.token_hex(16).upper()}


def _police(asked: Mapping[str, str]) -> tuple[str, dict[str, str] | None]:
    name, number = asked.get("UserName", ""), asked.get("IdentifyNum", "")
    if asked.get("ParamType") != "normal" or not name or len(number) != 18:
        return "401", None
    if name == "故障":
        return "500", None
    if number[6:10] == "1900":
        return "200", {"BizCode": "3"}
    return "200", {"BizCode": "2" if name.endswith("错") else "1"}


def _bank(asked: Mapping[str, str]) -> tuple[str, dict[str, str] | None]:
    code, person = _police(asked)
    card, mobile = asked.get("BankCard", ""), asked.get("Mobile", "")
    is_four = asked.get("ProductType") == "BANK_CARD_4_META" and asked.get("VerifyMode") == "VERIFY_BANK_CARD"
    if code != "200" or person is None or not (is_four and card and mobile):
        return (code if code != "200" else "401"), None
    if person["BizCode"] != "1" or mobile.endswith("0000"):
        return "200", {"BizCode": "2", "SubCode": "201"}
    if card.startswith("6200"):
        return "200", {"BizCode": "2", "SubCode": "202"}
    return "200", {"BizCode": "1", "SubCode": "101"}


def router(sandbox: CloudauthSandbox) -> APIRouter:
    """Where the adapters call in development."""
    return sandbox_router(PATH, sandbox.answer)

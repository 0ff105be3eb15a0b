"""The server's side of SendSms for development: checks what the provider checks, and keeps the message."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from fastapi import APIRouter
from sqlalchemy import Column, Integer, String, Table, delete, desc, insert, select

from api.db import Database, UtcDateTime, metadata
from api.outside.aliyun.gate import Gate, Refusal, SignedRequest
from api.outside.aliyun.serving import sandbox_router
from api.outside.sms import VERSION

PATH: Final = "/dev/aliyun/sms"
KEY_ID: Final = "sandbox"
SIGN_NAME: Final = "标证通演示"
TEMPLATE_CODE: Final = "SMS_100000001"
_KEPT: Final = 50
_NUMBER: Final = re.compile(r"1[3-9][0-9]{9}")

sandbox_message = Table(
    "outside_sandbox_sms",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("phone", String(11), nullable=False),
    Column("code", String(8), nullable=False),
    Column("sent_at", UtcDateTime, nullable=False),
)


@dataclass(frozen=True, slots=True)
class SandboxMessage:
    """A message that was not sent to anybody."""

    phone: str
    code: str
    sent_at: datetime


class SmsSandbox:
    """Keeps the last messages for /dev/inbox. Development alone: whoever reads it can sign in as anybody."""

    def __init__(self, db: Database, key_secret: str, clock: Callable[[], datetime]) -> None:
        self._db = db
        self._clock = clock
        self._gate = Gate(KEY_ID, key_secret)

    def answer(self, request: SignedRequest) -> tuple[int, dict[str, Any]]:
        """HTTP status and JSON, as Alibaba Cloud answers: the gateway with 4xx, SendSms with 200."""
        now = self._clock()
        refused = self._gate.check(request, now)
        asked = (request.headers.get("x-acs-action"), request.headers.get("x-acs-version"))
        if refused is None and asked != ("SendSms", VERSION):
            refused = Refusal(404, "InvalidAction.NotFound")
        if refused is not None:
            return refused.status, refused.body()
        code = self._take(request, now)
        told = {"Code": code, "Message": code, "RequestId": secrets.token_hex(16).upper()}
        return 200, told | ({"BizId": f"{secrets.randbelow(10**18):018d}^0"} if code == "OK" else {})

    def inbox(self) -> list[SandboxMessage]:
        """The last messages, newest first."""
        asked = select(sandbox_message).order_by(desc(sandbox_message.c.id)).limit(_KEPT)
        with self._db.read() as tx:
            return [SandboxMessage(row.phone, row.code, row.sent_at) for row in tx.execute(asked)]

    def _take(self, request: SignedRequest, now: datetime) -> str:
        told = request.parameters
        if told.get("SignName") != SIGN_NAME:
            return "isv.SMS_SIGNATURE_ILLEGAL"
        if told.get("TemplateCode") != TEMPLATE_CODE:
            return "isv.SMS_TEMPLATE_ILLEGAL"
        if not _NUMBER.fullmatch(told.get("PhoneNumbers", "")):
            return "isv.MOBILE_NUMBER_ILLEGAL"
        try:
            values = json.loads(told.get("TemplateParam", ""))
        except ValueError:
            return "isv.INVALID_JSON_PARAM"
        if not isinstance(values, dict) or not isinstance(values.get("code"), str):
            return "isv.TEMPLATE_MISSING_PARAMETERS"
        self._keep(told["PhoneNumbers"], values["code"], now)
        return "OK"

    def _keep(self, phone: str, code: str, now: datetime) -> None:
        row = {"phone": phone, "code": code[:8], "sent_at": now}
        with self._db.write() as tx:
            made = insert(sandbox_message).values(row).returning(sandbox_message.c.id)
            newest = tx.execute(made).scalar_one()
            tx.execute(delete(sandbox_message).where(sandbox_message.c.id <= newest - _KEPT))


def router(sandbox: SmsSandbox) -> APIRouter:
    """Where the adapter calls in development."""
    return sandbox_router(PATH, sandbox.answer)

"""The face check: opened by a call, decided by a person on the page, told by a call."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Row, insert, select, update
from sqlalchemy.exc import IntegrityError

from api.db import Database
from api.outside.alipay.sandbox.gateway import Refusal, Request
from api.outside.alipay.sandbox.tables import certification

_LIFETIME: Final = timedelta(hours=23)
_BIZ_CODES: Final = frozenset({"FACE", "CERT_PHOTO", "CERT_PHOTO_FACE", "SMART_FACE"})


class Certifications:
    """alipay.user.certify.open.initialize, .certify and .query."""

    def __init__(self, db: Database, clock: Callable[[], datetime]) -> None:
        self._db = db
        self._clock = clock

    def initialize(self, request: Request) -> dict[str, Any]:
        """Open a check of one person. Raises Refusal."""
        identity = _object(request, "identity_param")
        wanted = ("identity_type", "CERT_INFO"), ("cert_type", "IDENTITY_CARD")
        if any(identity.get(name) != value for name, value in wanted):
            raise Refusal.business("INVALID_PARAMETER", "证件类型不支持")
        if request.text("biz_code") not in _BIZ_CODES:
            raise Refusal.business("INVALID_PARAMETER", "认证场景码不支持")
        number, name = str(identity.get("cert_no", "")), str(identity.get("cert_name", ""))
        if len(number) != 18 or not name:
            raise Refusal.business("INVALID_PARAMETER", "姓名或证件号码不正确")
        row = {
            "certify_id": secrets.token_hex(16),
            "outer_order_no": request.text("outer_order_no"),
            "shown": f"{name[:1]}{'*' * (len(name) - 1)}，{number[:4]}{'*' * 11}{number[-3:]}",
            "return_url": str(_object(request, "merchant_config").get("return_url", "")),
            "status": "waiting",
            "fail_reason": "",
            "created_at": self._clock(),
        }
        try:
            with self._db.write() as tx:
                tx.execute(insert(certification).values(row))
        except IntegrityError:
            raise Refusal.business("OUTER_ORDER_NO_DUPLICATE", "商户请求单号重复") from None
        return {"certify_id": row["certify_id"]}

    def query(self, request: Request) -> dict[str, Any]:
        """``passed`` T or F; an F without a reason has not been decided. Raises Refusal."""
        found = self.find(request.text("certify_id"))
        told = {"passed": "T" if found.status == "passed" else "F"}
        return told | ({"fail_reason": found.fail_reason} if found.fail_reason else {})

    def find(self, certify_id: str) -> Row[Any]:
        """A check that is known and not too old. Raises Refusal."""
        asked = select(certification).where(certification.c.certify_id == certify_id)
        with self._db.read() as tx:
            found = tx.execute(asked).one_or_none()
        if found is None or found.created_at + _LIFETIME < self._clock():
            raise Refusal.business("CERTIFY_ID_EXPIRED", "certify_id 无效或已过期")
        return found

    def decide(self, certify_id: str, passed: bool) -> None:
        """What the person chose on the page; once."""
        mine = certification.c.certify_id == certify_id, certification.c.status == "waiting"
        decided = {"status": "passed", "fail_reason": ""}
        if not passed:
            decided = {"status": "failed", "fail_reason": "人脸比对不一致"}
        with self._db.write() as tx:
            tx.execute(update(certification).where(*mine).values(decided))


def _object(request: Request, name: str) -> dict[str, Any]:
    value = request.business.get(name)
    if not isinstance(value, dict):
        raise Refusal.invalid("isv.missing-parameter", f"缺少参数 {name}")
    return value

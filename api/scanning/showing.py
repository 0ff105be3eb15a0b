"""What a phone shows of a request: what one signs is what one sees. Pure of storage."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from api.timezone import CHINA
from mobile_bridge.server.rules import SessionKind


@dataclass(frozen=True, slots=True)
class ShownDocument:
    """A document, a file of the platform, or an envelope. ``pages``: where the service has the document.

    ``sha256``: of an envelope, the digest of its recipient's part. ``places``: of seals. ``certify``,
    ``lock``: what nobody may change after.
    """

    title: str
    sha256: str
    pages: int | None = None
    places: tuple[Mapping[str, Any], ...] = ()
    certify: int | None = None
    lock: Mapping[str, Any] | None = None


Fact = tuple[str, str]
"""A line: label and value, in Chinese."""

_RECORD = "企业名称、统一社会信用代码、法定代表人、您的角色与权限、您名下的签名证书和加密证书"


def documents_of(kind: SessionKind, request: Mapping[str, Any]) -> list[ShownDocument]:
    """What the approval is about, one by one."""
    if kind is SessionKind.SIGN:
        return [
            ShownDocument(
                one["title"],
                one["sha256"],
                places=tuple(one["places"]),
                certify=one.get("certify"),
                lock=one.get("lock"),
            )
            for one in request["documents"]
        ]
    if kind is SessionKind.GENERATE:
        return [ShownDocument(request["file"]["title"], request["file"]["sha256"])]
    if kind is SessionKind.DEPOSIT:
        return [ShownDocument(one["title"], one["sha256"]) for one in request["envelopes"]]
    if kind is SessionKind.DECRYPT:
        return [
            ShownDocument(one["title"], hashlib.sha256(one["recipient"].encode()).hexdigest())
            for one in request["envelopes"]
        ]
    return []


def facts_of(kind: SessionKind, request: Mapping[str, Any]) -> list[Fact]:
    """The lines that say what is asked for."""
    match kind:
        case SessionKind.BIND:
            named, code = request.get("user_name"), request.get("credit_code")
            user = request["user"] if named is None else f"{named}（{request['user']}）"
            return [("平台账号", user), *([] if code is None else [("统一社会信用代码", code)])]
        case SessionKind.TOOL_LOGIN:
            return [("工具", request["tool"])]
        case SessionKind.SIGN:
            return [("签署事由", request["reason"])]
        case SessionKind.GENERATE:
            size = ("文件大小", f"{request['file']['bytes']} 字节")
            return [*((one["label"], one["value"]) for one in request.get("facts", ())), size]
        case SessionKind.RECORD:
            return [("将提供的信息", _RECORD)]
        case SessionKind.DEPOSIT | SessionKind.DECRYPT:
            return _opening(request["tender"])
    return []


def _opening(tender: Mapping[str, Any]) -> list[Fact]:
    """A bidder sees when the bid will be opened, in the time of this country, before agreeing to it."""
    lines = [("项目名称", tender["title"]), ("项目编号", tender["number"])]
    for label, name in (("开标时间", "opens_at"), ("解密截止", "closes_at")):
        if name in tender:
            at = datetime.fromisoformat(tender[name]).astimezone(CHINA)
            lines.append((label, at.isoformat(" ", "seconds").removesuffix("+08:00")))
    return lines

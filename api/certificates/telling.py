"""Holders are told what became of their certificates, whoever did it."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from api.certificates import queries
from api.certificates.rules import Purpose
from api.errors import NotFound
from api.messages.kinds import MessageKind
from api.messages.posting import post

_BECAUSE: Final = {  # RFC 5280, section 5.3.1
    "key_compromise": "密钥可能已泄露",
    "affiliation_changed": "您与该企业的关系已变更",
    "superseded": "证书已被更换",
    "cessation_of_operation": "证书不再需要",
    "privilege_withdrawn": "不再符合证书的使用条件",
}


def tell_revoked(tx: Connection, serial: str, reason: str, now: datetime) -> None:
    """证书已吊销, once for a serial number; of a dual certificate the signing half speaks for both."""
    _tell(tx, serial, MessageKind.CERTIFICATE_REVOKED, now, _BECAUSE.get(reason, ""), once=True)


def tell_suspended(tx: Connection, serial: str, now: datetime) -> None:
    """证书已冻结, by an operator."""
    _tell(tx, serial, MessageKind.CERTIFICATE_SUSPENDED, now, "认证机构冻结")


def tell_released(tx: Connection, serial: str, now: datetime) -> None:
    """证书已解冻, by an operator."""
    _tell(tx, serial, MessageKind.CERTIFICATE_RELEASED, now)


def _tell(
    tx: Connection, serial: str, kind: MessageKind, now: datetime, reason: str = "", *, once: bool = False
) -> None:
    try:
        held = queries.find(tx, serial)
    except NotFound:  # a server's or a device's: nobody has an app for it
        return
    if held.purpose is not Purpose.SIGNING:
        return
    facts = {"enterprise": held.enterprise_name or "", "reason": reason}
    key = f"{kind}:{held.serial}" if once else None
    post(tx, held.person_id, kind, now, serial=held.serial, facts=facts, key=key)

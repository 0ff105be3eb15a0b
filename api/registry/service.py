"""Finding certificates, and suspending, releasing and revoking them."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

from api.certificates import queries
from api.db import Database
from ca.errors import CertificateUnknown
from ca.ledger import Entry, Ledger
from ca.revocation import Revoker

_SERIAL: Final = re.compile(r"[0-9a-f]{1,40}")


class Registry:
    """证书管理, for operators."""

    def __init__(self, db: Database, ledger: Ledger, revoker: Revoker) -> None:
        self._db = db
        self._ledger = ledger
        self._revoker = revoker

    def of_enterprise(self, credit_code: str) -> list[Entry]:
        """An enterprise's certificates, newest first."""
        with self._db.read() as tx:
            serials = [held.serial for held in queries.of_enterprise(tx, credit_code)]
        return [self._ledger.find(int(serial, 16)) for serial in serials]

    def find(self, serial: str) -> Entry:
        """One certificate by its serial number in hexadecimal, colons or not. Raises CertificateUnknown."""
        return self._ledger.find(_number(serial))

    def suspend(self, serial: str) -> Entry:
        """冻结. Raises CertificateUnknown, StatusConflict."""
        return self._after(self._revoker.suspend(_number(serial)))

    def release(self, serial: str) -> Entry:
        """解冻. Raises CertificateUnknown, StatusConflict."""
        return self._after(self._revoker.release(_number(serial)))

    def revoke(self, serial: str, reason: str, invalidity_date: datetime | None) -> Entry:
        """吊销. Raises CertificateUnknown, StatusConflict, ReasonRefused."""
        return self._after(self._revoker.revoke(_number(serial), reason, invalidity_date))

    def _after(self, before: Entry) -> Entry:
        return self._ledger.find(before.serial)


def _number(serial: str) -> int:
    plain = serial.replace(":", "").strip().lower()
    if not _SERIAL.fullmatch(plain):
        raise CertificateUnknown("a serial number of up to 40 hexadecimal digits is expected")
    return int(plain, 16)

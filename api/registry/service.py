"""Suspending, releasing and revoking certificates."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from api.certificates.suspension import forget, take_over
from api.certificates.telling import tell_released, tell_revoked, tell_suspended
from api.db import Database
from ca.errors import CertificateUnknown, StatusConflict
from ca.ledger import Entry, Ledger
from ca.revocation import Revoker
from ca.status import Standing, standing

_SERIAL: Final = re.compile(r"[0-9a-f]{1,40}")


class Registry:
    """证书管理, for operators. Holders are told of what is done to their certificates, with the act."""

    def __init__(self, db: Database, ledger: Ledger, revoker: Revoker, clock: Callable[[], datetime]) -> None:
        self._db = db
        self._clock = clock
        self._ledger = ledger
        self._revoker = revoker

    def find(self, serial: str) -> Entry:
        """One certificate by its serial number in hexadecimal, colons or not. Raises CertificateUnknown."""
        return self._ledger.find(_number(serial))

    def suspend(self, serial: str) -> Entry:
        """冻结; what its holder suspended is from now on released by operators alone.

        Raises CertificateUnknown, StatusConflict.
        """
        number = _number(serial)

        def also(tx: Connection) -> None:
            take_over(tx, f"{number:x}")
            tell_suspended(tx, f"{number:x}", self._clock())

        try:
            before = self._revoker.suspend(number, also)
        except StatusConflict:
            before = self._ledger.find(number)
            if standing(before.revocation) is not Standing.SUSPENDED or not self._take_over(number):
                raise
            return before
        return self._after(before)

    def release(self, serial: str) -> Entry:
        """解冻. Raises CertificateUnknown, StatusConflict."""
        number = _number(serial)

        def also(tx: Connection) -> None:
            forget(tx, f"{number:x}")
            tell_released(tx, f"{number:x}", self._clock())

        return self._after(self._revoker.release(number, also))

    def revoke(self, serial: str, reason: str, invalidity_date: datetime | None) -> Entry:
        """吊销. Raises CertificateUnknown, StatusConflict, ReasonRefused."""
        number = _number(serial)

        def also(tx: Connection) -> None:
            tell_revoked(tx, f"{number:x}", reason, self._clock())

        return self._after(self._revoker.revoke(number, reason, invalidity_date, also))

    def _take_over(self, serial: int) -> bool:
        with self._db.write() as tx:
            return take_over(tx, f"{serial:x}")

    def _after(self, before: Entry) -> Entry:
        return self._ledger.find(before.serial)


def _number(serial: str) -> int:
    return int(plain_serial(serial), 16)


def plain_serial(serial: str) -> str:
    """As the ledger has it. Raises CertificateUnknown."""
    plain = serial.replace(":", "").strip().lower()
    if not _SERIAL.fullmatch(plain):
        raise CertificateUnknown("a serial number of up to 40 hexadecimal digits is expected")
    return plain.lstrip("0") or "0"

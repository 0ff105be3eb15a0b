"""SMS codes: asked for, kept as HMACs, tried a few times, used once."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update

from api.accounts.errors import SmsCodeExpired, SmsCodeWrong
from api.accounts.rules import CODE_DIGITS, CODE_LIFETIME, CODE_TRIES, check_resend
from api.accounts.tables import sms_code
from api.db import Database
from api.outside.sms import SmsSender


class SmsCodes:
    """Sends and checks codes. ``key``: the server's secret, without which a stolen table tells no code."""

    def __init__(self, db: Database, sender: SmsSender, key: bytes, clock: Callable[[], datetime]) -> None:
        self._db = db
        self._sender = sender
        self._key = key
        self._clock = clock

    def send(self, phone: str) -> None:
        """Make a code and send it; an earlier one is void. Raises SmsTooSoon."""
        now = self._clock()
        code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"
        with self._db.write() as tx:
            self._replace(tx, phone, code, now)
        self._sender.send_code(phone, code, now)

    def redeem(self, phone: str, code: str) -> None:
        """Use a code up. Raises SmsCodeWrong, SmsCodeExpired."""
        now = self._clock()
        with self._db.write() as tx:  # the try counts whatever comes of it, so it is committed first
            counted = tx.execute(
                update(sms_code)
                .where(sms_code.c.phone == phone, sms_code.c.tries < CODE_TRIES, sms_code.c.expires_at > now)
                .values(tries=sms_code.c.tries + 1)
                .returning(sms_code.c.code_mac, sms_code.c.tries)
            ).one_or_none()
        if counted is None:
            raise SmsCodeExpired("no code waits for this number")
        if not hmac.compare_digest(counted.code_mac, self._mac(phone, code)):
            raise SmsCodeWrong("another code was sent", tries_left=CODE_TRIES - counted.tries)
        self._use_up(phone, counted.code_mac, now)

    def _replace(self, tx: Connection, phone: str, code: str, now: datetime) -> None:
        last = tx.execute(select(sms_code.c.sent_at).where(sms_code.c.phone == phone)).scalar_one_or_none()
        check_resend(last, now)
        tx.execute(delete(sms_code).where(sms_code.c.phone == phone))
        row = {"phone": phone, "code_mac": self._mac(phone, code), "tries": 0}
        tx.execute(insert(sms_code).values(row | {"sent_at": now, "expires_at": now + CODE_LIFETIME}))

    def _use_up(self, phone: str, mac: str, now: datetime) -> None:
        # The row stays, so that the pause before the next code still counts from when this one was sent.
        used = update(sms_code).where(
            sms_code.c.phone == phone, sms_code.c.code_mac == mac, sms_code.c.expires_at > now
        )
        with self._db.write() as tx:
            if tx.execute(used.values(expires_at=now)).rowcount != 1:
                raise SmsCodeExpired("the code was used by another request at the same moment")

    def _mac(self, phone: str, code: str) -> str:
        return hmac.new(self._key, f"sms\0{phone}\0{code}".encode(), hashlib.sha256).hexdigest()

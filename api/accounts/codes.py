"""SMS codes: asked for at a pace, kept as HMACs, tried a few times, used once, each for one purpose."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from api.accounts.errors import SmsCodeExpired, SmsCodeWrong, SmsLimit, TriesPaused
from api.accounts.pacing import Pacing
from api.accounts.rules import (
    CODE_DIGITS,
    CODE_LIFETIME,
    CODE_TRIES,
    CODE_TRIES_ALL,
    CODES_FROM_ADDRESS,
    CODES_TO_NUMBER,
    CODES_TO_NUMBER_FROM_ADDRESS,
    CODES_TO_OWNER,
    TRIES_FROM_ADDRESS,
    TRIES_OF_CODE,
    Pace,
    Purpose,
    check_resend,
    seconds,
)
from api.accounts.tables import sms_code
from api.db import Database
from api.errors import AppError
from api.outside.sms import SmsSender


class SmsCodes:
    """Sends and checks codes. Networks are those of ``rules.network_of``."""

    def __init__(
        self, db: Database, sender: SmsSender, pacing: Pacing, clock: Callable[[], datetime]
    ) -> None:
        self._db = db
        self._sender = sender
        self._pacing = pacing
        self._clock = clock

    def send(self, phone: str, purpose: Purpose, network: str, *, is_owner: bool = False) -> None:
        """Make a code and send it; an earlier one for the purpose is void.

        ``is_owner``: the number's person was here before, so strangers' requests do not count. A code that
        could not be sent is as if it was never asked for. Raises SmsTooSoon, SmsLimit, and what the sender
        raises.
        """
        now = self._clock()
        code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"
        paces = _paces(phone, network, is_owner)
        with self._db.write() as tx:
            for pace, about in paces:
                if wait := self._pacing.spend(tx, pace, now, *about):
                    raise SmsLimit(f"too many codes: {about[0]}", wait_seconds=seconds(wait))
            self._replace(tx, phone, purpose, code, now)
        try:
            self._sender.send_code(phone, code, now)
        except AppError:
            self._take_back(phone, purpose, code, now, paces)
            raise

    def redeem(self, phone: str, purpose: Purpose, code: str, network: str) -> None:
        """Use a code up. Raises SmsCodeWrong, SmsCodeExpired, TriesPaused."""
        now = self._clock()
        mac = self._mac(phone, purpose, code)
        mine = (sms_code.c.phone == phone, sms_code.c.purpose == purpose.value, sms_code.c.expires_at > now)
        with self._db.write() as tx:  # the try counts whatever comes of it, so it is committed first
            tries_left = self._count_try(tx, phone, purpose, network, now)
            kept = tx.execute(select(sms_code.c.code_mac).where(*mine)).scalar_one_or_none()
        if kept is None or tries_left is None:
            raise SmsCodeExpired("no code waits for this number")
        if not hmac.compare_digest(kept, mac):
            raise SmsCodeWrong("another code was sent", tries_left=tries_left)
        # The row stays, so that the pause before the next code still counts from when this one was sent.
        with self._db.write() as tx:
            used = update(sms_code).where(*mine, sms_code.c.code_mac == mac).values(expires_at=now)
            if tx.execute(used).rowcount != 1:
                raise SmsCodeExpired("the code was used by another request at the same moment")

    def _count_try(
        self, tx: Connection, phone: str, purpose: Purpose, network: str, now: datetime
    ) -> int | None:
        """How many tries are left after this one; None when this is one too many. Raises TriesPaused."""
        wait = self._pacing.spend(tx, TRIES_FROM_ADDRESS, now, "tries", network) if network else timedelta(0)
        if wait:
            raise TriesPaused("too many tries from this address", wait_seconds=seconds(wait))
        counted = tx.execute(
            update(sms_code)
            .where(sms_code.c.phone == phone, sms_code.c.purpose == purpose.value)
            .where(sms_code.c.tries < CODE_TRIES_ALL, sms_code.c.expires_at > now)
            .values(tries=sms_code.c.tries + 1)
            .returning(sms_code.c.code_mac)
        ).scalar_one_or_none()
        about = ("code", counted or "", network)
        if counted is None or self._pacing.spend(tx, TRIES_OF_CODE, now, *about):
            return None
        return CODE_TRIES - self._pacing.spent(tx, TRIES_OF_CODE, now, *about)

    def _replace(self, tx: Connection, phone: str, purpose: Purpose, code: str, now: datetime) -> None:
        sent = select(func.max(sms_code.c.sent_at)).where(sms_code.c.phone == phone)
        check_resend(tx.execute(sent).scalar_one_or_none(), now)
        row: dict[str, Any] = {"phone": phone, "purpose": purpose.value}
        row |= {"code_mac": self._mac(phone, purpose, code)}
        row |= {"tries": 0, "sent_at": now, "expires_at": now + CODE_LIFETIME}
        begin = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
        kept = begin(sms_code).values(row)
        tx.execute(kept.on_conflict_do_update(index_elements=["phone", "purpose"], set_=row))

    def _take_back(
        self,
        phone: str,
        purpose: Purpose,
        code: str,
        now: datetime,
        paces: list[tuple[Pace, tuple[str, ...]]],
    ) -> None:
        with self._db.write() as tx:
            for pace, about in paces:
                if pace is not CODES_FROM_ADDRESS:  # one address does not knock at a closed carrier for ever
                    self._pacing.give_back(tx, pace, now, *about)
            unsent = sms_code.c.code_mac == self._mac(phone, purpose, code)
            tx.execute(delete(sms_code).where(sms_code.c.phone == phone, unsent))

    def _mac(self, phone: str, purpose: Purpose, code: str) -> str:
        return self._pacing.digest("sms", purpose, phone, code)


def _paces(phone: str, network: str, is_owner: bool) -> list[tuple[Pace, tuple[str, ...]]]:
    """What a code counts against, in the order in which it is taken."""
    own = [(CODES_TO_OWNER, ("owner", phone))] if is_owner else [(CODES_TO_NUMBER, ("number", phone))]
    if not network:
        return [*own]
    by_address = [(CODES_FROM_ADDRESS, ("address", network))]
    pair = [] if is_owner else [(CODES_TO_NUMBER_FROM_ADDRESS, ("pair", network, phone))]
    return [*by_address, *pair, *own]

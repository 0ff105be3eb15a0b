"""The cashier's trades: alipay.trade.wap.pay, .query, .close, .refund and .fastpay.refund.query."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, insert, select, update

from api.db import Database
from api.money import yuan
from api.outside.alipay.client import BEIJING
from api.outside.alipay.sandbox.gateway import Gatekeeper, Refusal, Request
from api.outside.alipay.sandbox.notices import post_notice
from api.outside.alipay.sandbox.tables import refund, trade

SELLER: Final = "2088000000000000"
_AMOUNT: Final = re.compile(r"(0|[1-9][0-9]{0,8})(\.[0-9]{1,2})?")
WAITING, PAID, CLOSED = "WAIT_BUYER_PAY", "TRADE_SUCCESS", "TRADE_CLOSED"


def fen(yuan: str) -> int:
    """``"88.8"`` is 8880. Raises Refusal."""
    if not _AMOUNT.fullmatch(yuan) or float(yuan) <= 0:
        raise Refusal.business("ACQ.INVALID_PARAMETER", "金额不正确")
    whole, _, part = yuan.partition(".")
    return int(whole) * 100 + int(part.ljust(2, "0"))


class Trades:
    """Each verb is one method of the platform, or one button of the cashier."""

    def __init__(self, db: Database, keeper: Gatekeeper, clock: Callable[[], datetime]) -> None:
        self._db = db
        self._keeper = keeper
        self._clock = clock

    def open(self, request: Request) -> str:
        """The trade of an order whose page was opened, made at the first time; its number. Raises Refusal."""
        order, total = request.text("out_trade_no"), fen(request.text("total_amount"))
        with self._db.write() as tx:
            known = tx.execute(select(trade).where(trade.c.out_trade_no == order)).one_or_none()
            if known is None:
                return self._open(tx, request, order, total)
        if known.total_fen != total:
            raise Refusal.business("ACQ.CONTEXT_INCONSISTENT", "交易信息被篡改")
        return str(known.trade_no)

    def query(self, request: Request) -> dict[str, Any]:
        """alipay.trade.query. Raises Refusal."""
        with self._db.write() as tx:
            found = self._found(tx, request)
        told = _told(found) | {"trade_status": found.status, "total_amount": yuan(found.total_fen)}
        return told | ({"send_pay_date": _written(found.paid_at)} if found.paid_at else {})

    def close(self, request: Request) -> dict[str, Any]:
        """alipay.trade.close: no payment can be made any more. Raises Refusal."""
        with self._db.write() as tx:
            found = self._found(tx, request)
            if found.status != WAITING:
                raise Refusal.business("ACQ.TRADE_STATUS_ERROR", "交易状态不合法")
            self._move(tx, found, WAITING, CLOSED)
        return _told(found)

    def refund(self, request: Request) -> dict[str, Any]:
        """alipay.trade.refund: the same ``out_request_no`` gives money back once. Raises Refusal."""
        amount = fen(request.text("refund_amount"))
        number = str(request.business.get("out_request_no") or request.text("out_trade_no"))
        with self._db.write() as tx:
            found = self._found(tx, request)
            if found.paid_at is None:
                raise Refusal.business("ACQ.TRADE_STATUS_ERROR", "交易状态不合法")
            known = self._refund(tx, found, number)
            if known is not None and known.fen != amount:
                raise Refusal.business("ACQ.DISCORDANT_REPEAT_REQUEST", "不一致的请求")
            if known is None:
                found = self._give_back(tx, found, number, amount, request)
        changed = {"fund_change": "Y" if known is None else "N", "refund_fee": yuan(found.refunded_fen)}
        return _told(found) | changed

    def refund_query(self, request: Request) -> dict[str, Any]:
        """alipay.trade.fastpay.refund.query: no ``refund_status`` when there is none. Raises Refusal."""
        number = request.text("out_request_no")
        with self._db.write() as tx:
            found = self._found(tx, request)
            known = self._refund(tx, found, number)
        if known is None:
            return _told(found)
        amounts = {"total_amount": yuan(found.total_fen), "refund_amount": yuan(known.fen)}
        return _told(found) | amounts | {"out_request_no": number, "refund_status": "REFUND_SUCCESS"}

    def find(self, trade_no: str) -> Row[Any]:
        """A trade for the cashier's page. Raises Refusal."""
        with self._db.write() as tx:
            known = tx.execute(select(trade).where(trade.c.trade_no == trade_no)).one_or_none()
            if known is None:
                raise Refusal.business("ACQ.TRADE_NOT_EXIST", "交易不存在")
            return self._in_time(tx, known)

    def pay(self, trade_no: str) -> None:
        """The button 支付: pays once, and the notice is on its way."""
        found = self.find(trade_no)
        with self._db.write() as tx:
            if self._move(tx, found, WAITING, PAID, paid_at=self._clock()):
                self._tell(tx, found.trade_no)

    def returned(self, trade_no: str) -> dict[str, str]:
        """What the browser carries back to ``return_url`` once it is paid, signed."""
        found = self.find(trade_no)
        about = _told(found) | {
            "total_amount": yuan(found.total_fen),
            "method": "alipay.trade.wap.pay.return",
            "seller_id": SELLER,
            "timestamp": _written(self._clock()),
        }
        return self._keeper.sign_notice(self._keeper.about_us() | about)

    def _open(self, tx: Connection, request: Request, order: str, total: int) -> str:
        now = self._clock()
        row = {
            "trade_no": f"{now.astimezone(BEIJING):%Y%m%d}{secrets.randbelow(10**20):020d}",
            "out_trade_no": order,
            "subject": request.text("subject"),
            "total_fen": total,
            "refunded_fen": 0,
            "status": WAITING,
            "return_url": request.return_url,
            "notify_url": request.notify_url,
            "created_at": now,
            "expires_at": _read(str(request.business.get("time_expire", ""))),
        }
        tx.execute(insert(trade).values(row))
        return str(row["trade_no"])

    def _found(self, tx: Connection, request: Request) -> Row[Any]:
        by_order = request.business.get("out_trade_no")
        mine = (
            trade.c.out_trade_no == str(by_order)
            if by_order
            else trade.c.trade_no == request.text("trade_no")
        )
        known = tx.execute(select(trade).where(mine)).one_or_none()
        if known is None:
            raise Refusal.business("ACQ.TRADE_NOT_EXIST", "交易不存在")
        return self._in_time(tx, known)

    def _in_time(self, tx: Connection, known: Row[Any]) -> Row[Any]:
        """The trade, closed first when nobody paid it in time."""
        if known.status != WAITING or known.expires_at is None or known.expires_at > self._clock():
            return known
        self._move(tx, known, WAITING, CLOSED)
        return tx.execute(select(trade).where(trade.c.trade_no == known.trade_no)).one()

    def _give_back(
        self, tx: Connection, found: Row[Any], number: str, amount: int, request: Request
    ) -> Row[Any]:
        given = found.refunded_fen + amount
        if given > found.total_fen:
            raise Refusal.business("ACQ.REFUND_AMT_NOT_EQUAL_TOTAL", "退款金额超限")
        reason = str(request.business.get("refund_reason", ""))[:256]
        row = {"trade_no": found.trade_no, "out_request_no": number, "fen": amount, "reason": reason}
        tx.execute(insert(refund).values(row | {"made_at": self._clock()}))
        status = CLOSED if given == found.total_fen else found.status
        mine = trade.c.trade_no == found.trade_no
        tx.execute(update(trade).where(mine).values(refunded_fen=given, status=status))
        self._tell(tx, found.trade_no, {"out_biz_no": number, "gmt_refund": _written(self._clock())})
        return tx.execute(select(trade).where(mine)).one()

    def _tell(self, tx: Connection, trade_no: str, more: dict[str, str] | None = None) -> None:
        """The notice of what has just happened, in the same transaction."""
        found = tx.execute(select(trade).where(trade.c.trade_no == trade_no)).one()
        if not found.notify_url:
            return
        now = self._clock()
        total = yuan(found.total_fen)
        about = _told(found) | {
            "notify_id": secrets.token_hex(17),
            "notify_time": _written(now),
            "notify_type": "trade_status_sync",
            "trade_status": found.status,
            "total_amount": total,
            "receipt_amount": total,
            "buyer_pay_amount": total,
            "refund_fee": yuan(found.refunded_fen),
            "subject": found.subject,
            "seller_id": SELLER,
            "gmt_create": _written(found.created_at),
            "gmt_payment": _written(found.paid_at),
        }
        form = self._keeper.sign_notice(self._keeper.about_us() | about | (more or {}))
        post_notice(tx, found.notify_url, form, now)

    @staticmethod
    def _refund(tx: Connection, found: Row[Any], number: str) -> Row[Any] | None:
        mine = refund.c.trade_no == found.trade_no, refund.c.out_request_no == number
        return tx.execute(select(refund).where(*mine)).one_or_none()

    @staticmethod
    def _move(tx: Connection, found: Row[Any], before: str, after: str, **more: Any) -> bool:
        mine = trade.c.trade_no == found.trade_no, trade.c.status == before
        return tx.execute(update(trade).where(*mine).values(status=after, **more)).rowcount == 1


def _told(found: Row[Any]) -> dict[str, str]:
    return {"trade_no": found.trade_no, "out_trade_no": found.out_trade_no}


def _written(at: datetime) -> str:
    return at.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M:%S")


def _read(text: str) -> datetime | None:
    if not text:
        return None
    try:
        return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=BEIJING)
    except ValueError:
        raise Refusal.business("ACQ.INVALID_PARAMETER", "time_expire 格式不正确") from None

"""手机网站支付 (alipay.trade.wap.pay) with its query, close and refund.

https://opendocs.alipay.com/open/203/105288
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, ClassVar, Final

from api.money import yuan
from api.outside.alipay.answers import AlipayRefused
from api.outside.alipay.client import BEIJING, Alipay
from api.outside.errors import NoticeForged, ProviderAnswerInvalid
from api.outside.payment import RefundPending, Trade, TradeState

_ABSENT: Final = "ACQ.TRADE_NOT_EXIST"
_STATES: Final = {
    "WAIT_BUYER_PAY": TradeState.WAITING,
    "TRADE_SUCCESS": TradeState.PAID,
    "TRADE_FINISHED": TradeState.PAID,  # paid, and beyond the time in which it could be refunded
    "TRADE_CLOSED": TradeState.CLOSED,
}
_AMOUNT: Final = re.compile(r"(0|[1-9][0-9]{0,8})(?:\.([0-9]{1,2}))?")
_LONGEST_TITLE: Final = 128
_LONGEST_REASON: Final = 128


class AlipayCashier:
    """One seller. ``seller_id``: its number at Alipay (2088…), which notices must name."""

    provider: ClassVar[str] = "alipay"

    def __init__(self, alipay: Alipay, seller_id: str, return_url: str, notify_url: str) -> None:
        self._alipay = alipay
        self._seller_id = seller_id
        self._return_url = return_url
        self._notify_url = notify_url

    def page(self, order: str, amount_fen: int, title: str, until: datetime) -> str:
        """The signed address of the cashier."""
        business = {
            "out_trade_no": order,
            "total_amount": yuan(amount_fen),
            "subject": title[:_LONGEST_TITLE],
            "product_code": "QUICK_WAP_WAY",
            "time_expire": until.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M:%S"),
        }
        return self._alipay.page("alipay.trade.wap.pay", business, self._return_url, self._notify_url)

    def find(self, order: str) -> Trade:
        """alipay.trade.query."""
        try:
            content = self._alipay.call("alipay.trade.query", {"out_trade_no": order}).content
        except AlipayRefused as refused:
            if refused.provider_code == _ABSENT:
                return Trade(order, "", TradeState.ABSENT, 0)
            raise
        if content.get("out_trade_no") != order:
            raise ProviderAnswerInvalid("the answer is about another order")
        return _trade(content)

    def close(self, order: str) -> Trade:
        """alipay.trade.close, then a look: the codes of a refusal do not tell paid from closed."""
        with suppress(AlipayRefused):
            self._alipay.call("alipay.trade.close", {"out_trade_no": order})
        return self.find(order)

    def refund(self, order: str, amount_fen: int, reason: str) -> None:
        """alipay.trade.refund; the number of the request is the order's, so that it is made once."""
        request = {"out_trade_no": order, "out_request_no": f"{order}-refund"}
        more = {"refund_amount": yuan(amount_fen), "refund_reason": reason[:_LONGEST_REASON]}
        made = self._alipay.call("alipay.trade.refund", request | more).content
        if made.get("fund_change") == "Y":
            return
        # "N" says that this call moved no money: an earlier one did, or none has yet.
        known = self._alipay.call("alipay.trade.fastpay.refund.query", request).content
        if known.get("refund_status") != "REFUND_SUCCESS":
            raise RefundPending("Alipay has not given the money back yet")

    def read_notice(self, form: Sequence[tuple[str, str]]) -> Trade:
        """The trade that a notice tells of."""
        notice = self._alipay.read_notice(form)
        if notice.get("seller_id") != self._seller_id:
            raise NoticeForged("the notice is for another seller")
        return _trade(notice)


def _trade(told: Mapping[str, Any]) -> Trade:
    amount = _AMOUNT.fullmatch(str(told.get("total_amount", "")))
    state = _STATES.get(str(told.get("trade_status", "")))
    order, number = told.get("out_trade_no"), told.get("trade_no")
    if amount is None or state is None or not isinstance(order, str) or not isinstance(number, str):
        raise ProviderAnswerInvalid("a trade is told in an unknown way")
    return Trade(order, number[:64], state, int(amount[1]) * 100 + int((amount[2] or "").ljust(2, "0")))

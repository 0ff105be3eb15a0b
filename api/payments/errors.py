"""Why a payment is not taken."""

from __future__ import annotations

from api.errors import AppError
from hsm.errors import Kind


class WrongOrderMove(AppError):
    """The order does not stand where this could be done; also what the loser of a race is told."""

    kind = Kind.CONFLICT
    code = "order_state"
    zh = "订单当前状态（{status_name}）不能进行此操作"


class PaymentNeeded(AppError):
    """The application is to be paid for first."""

    kind = Kind.CONFLICT
    code = "payment_needed"
    zh = "请先完成支付"


class RefundNeedsRevocation(AppError):
    """What was paid for was downloaded and can be used: its money goes back with its revocation alone."""

    kind = Kind.CONFLICT
    code = "refund_needs_revocation"
    zh = "证书已下载，退款将同时吊销该证书；确认吊销后再退款"


class PaymentDoubtful(AppError):
    """A payment that is not of the order's amount: it does not count until an operator has looked."""

    kind = Kind.CONFLICT
    code = "payment_doubtful"
    zh = "付款与订单不符"

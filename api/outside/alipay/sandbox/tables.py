"""What the sandbox remembers. Names and numbers of persons as masked text alone."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, String, Table, Text

from api.db import UtcDateTime, metadata

certification = Table(
    "outside_alipay_certification",
    metadata,
    Column("certify_id", String(32), primary_key=True),
    Column("outer_order_no", String(32), nullable=False, unique=True),
    Column("shown", String(100), nullable=False),
    Column("return_url", String(400), nullable=False),
    Column("status", String(8), nullable=False),
    Column("fail_reason", String(64), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)

trade = Table(
    "outside_alipay_trade",
    metadata,
    Column("trade_no", String(32), primary_key=True),
    Column("out_trade_no", String(64), nullable=False, unique=True),
    Column("subject", String(256), nullable=False),
    Column("total_fen", BigInteger, nullable=False),
    Column("refunded_fen", BigInteger, nullable=False),
    Column("status", String(16), nullable=False),
    Column("return_url", String(400), nullable=False),
    Column("notify_url", String(400), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("paid_at", UtcDateTime),
    Column("expires_at", UtcDateTime),
)

refund = Table(
    "outside_alipay_refund",
    metadata,
    Column("trade_no", ForeignKey(trade.c.trade_no), primary_key=True),
    Column("out_request_no", String(64), primary_key=True),
    Column("fen", BigInteger, nullable=False),
    Column("reason", String(256), nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
)

notice = Table(
    "outside_alipay_notice",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("url", String(400), nullable=False),
    Column("form", Text, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("due_at", UtcDateTime, index=True),
)

"""Amounts of money. They are kept in fen, hundredths of a yuan, as integers."""

from __future__ import annotations


def yuan(fen: int) -> str:
    """An amount as people and Alipay read it: 8880 is ``"88.80"``."""
    return f"{fen // 100}.{fen % 100:02d}"

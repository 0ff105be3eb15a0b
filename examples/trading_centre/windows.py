"""When a tender opens: bids come in before, and are opened from then until the window closes."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta, timezone
from http import HTTPStatus
from typing import Final

from examples.trading_centre.site import Refusal
from examples.trading_centre.store import Store
from mobile_bridge.sdk import Tender

CHINA: Final = timezone(timedelta(hours=8))
"""The time zone of what people type; there is but one in China."""


def current(store: Store, tender: sqlite3.Row) -> sqlite3.Row:
    """The tender as it stands at this moment: at its time the opening begins by itself."""
    opens_at = tender["opens_at"]
    if tender["state"] != "published" or opens_at is None or now() < datetime.fromisoformat(opens_at):
        return tender
    store.change("UPDATE tender SET state = 'opening' WHERE id = ? AND state = 'published'", tender["id"])
    found = store.one("SELECT * FROM tender WHERE id = ?", tender["id"])
    assert found is not None  # noqa: S101 - none is ever removed
    return found


def window_of(tender: sqlite3.Row) -> Tender | None:
    """The opening as the service is told of it; None where no times were announced."""
    if tender["opens_at"] is None:
        return None
    opens_at, closes_at = (datetime.fromisoformat(tender[name]) for name in ("opens_at", "closes_at"))
    return Tender(tender["title"], tender["number"], opens_at, closes_at)


def require_bidding(tender: sqlite3.Row) -> None:
    """Raises Refusal unless bids are taken now."""
    if tender["state"] != "published":
        raise Refusal("投标已经截止", HTTPStatus.CONFLICT, "bidding_closed")


def require_open(tender: sqlite3.Row) -> None:
    """Raises Refusal after the end of the opening: what was not opened by then stays closed."""
    if tender["closes_at"] is not None and now() > datetime.fromisoformat(tender["closes_at"]):
        raise Refusal("解密时间已截止，未解密的投标文件不再开启", HTTPStatus.CONFLICT, "opening_over")


def read_window(opens_at: str, closes_at: str) -> tuple[str | None, str | None]:
    """Both times as RFC 3339, from what a form sent; none where both are empty. Raises Refusal."""
    if not opens_at and not closes_at:
        return None, None
    try:
        first, last = (_moment(one) for one in (opens_at, closes_at))
    except ValueError:
        raise Refusal("请填写开标时间和解密截止时间") from None
    if not now() < first < last:
        raise Refusal("开标时间应晚于现在，解密截止时间应晚于开标时间")
    return first.isoformat(), last.isoformat()


def now() -> datetime:
    """This moment, in UTC."""
    return datetime.now(UTC)


def _moment(text: str) -> datetime:
    read = datetime.fromisoformat(text)
    return read if read.tzinfo else read.replace(tzinfo=CHINA)

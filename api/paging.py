"""Lists in pages. A cursor is opaque, signed, and fits only the list and the filters that it came from.

Pages follow the order of columns, not a count of rows (keyset pagination): the thousandth page costs what the
first does, and rows that come or go in between neither repeat nor hide others.
"""

from __future__ import annotations

import binascii
import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final, Generic, TypeVar

from fastapi import Depends, Query, Request
from pydantic import BaseModel, Field
from sqlalchemy import ColumnElement, Connection, Row, Select, literal, tuple_

from api.errors import AppError
from api.openapi.refusals import refuses
from hsm.errors import Kind

T = TypeVar("T")
R = TypeVar("R")
S = TypeVar("S")

_MOST: Final = 100
_USUAL: Final = 20
_MAC_BYTES: Final = 16
_PURPOSE: Final = b"cursors of lists"

Position = tuple[str | int | datetime, ...]
"""Where a row stands: its values of the columns that order the list, the last of them unique."""


class CursorInvalid(AppError):
    """Not a cursor of this list with these filters."""

    kind = Kind.INVALID
    code = "cursor_invalid"
    zh = "列表位置已失效，请从头加载"


class Page(BaseModel, Generic[T]):
    """A part of a list."""

    items: list[T]
    next: str | None = Field(description="Give it as `cursor` for the part after this; null at the end")


@dataclass(frozen=True, slots=True)
class Part(Generic[R]):
    """Rows of one page. ``last``: where the last one stands, None when nothing comes after it."""

    rows: list[R]
    last: Position | None

    def map(self, shown: Callable[[R], S]) -> Part[S]:
        """The same page of other things."""
        return Part([shown(row) for row in self.rows], self.last)


@dataclass(frozen=True, slots=True)
class PageRequest:
    """Which page is asked for. ``limit``: 1 to 100 rows. ``after``: the position before its first row."""

    limit: int = _USUAL
    after: Position | None = None
    scope: str = ""
    cursors: Cursors | None = None

    def page(self, part: Part[T]) -> Page[T]:
        """The answer, with the cursor of the next page."""
        if part.last is None or self.cursors is None:
            return Page[T](items=part.rows, next=None)
        return Page[T](items=part.rows, next=self.cursors.make(part.last, self.scope))


def fetch(
    tx: Connection,
    asked: Select[Any],
    page: PageRequest,
    order: Sequence[ColumnElement[Any]],
    *,
    newest_first: bool = True,
) -> Part[Row[Any]]:
    """The rows of a page. ``order``: columns of the selection that are never NULL, together unique, and for
    which there is an index."""
    if page.after is not None:
        if len(page.after) != len(order):
            raise CursorInvalid("another list's cursor")
        here = tuple_(*order)
        there = tuple_(
            *(literal(value, column.type) for value, column in zip(page.after, order, strict=True))
        )
        asked = asked.where(here < there if newest_first else here > there)
    directed = [column.desc() if newest_first else column.asc() for column in order]
    rows = list(tx.execute(asked.order_by(*directed).limit(page.limit + 1)))
    if len(rows) <= page.limit:
        return Part(rows, None)
    last = rows[page.limit - 1]
    return Part(rows[: page.limit], tuple(last._mapping[column] for column in order))


class Cursors:
    """Makes and reads cursors. ``key``: the server's own, 32 bytes."""

    def __init__(self, key: bytes) -> None:
        self._key = hmac.digest(key, _PURPOSE, "sha256")

    def make(self, position: Position, scope: str) -> str:
        """``scope``: which list, with which filters."""
        told = json.dumps(
            [_written(value) for value in position], ensure_ascii=False, separators=(",", ":")
        ).encode()
        return urlsafe_b64encode(self._mac(told, scope) + told).rstrip(b"=").decode()

    def read(self, cursor: str, scope: str) -> Position:
        """Raises CursorInvalid."""
        try:
            content = urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
        except (UnicodeEncodeError, binascii.Error):
            raise CursorInvalid("not base64url") from None
        mac, told = content[:_MAC_BYTES], content[_MAC_BYTES:]
        if not hmac.compare_digest(mac, self._mac(told, scope)):
            raise CursorInvalid("not a cursor of this list")
        return tuple(_read(value) for value in json.loads(told))

    def _mac(self, told: bytes, scope: str) -> bytes:
        return hmac.digest(self._key, scope.encode() + b"\0" + told, "sha256")[:_MAC_BYTES]


def _written(value: str | int | datetime) -> Any:
    return {"at": value.isoformat()} if isinstance(value, datetime) else value


def _read(value: Any) -> str | int | datetime:
    read: str | int | datetime = datetime.fromisoformat(value["at"]) if isinstance(value, dict) else value
    return read


@refuses("cursor_invalid")
def _page_request(
    request: Request,
    limit: Annotated[int, Query(ge=1, le=_MOST, description="How many items a page has at most")] = _USUAL,
    cursor: Annotated[
        str | None, Query(max_length=400, description="`next` of the page before; leave out for the first")
    ] = None,
) -> PageRequest:
    cursors: Cursors = request.app.state.services.cursors
    filters = sorted((name, value) for name, value in request.query_params.multi_items() if name not in _OURS)
    scope = json.dumps([request.url.path, filters])
    after = None if cursor is None else cursors.read(cursor, scope)
    return PageRequest(limit, after, scope, cursors)


_OURS: Final = ("limit", "cursor")

Paged = Annotated[PageRequest, Depends(_page_request)]
"""The page that a request asks for: ``limit`` and ``cursor`` of its query."""

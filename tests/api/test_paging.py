"""Pages of lists, and entity tags."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from fastapi import FastAPI, Request, Response
from hypothesis import given
from hypothesis import strategies as some
from pydantic import BaseModel
from sqlalchemy import insert, select

from api import problems
from api.db import Database
from api.etags import tagged
from api.messages.tables import message
from api.paging import CursorInvalid, Cursors, Page, Paged, PageRequest, Part, fetch
from tests.api.asgi import InProcess

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
CURSORS = Cursors(b"k" * 32)


@pytest.fixture
def db(each_database: Database) -> Database:
    return each_database


def _said(count: int) -> list[dict[str, object]]:
    """Three of each moment, so that time alone does not order them."""
    row = {"person_id": 1, "kind": "paid", "title": "", "text": ""}
    return [
        row | {"id": number, "posted_at": NOW + timedelta(microseconds=number // 3)}
        for number in range(count)
    ]


@pytest.mark.parametrize("newest_first", [True, False])
def test_pages_together_are_the_list(db: Database, newest_first: bool) -> None:
    with db.write() as tx:
        tx.execute(insert(message), _said(25))
    seen: list[int] = []
    page: PageRequest = PageRequest(limit=4)
    with db.write() as tx:
        while True:
            order = (message.c.posted_at, message.c.id)
            part = fetch(tx, select(message), page, order, newest_first=newest_first)
            seen += [row.id for row in part.rows]
            if part.last is None:
                break
            # What comes or goes on pages that were seen moves nothing; through a cursor, as a client does.
            page = PageRequest(4, CURSORS.read(CURSORS.make(part.last, "list"), "list"))
    assert seen == (list(reversed(range(25))) if newest_first else list(range(25)))


def test_rows_that_come_meanwhile_repeat_nothing(db: Database) -> None:
    with db.write() as tx:
        tx.execute(insert(message), _said(6))
    with db.write() as tx:
        first = fetch(tx, select(message), PageRequest(3), (message.c.id,))
        tx.execute(insert(message).values(_said(1)[0] | {"id": 100}))
        second = fetch(tx, select(message), PageRequest(3, first.last), (message.c.id,))
    assert [row.id for row in first.rows + second.rows] == [5, 4, 3, 2, 1, 0]
    assert second.last is None


@given(some.text() | some.text(alphabet="abcdefgABCDEFG0123456789-_="))
def test_what_we_did_not_make_is_no_cursor(text: str) -> None:
    with pytest.raises(CursorInvalid):
        CURSORS.read(text, "list")


def test_a_cursor_fits_its_list_and_its_server_alone() -> None:
    made = CURSORS.make((NOW, 7), "list")
    assert CURSORS.read(made, "list") == (NOW, 7)
    for cursors, scope in ((CURSORS, "another"), (Cursors(b"o" * 32), "list")):
        with pytest.raises(CursorInvalid):
            cursors.read(made, scope)


class _Thing(BaseModel):
    name: str


@pytest.fixture
def client() -> InProcess:
    app = FastAPI()
    problems.install(app)
    app.state.services = type("Services", (), {"cursors": CURSORS})

    @app.get("/numbers")
    def numbers(page: Paged, odd: bool = False) -> Page[int]:
        first = int(page.after[0]) if page.after else 0  # type: ignore[arg-type]
        return page.page(Part(list(range(first, first + page.limit)), (first + page.limit,)))

    @app.get("/thing")
    def thing(request: Request) -> Response:
        return tagged(request, _Thing(name="标证通"))

    return InProcess(app)


def test_pages_over_http(client: InProcess) -> None:
    first = client.get("/numbers", params={"limit": 2, "odd": "1"}).json()
    following = {"limit": 2, "odd": "1", "cursor": first["next"]}
    assert client.get("/numbers", params=following).json()["items"] == [2, 3]
    for changed in ({"odd": "0"}, {"cursor": "AAAA"}):
        refused = client.get("/numbers", params=following | changed)
        assert (refused.status_code, refused.json()["code"]) == (422, "cursor_invalid")
    for limit in (0, 101, "x"):
        assert client.get("/numbers", params={"limit": limit}).status_code == 422
    assert client.get("/numbers", params=following | {"limit": 100}).status_code == 200  # pages may grow


def test_what_the_client_has_is_not_sent_again(client: InProcess) -> None:
    first = client.get("/thing")
    tag = first.headers["etag"]
    again = client.get("/thing", headers={"If-None-Match": f'"other", W/{tag}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert client.get("/thing", headers={"If-None-Match": '"other"'}).json() == {"name": "标证通"}

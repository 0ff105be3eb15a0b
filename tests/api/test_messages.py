"""Messages to persons."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from api.accounts.tables import person
from api.db import Database
from api.messages.kinds import MessageKind
from api.messages.posting import post
from api.messages.tables import message
from api.messages.templates import title, words
from tests.api.databases import migrated
from tests.api.people import Phone, code_of
from tests.api.running import Server

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)


@pytest.fixture
def db(each_database: Database) -> Database:
    return each_database


def test_the_manual_s_five_kinds_have_its_titles() -> None:
    assert [title(kind) for kind in list(MessageKind)[:5]] == [
        "证书申请失败",
        "认领企业，请下载证书",
        "加入企业申请",
        "加入成功，请下载证书",
        "个人证书，请下载证书",
    ]


@pytest.mark.parametrize("kind", MessageKind)
def test_every_kind_says_something_without_any_facts(kind: MessageKind) -> None:
    said = words(kind, {})
    assert said.title
    assert said.text
    assert "{" not in said.text


def test_a_sentence_without_its_fact_is_left_out() -> None:
    with_reason = words(MessageKind.APPLICATION_FAILED, {"reason": "公章不清晰"}).text
    without = words(MessageKind.APPLICATION_FAILED, {"reason": ""}).text
    assert "原因：公章不清晰。" in with_reason
    assert "原因" not in without


def test_personal_numbers_are_masked_whoever_gave_them() -> None:
    said = words(
        MessageKind.JOIN_ASKED,
        {"applicant": "李晓明 13812345678 37130019800101032X", "enterprise": "91371300MA1234567X"},
    )
    assert "138****5678" in said.text
    assert "3713***********32X" in said.text
    assert "91371300MA1234567X" in said.text  # a credit code is public


def test_a_key_reaches_each_person_once(db: Database) -> None:
    for _ in range(2):
        with db.write() as tx:
            for person in (1, 2):
                post(tx, person, MessageKind.PAID, NOW, application_id="A1", key="paid:A1")
            post(tx, 1, MessageKind.PAID, NOW)  # without a key every one counts
    with db.read() as tx:
        kept = sorted(map(tuple, tx.execute(select(message.c.person_id, message.c.key))), key=str)
    assert kept == [(1, "paid:A1"), (1, None), (1, None), (2, "paid:A1")]


def test_messages_over_http(server: Server) -> None:
    phone = Phone(server).enter()
    with migrated(f"sqlite:///{server.data}/sealbridge.db") as db, db.write() as tx:
        me = tx.execute(select(person.c.id).where(person.c.phone == phone.number)).scalar_one()
        about = {"application_id": "A1"}, {"serial": "AB12"}, {"credit_code": "91371300MA1234567X"}, {}
        kinds = [
            MessageKind.PAID,
            MessageKind.CERTIFICATE_EXPIRING,
            MessageKind.MEMBER_LEFT,
            MessageKind.PAID,
        ]
        for kind, more in zip(kinds, about, strict=True):
            post(tx, me, kind, NOW, **more)  # type: ignore[arg-type]
    assert _unread(phone) == {"paid": 2, "certificate-expiring": 1, "member-left": 1}
    first = phone.http.get("/v1/messages", params={"limit": 3}).json()
    rest = phone.http.get("/v1/messages", params={"limit": 3, "cursor": first["next"]}).json()
    assert [one["link"] for one in first["items"] + rest["items"]] == [
        None,
        {"type": "enterprise", "id": "91371300MA1234567X"},
        {"type": "certificate", "id": "ab12"},
        {"type": "application", "id": "A1"},
    ]
    assert rest["next"] is None
    paid = phone.http.get("/v1/messages", params={"application": "A1"}).json()["items"][0]
    assert (paid["title"], paid["read_at"]) == ("支付成功", None)
    read = phone.http.post(f"/v1/messages/{paid['id']}/read").json()
    assert phone.http.post(f"/v1/messages/{paid['id']}/read").json() == read
    assert phone.http.post("/v1/messages/read", params={"kind": "paid"}).json() == {"count": 1}
    assert _unread(phone) == {"certificate-expiring": 1, "member-left": 1}
    unread = phone.http.get("/v1/messages", params={"unread": "true", "kind": "paid"}).json()
    assert unread == {"items": [], "next": None}
    other = Phone(server).enter()
    assert code_of(other.http.post(f"/v1/messages/{paid['id']}/read")) == (404, "not_found")
    assert other.http.get("/v1/messages").json()["items"] == []


def _unread(phone: Phone) -> dict[str, int]:
    told = phone.http.get("/v1/messages/unread").json()
    by_kind: dict[str, int] = told["by_kind"]
    assert told["total"] == sum(by_kind.values())
    return by_kind

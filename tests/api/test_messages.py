"""Messages to persons."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from api.db import Database
from api.messages.kinds import MessageKind
from api.messages.posting import post
from api.messages.tables import message
from api.messages.templates import title, words
from tests.api.databases import migrated

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)


@pytest.fixture(params=["sqlite", "postgresql"])
def db(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    is_sqlite = request.param == "sqlite"
    with migrated(
        f"sqlite:///{tmp_path}/a.db" if is_sqlite else request.getfixturevalue("postgres_url")
    ) as db:
        yield db


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

"""Platforms below HTTP, on both databases: what two do at the same moment, and what is forgotten."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from api.db import Database
from api.errors import ConfigurationRefused
from api.platforms import documents as documents_of
from api.platforms.calls import Calls
from api.platforms.documents import Documents
from api.platforms.errors import (
    DocumentMissing,
    DocumentQuota,
    KeyKnown,
    LastKey,
    SignatureReplayed,
    TooManyCalls,
)
from api.platforms.key_ring import KeyRing
from api.platforms.public_keys import CallKey
from api.platforms.rules import CALLS, Scope
from api.platforms.sandbox import ensure_sandbox_platform, refuse_sandbox_platform, sandbox_platform
from api.platforms.service import Platforms, Registration
from api.platforms.signatures import Call
from api.platforms.tables import nonce
from ca.audit.journal import Journal
from ca.key_quality import KeyWeak
from tests.api.platform_calls import PrivateKey, Signer, id_of, new_key

URL = "https://ca.example.cn/platform/v1/keys"


@dataclass
class Clock:
    now: datetime

    def __call__(self) -> datetime:
        return self.now


class Register:
    """One platform with one key."""

    def __init__(self, db: Database, callback: str | None = None) -> None:
        self.db, self.clock = db, Clock(datetime.now(UTC))
        journal, name = Journal(db.engine, "main", self.clock), secrets.token_hex(6)
        self.platforms = Platforms(db, self.clock, journal, on_this_machine=False)
        self.ring = KeyRing(db, self.clock, journal)
        self.key = new_key()
        origins = (f"https://{name}.example.cn",)
        asked = Registration(name, f"{name}.example.cn", origins, callback, frozenset({Scope.SIGN}))
        self.id = self.platforms.register("console:test", asked).id
        self.add(self.key)

    def add(self, key: PrivateKey) -> None:
        self.ring.add("console:test", self.id, CallKey(key.public_key()), "")

    def calls(self) -> Calls:
        """As each process has them."""
        return Calls(self.db, b"k" * 32, self.clock)

    def call(self, **said: object) -> Call:
        moment = {"created": int(self.clock().timestamp())}
        fields = Signer(self.key, said=moment | said).sign("GET", URL)
        return Call("GET", URL, tuple((name.lower(), value) for name, value in fields.items()))


@pytest.fixture
def register(each_database: Database) -> Register:
    return Register(each_database)


def outcomes(*acts: Callable[[], object]) -> list[str]:
    """What came of acts done at the same time: nothing, or the name of what was raised."""

    def done(act: Callable[[], object]) -> str:
        try:
            act()
        except (SignatureReplayed, LastKey, KeyKnown, DocumentQuota) as error:
            return type(error).__name__
        return ""

    with ThreadPoolExecutor(len(acts)) as pool:
        return sorted(pool.map(done, acts))


def test_of_one_signature_in_many_processes_one_is_taken(register: Register) -> None:
    call = register.call()
    processes = [register.calls() for _ in range(8)]
    acts = [lambda one=one: one.admit(call) for one in processes]  # type: ignore[misc]
    assert outcomes(*acts) == [""] + ["SignatureReplayed"] * 7


def test_a_nonce_is_remembered_as_long_as_its_signature_may_come(register: Register) -> None:
    early = register.call(created=int(register.clock().timestamp()) + 299)
    calls = register.calls()
    calls.admit(early)
    register.clock.now += timedelta(seconds=598)  # the signature is still in its window
    calls.forget()
    with pytest.raises(SignatureReplayed):
        calls.admit(early)
    register.clock.now += timedelta(minutes=3)
    calls.forget()
    with register.db.read() as tx:
        assert tx.execute(select(func.count()).where(nonce.c.platform == register.id)).scalar_one() == 0


def test_a_platform_has_its_pace(register: Register) -> None:
    calls = register.calls()
    with register.db.write() as tx:
        for _ in range(CALLS.burst):
            calls._pacing.spend(tx, CALLS, register.clock(), "platform", register.id)
    call = register.call()
    with pytest.raises(TooManyCalls):
        calls.admit(call)
    register.clock.now += timedelta(seconds=1)
    assert calls.admit(call).platform.id == register.id  # what was refused is not spent


def test_of_two_last_keys_one_stays(register: Register) -> None:
    other = new_key()
    register.add(other)
    acts = [
        lambda one=one: register.ring.retire("key:a", register.id, id_of(one), keep_one=True)  # type: ignore[misc]
        for one in (register.key, other)
    ]
    assert outcomes(*acts) == ["", "LastKey"]


def test_a_key_is_added_once(register: Register, each_database: Database) -> None:
    key, others = new_key(), [Register(each_database) for _ in range(3)]
    assert outcomes(*[lambda one=one: one.add(key) for one in others]) == ["", "KeyKnown", "KeyKnown"]  # type: ignore[misc]


def test_a_key_that_everybody_has_is_refused(register: Register) -> None:
    key = CallKey(new_key().public_key())
    blocked = {hashlib.sha256(key.der).hexdigest()}
    ring = KeyRing(register.db, register.clock, Journal(register.db.engine, "main", register.clock), blocked)
    with pytest.raises(KeyWeak):
        ring.add("console:test", register.id, key, "")


def test_documents_go_after_a_day_unless_they_are_needed(register: Register, a_pdf: bytes) -> None:
    kept, other = a_pdf, a_pdf + b"\n"
    store = Documents(register.db, register.clock)
    needed, unneeded = (store.store(register.id, one) for one in (kept, other))
    later = register.clock() + timedelta(hours=30)
    with register.db.write() as tx:
        assert documents_of.keep_until(tx, register.id, needed.sha256, later)
    register.clock.now += timedelta(hours=25)
    with register.db.read() as tx, pytest.raises(DocumentMissing):
        documents_of.listed(tx, register.id, [needed.sha256, unneeded.sha256], register.clock())
    store.forget()
    with register.db.read() as tx:
        (found,) = documents_of.listed(tx, register.id, [needed.sha256], register.clock())
        assert documents_of.content(tx, register.id, found.sha256) == kept
        with pytest.raises(DocumentMissing):
            documents_of.content(tx, register.id, unneeded.sha256)


def test_a_document_is_its_platform_s_own(register: Register, each_database: Database, a_pdf: bytes) -> None:
    sent = Documents(register.db, register.clock).store(register.id, a_pdf)
    with register.db.read() as tx, pytest.raises(DocumentMissing):
        documents_of.listed(tx, Register(each_database).id, [sent.sha256], register.clock())


def test_the_quota_holds_for_two_at_a_time(
    register: Register, a_pdf: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.platforms.rules.MOST_DOCUMENTS", 1)
    store = Documents(register.db, register.clock)
    acts = [lambda end=end: store.store(register.id, a_pdf + end) for end in (b"", b"\n")]  # type: ignore[misc]
    assert outcomes(*acts) == ["", "DocumentQuota"]
    register.clock.now += timedelta(hours=25)
    store.store(register.id, a_pdf + b"\n\n")  # what has expired counts no more


def test_production_knows_no_platform_of_a_demonstration(each_database: Database, tmp_path: Path) -> None:
    refuse_sandbox_platform(each_database)
    clock, file = Clock(datetime.now(UTC)), tmp_path / "trading-centre" / "platform.key"
    journal = Journal(each_database.engine, "main", clock)
    for _ in range(2):
        ensure_sandbox_platform(each_database, clock, journal, file)
    file.unlink()  # a lost key is followed by another
    ensure_sandbox_platform(each_database, clock, journal, file)
    known = sandbox_platform(each_database)
    assert known is not None
    assert len(KeyRing(each_database, clock, journal).of(known)) == 2
    with pytest.raises(ConfigurationRefused):
        refuse_sandbox_platform(each_database)

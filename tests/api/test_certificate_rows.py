"""Rows of certificates on SQLite and PostgreSQL: what an upgrade keeps, halves, and who suspended them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Connection, Engine, select

from api import migrations
from api.applications.rules import Status
from api.applications.tables import application
from api.catalogue.rules import CertificateKind
from api.certificates import listing, queries
from api.certificates.listing import Listing
from api.certificates.pins import PinTries
from api.certificates.revoking import Revoking
from api.certificates.rules import PIN_TRIES, TRY_LASTS, Purpose, SuspendedBy
from api.certificates.suspension import forget, take_over
from api.certificates.tables import holding
from api.db import Database
from api.paging import PageRequest
from ca.audit.journal import Journal
from ca.ledger import Ledger
from ca.revocation import Revoker
from ca.tables import certificate
from hsm.errors import PinIncorrect, PinLocked
from tests.api.test_application_rows import NOW, OWNER, of_the_first_release, put
from tests.api.test_application_rows import engine as engine

CODE, NUMBER = "91371300MA3C0TEQ4M", "20260101-AAAAAAAA"


def before(tx: Connection) -> None:
    """A dual certificate and one of EST, as an earlier release kept them."""
    of_the_first_release(tx)
    label = f"application/{NUMBER}"
    for one in (label, f"{label}/encryption"):
        put(tx, "certificate_key_blob", label=one, blob=b"sealed", created_at=NOW)
        put(tx, "certificate_pin_tries", label=one, taken=0, wrong=0, last_try_at=NOW)
    whose = {"application_id": NUMBER, "person_id": OWNER, "enterprise_name": "阳光公司", "credit_code": CODE}
    keys = {"custody": "wrapped", "key_label": label, "encryption_key_label": f"{label}/encryption"}
    serials = {"serial": "aa", "encryption_serial": "bb", "issued_at": NOW}
    put(tx, "certificate_holding", **whose, **keys, **serials)
    for serial, subject in (
        ("aa", f"CN=阳光公司,2.5.4.97=NTRCN-{CODE},O=阳光公司,C=CN"),
        ("bb", f"CN=阳光公司,2.5.4.97=NTRCN-{CODE},O=阳光公司,C=CN"),
        ("cc", f"CN=阳光公司,2.5.4.97=NTRCN-{CODE},C=CN"),
        ("dd", "CN=responder,C=CN"),
    ):
        made = {"request_id": serial, "issuer": "ca", "profile": "lock", "key_digest": serial * 32}
        times = {"not_before": NOW, "not_after": NOW + timedelta(days=30), "prepared_at": NOW}
        state = {"state": "issued", "tbs": b"tbs", "der": b"der", "issued_at": NOW, "crl_shard": 0}
        put(tx, "ca_certificate", serial=serial, subject=subject, **made, **times, **state)


def upgraded(engine: Engine) -> Database:
    migrations.upgrade(engine, "0010")
    db = Database(engine)
    with db.write() as tx:
        before(tx)
    migrations.upgrade(engine)
    return db


def test_an_upgrade_keeps_what_was_held_and_names_every_enterprise(engine: Engine) -> None:
    with upgraded(engine).read() as tx:
        signing, encryption = queries.of_person(tx, OWNER)
        asked = select(certificate.c.serial).where(certificate.c.credit_code == CODE)
        named = sorted(tx.execute(asked).scalars())
    assert (signing.serial, signing.purpose, encryption.serial) == ("aa", Purpose.SIGNING, "bb")
    assert (signing.kind, signing.person_name) == (CertificateKind.ENTERPRISE, "李晓明")
    assert (signing.enterprise_name, signing.credit_code) == ("阳光公司", CODE)
    assert named == ["aa", "bb", "cc"]


def test_halves_are_listed_page_by_page_until_they_end(engine: Engine) -> None:
    mine = holding.c.person_id == OWNER
    with upgraded(engine).read() as tx:
        first = listing.held(tx, mine, Listing.ACTIVE, NOW, PageRequest(limit=1))
        rest = listing.held(tx, mine, Listing.ACTIVE, NOW, PageRequest(limit=1, after=first.last))
        assert [one.serial for one in first.rows + rest.rows] == ["aa", "bb"]
        assert rest.last is None
        late = NOW + timedelta(days=31)
        assert listing.held(tx, mine, Listing.ACTIVE, late, PageRequest()).rows == []
        assert len(listing.held(tx, mine, Listing.EXPIRED, late, PageRequest()).rows) == 2


def test_one_certificate_follows_another(engine: Engine) -> None:
    with upgraded(engine).write() as tx:
        assert queries.replace(tx, "aa", "ee")
        assert queries.replace(tx, "aa", "ee")
        assert not queries.replace(tx, "aa", "ff")
        assert queries.find(tx, "bb").replaced_by is None
        queries.detach_encryption(tx, "aa")
        assert [one.serial for one in queries.of_application(tx, NUMBER)] == ["aa"]


def test_an_operator_takes_a_suspension_over(engine: Engine) -> None:
    with upgraded(engine).write() as tx:
        assert not take_over(tx, "bb")
        assert queries.find(tx, "aa").suspended_by is SuspendedBy.OPERATOR
        forget(tx, "aa")
        tx.execute(holding.update().values(suspended_by=SuspendedBy.HOLDER))
        assert take_over(tx, "aa")
        assert not take_over(tx, "cc")


def test_the_last_wrong_pin_locks_and_is_told_once(engine: Engine) -> None:
    db = upgraded(engine)
    tries = PinTries(db, lambda: NOW, Journal(engine, "test", lambda: NOW))
    label = f"application/{NUMBER}/encryption"
    for wrong in range(PIN_TRIES + 1):
        expected = PinLocked if wrong >= PIN_TRIES - 1 else PinIncorrect
        with pytest.raises(expected), tries.counted(label):
            raise PinIncorrect
    with db.read() as tx:
        assert tries.status(tx, label).locked
        lines = tx.exec_driver_sql("SELECT line FROM ca_audit_entry ORDER BY seq").scalars().all()
        told = tx.exec_driver_sql("SELECT kind, serial FROM message").all()
    assert len(lines) == PIN_TRIES + 1
    assert all('"subject":"bb"' in line for line in lines)
    assert told == [("pin-locked", "bb")]


def test_a_right_pin_gives_no_tries_back_that_others_are_making(engine: Engine) -> None:
    """Whoever has wrong ones under way when the holder signs has not one more for it."""
    db = upgraded(engine)
    tries = PinTries(db, lambda: NOW, Journal(engine, "test", lambda: NOW))
    label = f"application/{NUMBER}"
    under_way = [tries.counted(label) for _ in range(PIN_TRIES - 1)]
    for one in under_way:
        one.__enter__()
    with tries.counted(label):
        pass
    for one in under_way:
        with pytest.raises((PinIncorrect, PinLocked)):
            one.__exit__(PinIncorrect, PinIncorrect(), None)
    with db.read() as tx:
        assert tries.status(tx, label).left == 1
    with pytest.raises(PinLocked), tries.counted(label):
        raise PinIncorrect
    with db.read() as tx:
        assert tries.status(tx, label).locked
        assert tx.exec_driver_sql("SELECT kind FROM message").scalars().all() == ["pin-locked"]


def test_tries_that_died_with_their_process_come_back_by_a_right_pin(engine: Engine) -> None:
    db, times = upgraded(engine), [NOW]
    tries = PinTries(db, lambda: times[-1], Journal(engine, "test", lambda: NOW))
    label = f"application/{NUMBER}"
    died = [tries.counted(label) for _ in range(PIN_TRIES - 1)]
    for one in died:
        one.__enter__()
    times.append(NOW + 2 * TRY_LASTS)
    with db.read() as tx:
        assert tries.status(tx, label).left == 1
    with tries.counted(label):
        pass
    with db.read() as tx:
        assert tries.status(tx, label).left == PIN_TRIES


def test_what_a_lost_download_left_is_revoked(engine: Engine) -> None:
    db = upgraded(engine)
    ledger = Ledger(engine)
    revoking = Revoking(db, ledger, Revoker(ledger, lambda: NOW), lambda: NOW)
    made = certificate.update().where(certificate.c.serial == "cc")
    ended = application.update().where(application.c.id == NUMBER)
    with db.write() as tx:
        tx.execute(made.values(request_id=f"application/{NUMBER}"))
        tx.execute(ended.values(status=Status.APPROVED))
    assert revoking.revoke_orphans() == 0  # the download may be repeated
    with db.write() as tx:
        tx.execute(ended.values(status=Status.FAILED))
    assert (revoking.revoke_orphans(), revoking.revoke_orphans()) == (1, 0)
    assert ledger.find(0xCC).reason == "cessation_of_operation"
    assert [revoking.revoke("aa", "superseded"), revoking.revoke("aa", "superseded")] == [True, False]

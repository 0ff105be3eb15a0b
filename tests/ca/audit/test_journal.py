"""The journal: what it tells, and that every way of changing it is found."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from ca.audit.checkpoints import Checkpointer, checkpoint_line
from ca.audit.event import Action, Actor, Event, Outcome, act_as
from ca.audit.journal import Journal
from ca.audit.records import CheckpointLine, EntryLine, from_text, to_text
from ca.audit.signers import revoked_in_ledger, revoked_on
from ca.audit.verification import End, Report, verify, verify_kept
from ca.distinguished import SubjectFacts
from ca.hierarchy import sign_with
from ca.issuance import IssuanceRequest, Issuer
from ca.ledger import Ledger
from ca.lint import Linter
from ca.own_certificates import OwnIdentity
from ca.profiles import shipped_profiles
from ca.revocation import Revoker
from ca.timestamps import TimeStamper, check_token
from tests.ca.audit.conftest import Kept
from tests.ca.conftest import CREDIT_CODE, Clock, SmallCa


def lines(kept: Kept) -> list[dict[str, object]]:
    return [json.loads(one.line) for one in kept.records() if isinstance(one, EntryLine)]


def test_an_entry_tells_who_what_when_from_where_and_how_it_ended(kept: Kept) -> None:
    with act_as(Actor("operator", "王审核", "10.0.0.7", "request-1")):
        kept.journal.record(Event(Action.OPERATOR_SIGNED_IN, "王审核", Outcome.REFUSED, "operator_refused"))
    (told,) = lines(kept)
    assert told == {
        "node": "main",
        "seq": 1,
        "before": "0" * 64,
        "at": "2026-11-23T08:00:00.000+00:00",
        "who": {"kind": "operator", "name": "王审核"},
        "from": "10.0.0.7",
        "request": "request-1",
        "action": "operator.signed_in",
        "subject": "王审核",
        "outcome": "refused",
        "code": "operator_refused",
        "detail": {},
    }


def test_a_whole_journal_with_signed_ends_is_found_whole(kept: Kept) -> None:
    kept.act(3)
    assert len(kept.checkpointer.sign_due()) == 1
    assert kept.checkpointer.sign_due() == []  # nothing new
    kept.act(2)
    report = kept.report()
    assert report.is_whole
    assert (report.entries, report.checkpoints, report.signed["main"]) == (5, 1, 3)
    with kept.engine.connect() as connection:
        assert list(verify_kept(connection)) == []


def test_the_hashes_are_what_any_tool_would_compute(kept: Kept) -> None:
    kept.act(2)
    first, second = (one.line for one in kept.records() if isinstance(one, EntryLine))
    assert json.loads(second)["before"] == hashlib.sha256(first.encode()).hexdigest()


@pytest.mark.parametrize("table", ["ca_audit_entry", "ca_audit_checkpoint"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET line = 'x'", "DELETE FROM {}"])
def test_the_database_itself_refuses_changes(kept: Kept, table: str, statement: str) -> None:
    kept.act()
    kept.checkpointer.sign_due()
    with pytest.raises(DBAPIError, match="append-only"), kept.engine.begin() as connection:
        connection.execute(text(statement.format(table)))


@pytest.mark.parametrize("where", ["seq = 2", "rowid = 2"])
def test_sqlite_puts_no_row_in_the_place_of_another(kept: Kept, where: str) -> None:
    """INSERT OR REPLACE deletes what is in the way, without asking the guard of DELETE."""
    if kept.engine.dialect.name != "sqlite":
        pytest.skip("only SQLite has REPLACE")
    kept.act(3)
    columns = "node, seq, line, hash" if where.startswith("seq") else "rowid, node, seq, line, hash"
    number = "seq" if where.startswith("seq") else "seq + 90"
    values = columns.replace("seq", number).replace("line", "'x'")
    found = f"SELECT {values} FROM ca_audit_entry WHERE {where}"
    statement = f"INSERT OR REPLACE INTO ca_audit_entry ({columns}) {found}"
    with pytest.raises(DBAPIError, match="append-only"), kept.engine.begin() as connection:
        connection.execute(text(statement))
    assert kept.report().is_whole
    kept.tamper(statement)
    assert not kept.report().is_whole


EDIT = "UPDATE ca_audit_entry SET line = replace(line, '王审核', '李审核') WHERE seq = 2"


@pytest.mark.parametrize(
    ("statements", "what"),
    [
        ([EDIT], "changed"),
        (["DELETE FROM ca_audit_entry WHERE seq = 2"], "missing"),
        (["DELETE FROM ca_audit_entry WHERE seq = 1"], "missing"),
        (
            [
                "UPDATE ca_audit_entry SET seq = 99 WHERE seq = 2",
                "UPDATE ca_audit_entry SET seq = 2 WHERE seq = 3",
                "UPDATE ca_audit_entry SET seq = 3 WHERE seq = 99",
            ],
            "out of order",
        ),
        (["DELETE FROM ca_audit_entry WHERE seq > 3"], "cut off"),
        (["DELETE FROM ca_audit_entry"], "cut off"),
        (["UPDATE ca_audit_checkpoint SET line = replace(line, '2026-11-23', '2026-11-22')"], "validity"),
    ],
)
def test_every_change_is_found(kept: Kept, statements: list[str], what: str) -> None:
    kept.act(5)
    kept.checkpointer.sign_due()
    assert kept.report().is_whole
    kept.tamper(*statements)
    assert what in " ".join(fault.what for fault in kept.report().faults)


def test_a_chain_that_was_rewritten_with_fitting_hashes_is_found_by_its_checkpoint(kept: Kept) -> None:
    """Someone changes an entry and computes all the hashes after it anew, and the end too."""
    kept.act(4)
    kept.checkpointer.sign_due()
    before, statements = "0" * 64, []
    for sequence, told in enumerate(lines(kept), 1):
        told["who"] = {"kind": "operator", "name": "李审核"}
        told["before"] = before
        line = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
        before = hashlib.sha256(line.encode()).hexdigest()
        changed = f"UPDATE ca_audit_entry SET line = '{line}', hash = '{before}' WHERE seq = {sequence}"
        statements.append(changed.replace(":", r"\:"))
    kept.tamper(*statements, f"UPDATE ca_audit_head SET hash = '{before}'")
    faults = kept.report().faults
    assert ["differs from what was signed" in fault.what for fault in faults] == [True]


def test_a_checkpoint_that_somebody_else_signed_is_found(kept: Kept, small_ca: SmallCa) -> None:
    kept.act(2)
    kept.checkpointer.sign_due()
    kept.tamper("UPDATE ca_audit_checkpoint SET signature = certificate")
    assert "does not verify" in kept.report().faults[0].what
    other = small_ca.root.certificate  # a CA that did not issue the audit certificate
    assert "not the CA's audit certificate" in verify(kept.records(), [other]).faults[0].what


def test_a_certificate_of_a_subscriber_signs_no_checkpoint(kept: Kept, a_request: IssuanceRequest) -> None:
    subscriber = kept.ca.issuer.issue(a_request).certificate
    kept.act()
    kept.checkpointer.sign_due()
    forged = [
        CheckpointLine(one.line, one.signature, subscriber.public_bytes(Encoding.DER), None)
        if isinstance(one, CheckpointLine)
        else one
        for one in kept.records()
    ]
    assert not verify(forged, [kept.ca.authority.certificate]).is_whole


def test_a_subscriber_called_like_the_journal_signs_no_checkpoint(
    kept: Kept, a_request: IssuanceRequest, clock: Clock
) -> None:
    """An enterprise of this name, with the CA's own certificate for its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    facts = SubjectFacts(enterprise_name="审计签名 有限公司", credit_code=CREDIT_CODE)
    subscriber = kept.ca.issuer.issue(
        replace(a_request, subject=facts, public_key=key.public_key())
    ).certificate
    kept.act()
    (entry,) = kept.records()
    assert isinstance(entry, EntryLine)
    text = checkpoint_line("main", 1, hashlib.sha256(entry.line.encode()).hexdigest(), clock())
    forged = CheckpointLine(text, sign_with(key, text.encode()), subscriber.public_bytes(Encoding.DER), None)
    (fault,) = verify([entry, forged], [kept.ca.authority.certificate]).faults
    assert "not the CA's audit certificate" in fault.what


def test_time_stamps_tell_when_a_checkpoint_was_made(
    kept: Kept, stamper: TimeStamper, auditor: Callable[[], OwnIdentity], clock: Clock
) -> None:
    """Whoever has the audit key as well signs anew, but cannot have it stamped for an earlier time."""
    trusted = [kept.ca.authority.certificate]

    def report() -> Report:
        return kept.report(check_stamp=lambda token, data: check_token(token, data, trusted))

    stamped = Checkpointer(kept.engine, auditor, clock, stamper.token)
    kept.act(2)
    stamped.sign_due()
    kept.act()
    stamped.sign_due()
    assert (report().is_whole, report().stamped) == (True, {"main": 3})
    kept.tamper("UPDATE ca_audit_checkpoint SET stamp = NULL WHERE seq = 3")
    assert ["no time stamp" in fault.what for fault in report().faults] == [True]

    then = clock()
    clock.forward(hours=1)
    kept.tamper("DELETE FROM ca_audit_checkpoint WHERE seq = 3")
    backdated = Checkpointer(kept.engine, auditor, lambda: then, stamper.token)
    backdated.sign_due()
    assert ["at another time" in fault.what for fault in report().faults] == [True]


def test_a_checkpoint_by_a_certificate_revoked_before_is_found(
    kept: Kept, auditor: Callable[[], OwnIdentity], clock: Clock
) -> None:
    """What was signed before the revocation stays; what the thief of the key signs afterwards is told."""
    stolen = auditor()
    kept.act(2)
    kept.checkpointer.sign_due()
    clock.forward(hours=1)
    Revoker(kept.ca.ledger, clock).revoke(stolen.certificate.serial_number, "key_compromise")
    with kept.ca.engine.connect() as connection:
        in_ledger = revoked_in_ledger(connection)
        assert kept.report(revoked_since=in_ledger).is_whole
        thief = Checkpointer(kept.engine, lambda: stolen, clock)
        kept.act()
        thief.sign_due()
        for known in (in_ledger, revoked_on([kept.ca.list()], [kept.ca.authority.certificate])):
            (fault,) = kept.report(revoked_since=known).faults
            assert "revoked certificate" in fault.what
    with pytest.raises(ValueError, match="no given CA"):
        revoked_on([kept.ca.list()], [kept.ca.root.certificate])


def test_cutting_off_entries_with_their_checkpoints_is_found_by_an_end_noted_elsewhere(kept: Kept) -> None:
    kept.act(3)
    kept.checkpointer.sign_due()
    kept.act(3)
    kept.checkpointer.sign_due()
    noted = kept.report().ends
    kept.tamper(
        "DELETE FROM ca_audit_entry WHERE seq > 3",
        "DELETE FROM ca_audit_checkpoint WHERE seq > 3",
        f"UPDATE ca_audit_head SET seq = 3, hash = '{kept_hash(kept, 3)}'",
    )
    assert kept.report().is_whole  # nothing inside tells
    assert "cut off" in kept.report(noted=noted).faults[0].what
    other = {"main": End(2, "f" * 64)}
    assert "noted" in kept.report(noted=other).faults[0].what


def kept_hash(kept: Kept, sequence: int) -> str:
    with kept.engine.connect() as connection:
        found = connection.execute(text(f"SELECT hash FROM ca_audit_entry WHERE seq = {sequence}"))
        return str(found.scalar_one())


def test_what_the_database_keeps_beside_a_line_is_checked_too(kept: Kept) -> None:
    kept.act(2)
    kept.tamper("UPDATE ca_audit_entry SET hash = 'x' WHERE seq = 1", "DELETE FROM ca_audit_head")
    with kept.engine.connect() as connection:
        faults = [fault.what for fault in verify_kept(connection)]
    assert len(faults) == 2


def test_many_threads_make_one_chain_without_gaps(kept: Kept) -> None:
    threads = [threading.Thread(target=kept.act, args=(20,)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    report = kept.report()
    assert report.is_whole
    assert report.entries == 120


def test_each_node_has_a_chain_of_its_own(kept: Kept, clock: Clock) -> None:
    other = Journal(kept.engine, "second", clock)
    kept.act()
    other.record(Event(Action.SERVICE_STARTED))
    kept.act()
    assert len(kept.checkpointer.sign_due()) == 2
    report = kept.report()
    assert report.is_whole
    assert {node: end.sequence for node, end in report.ends.items()} == {"main": 2, "second": 1}


def test_an_export_is_checked_without_the_database(kept: Kept, tmp_path: Path) -> None:
    kept.act(3)
    kept.checkpointer.sign_due()
    exported = [to_text(one) for one in kept.records()]
    assert len(exported) == 4
    trusted = [kept.ca.authority.certificate]
    assert verify(from_text(exported), trusted).is_whole
    for damaged in (exported[1:], exported[:2] + exported[3:], [exported[1], exported[0], *exported[2:]]):
        assert not verify(from_text(damaged), trusted).is_whole
    garbage = ['{"checkpoint":', '{"checkpoint":1}', "[" * 100_000, "null", '{"node":1,"seq":"x"}', "\ud800"]
    assert not verify(from_text([*exported, *garbage]), trusted).is_whole


def test_an_act_and_its_entry_are_kept_together_or_not_at_all(
    kept: Kept, small_ca: SmallCa, a_request: IssuanceRequest
) -> None:
    journal = Journal(small_ca.engine, "main", small_ca.clock)
    ledger = Ledger(small_ca.engine, journal)
    issuer = Issuer(small_ca.authorities, shipped_profiles(), ledger, Linter(), small_ca.clock)
    with act_as(Actor("person", "138****1234")):
        issued = issuer.issue(a_request)
    with act_as(Actor("operator", "王审核")):
        Revoker(ledger, small_ca.clock).revoke(issued.serial, "superseded")
    kept.engine, kept.journal = small_ca.engine, journal
    first, second = lines(kept)
    assert (first["action"], first["subject"]) == ("certificate.issued", f"{issued.serial:x}")
    assert first["who"] == {"kind": "person", "name": "138****1234"}
    assert (second["action"], second["detail"]) == ("certificate.revoked", {"reason": "superseded"})

    def broken(*_: object) -> None:
        raise RuntimeError("the journal cannot be written")

    journal.append = broken  # type: ignore[method-assign]
    again = IssuanceRequest(
        "application-2", "enterprise-signing", a_request.subject, a_request.public_key, 30
    )
    with pytest.raises(RuntimeError):
        issuer.issue(again)
    found = ledger.find_by_request("application-2")
    assert found is not None
    assert found.der is None  # an intent, which will be given up and put on the list

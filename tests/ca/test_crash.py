from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections import Counter
from datetime import timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from sqlalchemy import create_engine, event, func, select

from ca.audit.journal import Journal
from ca.audit.records import EntryLine, from_database
from ca.audit.verification import verify
from ca.authorities import Authorities, IssuingAuthority
from ca.ceremony.steps import AuthorityName, make_root
from ca.crl import CrlPublisher
from ca.hierarchy import Authority
from ca.issuance import Issuer
from ca.ledger import Ledger, State
from ca.lint import Linter
from ca.profiles import shipped_profiles
from ca.tables import certificate, metadata
from hsm import KeyKind, Token, TokenConfig, TokenKeys, init_token
from tests.ca.crash_child import START

ROUNDS = 240


def test_killing_the_issuer_at_every_step_forgets_no_certificate(softhsm: Path, tmp_path: Path) -> None:
    label, pin = "crash", "crash-1234"
    init_token(softhsm, label, "crash-so-1234", pin)
    (tmp_path / "pin").write_text(pin)
    (tmp_path / "signed").touch()
    with Token.open(TokenConfig(softhsm, label), lambda: pin) as token:
        authority = make_root(
            TokenKeys(token).generate("ca", KeyKind.P256), AuthorityName("根", "测试"), START
        )
    (tmp_path / "ca.pem").write_bytes(authority.certificate.public_bytes(Encoding.PEM))
    engine = create_engine(f"sqlite:///{tmp_path}/ledger.db", connect_args={"timeout": 30})
    event.listen(engine, "connect", lambda raw, _: raw.execute("PRAGMA journal_mode=WAL"))
    metadata.create_all(engine)

    files = [tmp_path / name for name in ("pin", "ca.pem", "ledger.db", "signed")]
    arguments = [softhsm, label, files[0], "ca", *files[1:], ROUNDS]
    child = subprocess.run(
        [sys.executable, "-m", "tests.ca.crash_child", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert child.stdout.split() == [str(int(signal.SIGKILL))] * ROUNDS, child.stderr[-2000:]

    ledger = Ledger(engine, Journal(engine, "crash", lambda: START))
    later = START + timedelta(minutes=3 * ROUNDS + 3)
    known = Authorities([IssuingAuthority("ca", authority)])
    Issuer(known, shipped_profiles(), ledger, Linter(), lambda: later).settle()
    signed = [int(line, 16) for line in (tmp_path / "signed").read_text().split()]
    assert len(signed) == len(set(signed)) > ROUNDS / 4  # no serial number twice
    states = Counter(ledger.find(serial).state for serial in signed)  # raises for one that is unrecorded
    assert states[State.ISSUED] > 0
    assert states[State.ABANDONED] > 0
    assert set(states) == {State.ISSUED, State.ABANDONED}
    with Token.open(TokenConfig(softhsm, label), lambda: pin) as token:
        reopened = Authority(authority.certificate, TokenKeys(token).open("ca"))
        published = CrlPublisher(engine, IssuingAuthority("ca", reopened)).current(later)
    listed = {one.serial_number for one in x509.load_der_x509_crl(published.complete)}
    assert {serial for serial in signed if ledger.find(serial).state is State.ABANDONED} <= listed
    with engine.connect() as connection:
        asked = select(func.count()).select_from(certificate).where(certificate.c.state == State.ISSUED)
        assert connection.execute(asked).scalar_one() == states[State.ISSUED]  # and nothing unsigned
        told = [json.loads(one.line) for one in from_database(connection) if isinstance(one, EntryLine)]
        assert verify(from_database(connection), []).is_whole
    for state, action in ((State.ISSUED, "certificate.issued"), (State.ABANDONED, "certificate.abandoned")):
        entries = [int(one["subject"], 16) for one in told if one["action"] == action]
        assert len(entries) == len(set(entries))  # each act is told exactly once
        ended = {serial for serial in signed if ledger.find(serial).state is state}
        assert ended <= set(entries)
    engine.dispose()

from __future__ import annotations

import random
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding
from sqlalchemy import create_engine, event

from ca.authorities import Authorities, IssuingAuthority
from ca.ceremony.steps import AuthorityName, make_root
from ca.hierarchy import Authority
from ca.issuance import Issuer
from ca.ledger import Ledger, State
from ca.lint import Linter
from ca.profiles import shipped_profiles
from ca.tables import metadata
from hsm import KeyKind, Token, TokenConfig, TokenKeys, init_token

ROUNDS = 6


def test_killing_the_issuer_forgets_no_certificate(softhsm: Path, tmp_path: Path) -> None:
    label, pin = "crash", "crash-1234"
    init_token(softhsm, label, "crash-so-1234", pin)
    (tmp_path / "pin").write_text(pin)
    with Token.open(TokenConfig(softhsm, label), lambda: pin) as token:
        authority = make_root(
            TokenKeys(token).generate("ca", KeyKind.P256), AuthorityName("根", "测试"), datetime.now(UTC)
        )
        (tmp_path / "ca.pem").write_bytes(authority.certificate.public_bytes(Encoding.PEM))
        engine = create_engine(f"sqlite:///{tmp_path}/ledger.db", connect_args={"timeout": 30})
        event.listen(engine, "connect", lambda raw, _: raw.execute("PRAGMA journal_mode=WAL"))
        metadata.create_all(engine)
        told = [step for _ in range(ROUNDS) for step in _run_until_killed(softhsm, label, tmp_path)]
        _check(told, Ledger(engine), authority)
        engine.dispose()


def _run_until_killed(module: Path, label: str, folder: Path) -> list[tuple[str, int]]:
    arguments = [module, label, folder / "pin", "ca", folder / "ca.pem", folder / "ledger.db"]
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.ca.crash_child", *map(str, arguments)],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    first = child.stdout.readline()
    time.sleep(random.uniform(0.0, 0.15))
    child.kill()
    rest = child.stdout.read()
    child.stdout.close()
    child.wait()
    steps = (line.split() for line in (first + rest).splitlines() if line.count(" ") == 1)
    return [(step, int(serial, 16)) for step, serial in steps]


def _check(told: list[tuple[str, int]], ledger: Ledger, authority: Authority) -> None:
    prepared = [serial for step, serial in told if step == "prepared"]
    recorded = {serial for step, serial in told if step == "recorded"}
    assert len(prepared) == len(set(prepared)) >= ROUNDS
    for serial in prepared:
        entry = ledger.find(serial)  # raises if the token may have signed something the ledger never saw
        if serial in recorded:
            assert entry.certificate.serial_number == serial
    authorities = Authorities([IssuingAuthority("ca", authority)])
    later = Issuer(
        authorities, shipped_profiles(), ledger, Linter(), lambda: datetime.now(UTC) + timedelta(minutes=5)
    )
    given_up = {entry.serial for entry in later.settle()}
    assert not given_up & recorded
    assert all(ledger.find(serial).state in (State.ISSUED, State.ABANDONED) for serial in prepared)

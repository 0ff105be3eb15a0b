"""Telling what became of certificates: lists, revocation in a large ledger, OCSP over HTTP, time stamps."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from sqlalchemy import Engine, insert

from api.db import make_engine
from bench.report import Line
from bench.setting import FOLDER, best, per_second
from bench.signing import raw_loop
from ca import der
from ca.authorities import Authorities, IssuingAuthority
from ca.ceremony.steps import AuthorityName, make_root
from ca.crl import Listed, sign_list
from ca.hierarchy import Authority
from ca.issuance import Issuer
from ca.ledger import Ledger
from ca.lint import Linter
from ca.own_certificates import OwnCertificates, Role
from ca.profiles import shipped_profiles
from ca.revocation import Revoker
from ca.tables import certificate, metadata
from ca.timestamps import ClockGuard, TimeStamper
from hsm import KeyKind, Token, TokenKeys

ENTRIES = 100_000
SMALL, LARGE = 1_000, 1_000_000
FLAT = 1 / 1.3
_SHA256 = der.sequence(der.identifier("2.16.840.1.101.3.4.2.1"))


def run(token: Token, seconds: float) -> Iterator[Line]:
    """All parts that need no server."""
    authority = make_root(
        TokenKeys(token).generate("bench-status", KeyKind.P256), AuthorityName("基准", "基准"), _now()
    )
    yield _list(authority)
    yield _revocation(authority)
    for kind in (KeyKind.RSA_2048, KeyKind.P256):
        yield _stamps(token, authority, kind, seconds)


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def _list(authority: Authority) -> Line:
    """Entries a second, beside cryptography's builder making the same list."""
    now = _now()
    serials = [secrets.randbits(158) | 1 << 157 for _ in range(ENTRIES)]
    began = time.perf_counter()
    sign_list(authority, (Listed(one, now, "superseded") for one in serials), 1, now, now + timedelta(7))
    ours = ENTRIES / (time.perf_counter() - began)
    began = time.perf_counter()
    part = serials[: ENTRIES // 20]
    builder = x509.CertificateRevocationListBuilder().issuer_name(authority.certificate.subject)
    builder = builder.last_update(now).next_update(now + timedelta(7))
    reason = x509.CRLReason(x509.ReasonFlags.superseded)
    for serial in part:
        entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(now)
        builder = builder.add_revoked_certificate(entry.add_extension(reason, critical=False).build())
    builder.sign(authority.key, hashes.SHA256()).public_bytes(Encoding.DER)
    theirs = len(part) / (time.perf_counter() - began)
    return Line(f"list of {ENTRIES:,}: entries, beside cryptography", ours, theirs, 1.0)


def _revocation(authority: Authority) -> Line:
    """Revocations a second with a million certificates in the ledger, beside the same with a thousand."""
    rates = {}
    for count in (SMALL, LARGE):
        engine = make_engine(f"sqlite:///{FOLDER / f'ledger-{count}'}.db")
        metadata.create_all(engine)
        _fill(engine, authority, count)
        revoker = Revoker(Ledger(engine), lambda: datetime.now(UTC))
        numbers = iter(range(1, count, max(1, count // 900)))
        rounds = []
        for _ in range(4):
            began = time.perf_counter()
            for _ in range(200):
                revoker.revoke(next(numbers), "superseded")
            rounds.append(200 / (time.perf_counter() - began))
        rates[count] = best(rounds)
        engine.dispose()
    return Line(f"revoke among {LARGE:,}, beside {SMALL:,}", rates[LARGE], rates[SMALL], FLAT)


def _fill(engine: Engine, authority: Authority, count: int) -> None:
    now, issuer = _now(), authority.key_id.hex()
    common = {
        "issuer": issuer,
        "profile": "enterprise-signing",
        "subject": "CN=基准",
        "state": "issued",
        "tbs": b"t" * 600,
        "der": b"d" * 900,
        "not_before": now,
        "not_after": now + timedelta(365),
        "prepared_at": now,
        "issued_at": now,
        "crl_shard": 0,
    }
    with engine.connect() as connection:
        for begin in range(1, count + 1, 20_000):
            rows = [
                common | {"serial": f"{n:x}", "request_id": f"bench/{n}", "key_digest": f"{n:064x}"}
                for n in range(begin, min(begin + 20_000, count + 1))
            ]
            connection.execute(insert(certificate), rows)
        connection.commit()


def _stamps(token: Token, authority: Authority, kind: KeyKind, seconds: float) -> Line:
    """Time stamps a second, beside the raw signature of the same key."""
    engine = make_engine(f"sqlite:///{FOLDER / f'stamps-{kind}'}.db")
    metadata.create_all(engine)

    def now() -> datetime:
        return datetime.now(UTC)

    known = Authorities([IssuingAuthority(f"bench-{kind}", authority)])
    issuer = Issuer(known, shipped_profiles(), Ledger(engine), Linter(), now)
    own = OwnCertificates(engine, known, issuer, TokenKeys(token), now, "基准", kind)
    identity = own.current(Role.TIME_STAMPING)
    stamper = TimeStamper(lambda: own.current(Role.TIME_STAMPING), ClockGuard(engine, now), "2.25.1")
    asked = der.sequence(der.integer(1), der.sequence(_SHA256, der.octets(bytes(32))))
    assert identity.key is not None
    label = f"tsa-bench-{kind}-1"
    ceiling = best([per_second(raw_loop(token, label, kind), 2, seconds) for _ in range(2)])
    rate = best([per_second(lambda: lambda: stamper.answer(asked), 2, seconds) for _ in range(2)])
    engine.dispose()
    return Line(f"time stamps {kind}, 2 threads", rate, ceiling, 0.60 if kind is KeyKind.RSA_2048 else None)

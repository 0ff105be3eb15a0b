"""Whole issuance beside the raw signature: build, lint, durable intent, sign, durable record.

The ledger is SQLite in WAL mode with ``synchronous=FULL``: every answer is on the disk. ``bulk`` prepares and
completes 200 certificates with one durable write each way.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from cryptography.hazmat.primitives.asymmetric import ec

from api.db import make_engine
from bench.report import Line
from bench.setting import FOLDER, best, per_second
from bench.signing import raw_loop
from ca.audit.journal import Journal
from ca.authorities import Authorities, IssuingAuthority
from ca.ceremony.steps import AuthorityName, make_root
from ca.distinguished import SubjectFacts
from ca.issuance import IssuanceRequest, Issuer
from ca.ledger import Ledger
from ca.lint import Linter
from ca.profiles import shipped_profiles
from ca.tables import metadata
from hsm import KeyKind, Token, TokenKeys

BULK = 200
DJANGO_CA = 48.0  # whole issuances a second of django-ca 3.2 on the same kind of token and machine
_SUBJECT = SubjectFacts(enterprise_name="临沂阳光建设工程有限公司", credit_code="91371300MA3C0TEQ4M")


def run(token: Token, seconds: float) -> Iterator[Line]:
    """RSA-2048 and P-256 issuing keys: one by one at 1 and 8 threads, and in bulk."""
    for kind in (KeyKind.RSA_2048, KeyKind.P256):
        label = f"bench-ca-{kind}"
        authority = make_root(
            TokenKeys(token).generate(label, kind), AuthorityName("基准", "基准"), datetime.now(UTC)
        )
        engine = make_engine(f"sqlite:///{FOLDER / label}.db")
        metadata.create_all(engine)
        ceiling = best([per_second(raw_loop(token, label, kind), 1, seconds) for _ in range(3)])
        goal = 0.60 if kind is KeyKind.RSA_2048 else 0.10
        ledger = Ledger(engine, Journal(engine, "bench", _now))  # as the service does
        for linting, remember in (("pkilint each", False), ("pkilint each shape", True)):
            linter = Linter(remember_shapes=remember)
            known = Authorities([IssuingAuthority("bench", authority, pki_url="http://ca.example/pki")])
            issuer = Issuer(known, shipped_profiles(), ledger, linter, _now)
            singly = _singly(issuer)
            for threads in (1, 8):
                rate = best([per_second(singly, threads, seconds) for _ in range(2)])
                yield Line(f"issue {kind}, {linting}, {threads} threads", rate, ceiling, None)
            rate = BULK * best([per_second(_bulk(issuer), 1, seconds) for _ in range(2)])
            yield Line(f"issue {kind}, {linting}, bulk of {BULK}", rate, ceiling, goal if remember else None)
            if remember:
                yield Line(f"issue {kind}, bulk, beside django-ca", rate, DJANGO_CA, 20.0)
        engine.dispose()


def _now() -> datetime:
    return datetime.now(UTC)


_numbers = itertools.count()
# Every subscriber has a key of its own, as the ledger expects; making them is not what is measured.
_keys = itertools.cycle([ec.generate_private_key(ec.SECP256R1()).public_key() for _ in range(5000)])


def _request() -> IssuanceRequest:
    return IssuanceRequest(f"bench-{next(_numbers)}", "enterprise-signing", _SUBJECT, next(_keys), 30)


def _singly(issuer: Issuer) -> Callable[[], Callable[[], object]]:
    return lambda: lambda: issuer.issue(_request())


def _bulk(issuer: Issuer) -> Callable[[], Callable[[], object]]:
    return lambda: lambda: issuer.complete_many(issuer.prepare_many([_request() for _ in range(BULK)]))

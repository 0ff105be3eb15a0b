"""A root and an issuing CA on real SoftHSM2 tokens, and the ledger they write to."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import Engine, create_engine, event

from ca.authorities import Authorities, IssuingAuthority
from ca.ceremony.steps import AuthorityName, make_root, request_certificate, sign_issuing
from ca.crl import CrlPublisher
from ca.distinguished import SubjectFacts
from ca.hierarchy import Authority
from ca.issuance import IssuanceRequest, Issuer
from ca.ledger import Ledger
from ca.lint import Linter
from ca.profiles import shipped_profiles
from ca.tables import metadata
from ca.tbs import Pointers
from hsm import KeyKind, PublicKey, Token, TokenKeys

CREDIT_CODE = "91371300MA3C0TEQ4M"
NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> None:
        self.now += timedelta(**by)


@dataclass
class SmallCa:
    """Everything a test of the CA needs."""

    root: Authority
    authority: Authority
    ledger: Ledger
    clock: Clock
    engine: Engine
    issuer: Issuer
    issuing: IssuingAuthority
    authorities: Authorities

    def with_linter(self, linter: Linter) -> Issuer:
        return Issuer(self.authorities, shipped_profiles(), self.ledger, linter, self.clock)

    def publisher(self) -> CrlPublisher:
        """Of the issuing CA's one list."""
        return CrlPublisher(self.engine, self.issuing)

    def list(self) -> x509.CertificateRevocationList:
        """A new complete list."""
        return x509.load_der_x509_crl(self.publisher().publish(self.clock()).complete)


@pytest.fixture
def clock() -> Clock:
    return Clock(NOW)


@pytest.fixture(scope="session")
def authorities(session_token: Token) -> tuple[Authority, Authority]:
    keys = TokenKeys(session_token)
    suffix = secrets.token_hex(3)
    root = make_root(keys.generate(f"root-{suffix}", KeyKind.P384), AuthorityName("测试根", "封桥测试"), NOW)
    key = keys.generate(f"issuing-{suffix}", KeyKind.P256)
    request = request_certificate(key, AuthorityName("测试签发 CA", "封桥测试"))
    pointers = Pointers("http://ca.example/root.cer", "http://ca.example/root.crl")
    return root, Authority(sign_issuing(root, request, NOW, pointers), key, (root.certificate,))


def ledger_in(folder: Path) -> Engine:
    engine = create_engine(f"sqlite:///{folder}/ledger.db", connect_args={"timeout": 30})
    event.listen(engine, "connect", lambda raw, _: raw.execute("PRAGMA journal_mode=WAL"))
    metadata.create_all(engine)
    return engine


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = ledger_in(tmp_path)
    yield engine
    engine.dispose()


@pytest.fixture
def small_ca(authorities: tuple[Authority, Authority], engine: Engine, clock: Clock) -> SmallCa:
    return ca_with(authorities, engine, clock)


def ca_with(authorities: tuple[Authority, Authority], engine: Engine, clock: Clock) -> SmallCa:
    root, authority = authorities
    ledger = Ledger(engine)
    issuing = IssuingAuthority("issuing-1", authority, pki_url="http://ca.example/pki")
    known = Authorities([issuing])
    issuer = Issuer(known, shipped_profiles(), ledger, Linter(), clock, b"salt")
    return SmallCa(root, authority, ledger, clock, engine, issuer, issuing, known)


@pytest.fixture(scope="session")
def subscriber_key() -> PublicKey:
    return ec.generate_private_key(ec.SECP256R1()).public_key()


@pytest.fixture
def a_request(subscriber_key: PublicKey) -> IssuanceRequest:
    subject = SubjectFacts(enterprise_name="临沂阳光建设有限公司", credit_code=CREDIT_CODE)
    return IssuanceRequest("application-1", "enterprise-signing", subject, subscriber_key, 30)

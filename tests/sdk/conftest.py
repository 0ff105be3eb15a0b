"""A real CA on SoftHSM2, the service's real signer of statements, and an enterprise with a certificate."""

# ruff: noqa: F811 - fixtures of the CA's tests

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from api.statements.signing import Statements, sign_approval
from ca.distinguished import SubjectFacts
from ca.documents.cms_making import SigningIdentity
from ca.issuance import IssuanceRequest
from ca.own_certificates import OwnCertificates, Role
from hsm import KeyKind, Token, TokenKeys
from mobile_bridge.sdk import Started, Trust
from tests.ca.conftest import CREDIT_CODE, SmallCa, authorities, clock, engine, small_ca  # noqa: F401

COMPANY = "临沂阳光建设有限公司"
ISSUER, SITE = "https://ca.example.cn", "https://trade.example.cn"


@dataclass
class Service:
    """What a real service signs with."""

    ca: SmallCa
    statements: Statements
    person: SigningIdentity

    @property
    def trust(self) -> Trust:
        return Trust((self.ca.root.certificate,))

    def claims(self, started: Started, **more: Any) -> dict[str, Any]:
        names = {"jti": started.id, "aud": started.audience, "nonce": started.nonce, "kind": started.kind}
        return names | {"request_digest": started.request_digest} | more

    def statement(self, started: Started, lifetime: timedelta | None = None, **more: Any) -> str:
        return self.statements.sign(self.claims(started, **more), lifetime or timedelta(minutes=5))

    def approval(self, started: Started, **more: Any) -> str:
        now = int(self.ca.clock().timestamp())
        return sign_approval(self.person, self.claims(started, iat=now, **more))


@pytest.fixture
def service(small_ca: SmallCa, token: Token) -> Service:
    own = OwnCertificates(
        small_ca.engine,
        small_ca.authorities,
        small_ca.issuer,
        TokenKeys(token),
        small_ca.clock,
        "封桥测试",
        KeyKind.P256,
    )
    statements = Statements(lambda: own.current(Role.STATEMENT), ISSUER, small_ca.clock)
    return Service(small_ca, statements, identity(small_ca, "enterprise-signing"))


def identity(ca: SmallCa, profile: str) -> SigningIdentity:
    """A certificate of the small CA with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = SubjectFacts(
        enterprise_name=COMPANY,
        credit_code=CREDIT_CODE,
        host="trade.example.cn",
        person_name="王建国",
        id_number="371300198001010014",
    )
    issued = ca.issuer.issue(IssuanceRequest(f"a-{profile}", profile, subject, key.public_key(), 30))
    return SigningIdentity(key, issued.certificate, (ca.issuing.authority.certificate,))


@pytest.fixture
def started() -> Started:
    return a_scan()


def a_scan(kind: str = "login", **changes: str) -> Started:
    facts = {
        "id": "s1",
        "kind": kind,
        "nonce": "n" * 43,
        "request_digest": "ab" * 32,
        "issuer": ISSUER,
        "audience": SITE,
        "wait_token": "w",
        "wait_url": f"{ISSUER}/scan/v1/sessions/s1",
        "events_url": f"{ISSUER}/scan/v1/sessions/s1/events",
        "expires_at": "2026-11-23T08:03:00+00:00",
    }
    return Started(**facts | changes)


Change = Callable[[dict[str, Any]], None]

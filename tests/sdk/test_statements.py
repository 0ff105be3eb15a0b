"""Answers of a real signer on a real token, and what somebody would like a platform to believe."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from api.statements.jws import certificate_chain, sign_claims
from api.statements.signing import APPROVAL, STATEMENT, sign_approval
from ca.revocation import Revoker
from mobile_bridge.sdk import NotVerified, Started, Trust, verify_approval, verify_statement
from tests.ca.conftest import CREDIT_CODE, SmallCa
from tests.sdk.conftest import COMPANY, Service, a_scan, identity


def code_of(refusal: pytest.ExceptionInfo[NotVerified]) -> str:
    assert refusal.value.message
    return refusal.value.code


def test_a_statement_is_believed(service: Service, started: Started) -> None:
    token = service.statement(started, user="bidder-7", person={"name": "李*明"})
    statement = verify_statement(token, started, service.trust, service.ca.clock())
    assert statement["user"] == "bidder-7"
    assert statement.issued_at == service.ca.clock()
    with pytest.raises(NotVerified, match="balance"):
        statement["balance"]


def test_an_approval_names_who_approved(service: Service) -> None:
    started = a_scan("sign")
    told = service.statement(started, enterprise={"name": COMPANY, "credit_code": CREDIT_CODE})
    statement = verify_statement(told, started, service.trust, service.ca.clock())
    approval = verify_approval(
        service.approval(started, shown={"title": "招标文件"}),
        started,
        service.trust,
        statement,
        service.ca.clock(),
    )
    assert (approval.enterprise, approval.credit_code) == (COMPANY, CREDIT_CODE)
    assert approval.shown["title"] == "招标文件"


def test_an_approval_of_another_enterprise_is_refused(service: Service) -> None:
    started = a_scan("sign")
    told = service.statement(started, enterprise={"name": "别家", "credit_code": "91371300MA3C0TEQ4X"})
    statement = verify_statement(told, started, service.trust, service.ca.clock())
    with pytest.raises(NotVerified) as refusal:
        verify_approval(service.approval(started), started, service.trust, statement, service.ca.clock())
    assert code_of(refusal) == "other_scan"


def test_a_personal_certificate_approves_nothing_for_an_enterprise(service: Service) -> None:
    started = a_scan("sign")
    told = service.statement(started, enterprise={"name": COMPANY, "credit_code": CREDIT_CODE})
    statement = verify_statement(told, started, service.trust, service.ca.clock())
    private = replace(service, person=identity(service.ca, "personal"))
    with pytest.raises(NotVerified) as refusal:
        verify_approval(private.approval(started), started, service.trust, statement, service.ca.clock())
    assert code_of(refusal) == "other_scan"


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("id", "other_scan"),
        ("nonce", "other_scan"),
        ("kind", "other_scan"),
        ("request_digest", "other_scan"),
        ("audience", "other_audience"),
        ("issuer", "other_issuer"),
    ],
)
def test_what_was_said_of_another_scan_is_refused(
    service: Service, started: Started, name: str, code: str
) -> None:
    token = service.statement(started)
    with pytest.raises(NotVerified) as refusal:
        verify_statement(token, replace(started, **{name: "another"}), service.trust, service.ca.clock())
    assert code_of(refusal) == code


@pytest.mark.parametrize(("minutes", "held"), [(-2, False), (-0.5, True), (5.5, True), (6.5, False)])
def test_it_holds_for_its_time_and_a_minute_of_clock(
    service: Service, started: Started, minutes: float, held: bool
) -> None:
    service.statements.identity()  # its certificate is valid from now on
    service.ca.clock.forward(hours=1)
    token, at = service.statement(started), service.ca.clock() + timedelta(minutes=minutes)
    if held:
        verify_statement(token, started, service.trust, at)
        return
    with pytest.raises(NotVerified) as refusal:
        verify_statement(token, started, service.trust, at)
    assert code_of(refusal) == "expired"


def test_a_login_that_never_ends_is_refused(service: Service, started: Started) -> None:
    token = service.statements.sign(service.claims(started))
    with pytest.raises(NotVerified) as refusal:
        verify_statement(token, started, service.trust, service.ca.clock())
    assert code_of(refusal) == "malformed"


@pytest.mark.parametrize("profile", ["enterprise-signing", "platform"])
def test_another_certificate_of_the_same_ca_does_not_speak_for_the_service(
    service: Service, started: Started, profile: str
) -> None:
    """A subscriber with a key of his own could otherwise say who he is."""
    claims = service.claims(started, iss=started.issuer, iat=int(service.ca.clock().timestamp()))
    mine = service.person if profile == "enterprise-signing" else identity(service.ca, profile)
    forged = sign_claims(
        mine.key, mine.certificate, mine.chain, STATEMENT, claims | {"exp": claims["iat"] + 9}
    )
    with pytest.raises(NotVerified) as refusal:
        verify_statement(forged, started, service.trust, service.ca.clock())
    assert code_of(refusal) == "wrong_signer"


def test_a_statement_is_no_approval_and_the_other_way_round(service: Service, started: Started) -> None:
    with pytest.raises(NotVerified, match="typ"):
        verify_approval(service.statement(started), started, service.trust, now=service.ca.clock())
    with pytest.raises(NotVerified, match="typ"):
        verify_statement(service.approval(started), started, service.trust, service.ca.clock())


def test_a_certificate_of_another_ca_is_refused(service: Service, started: Started) -> None:
    with pytest.raises(NotVerified) as refusal:
        verify_statement(service.statement(started), started, Trust(()), service.ca.clock())
    assert code_of(refusal) == "untrusted"


def test_a_revoked_signer_is_refused_when_lists_are_given(service: Service, small_ca: SmallCa) -> None:
    started, now = a_scan("sign"), small_ca.clock()
    token = service.approval(started)
    listed = service.trust.with_lists([small_ca.list()])
    verify_approval(token, started, listed, now=now)
    Revoker(small_ca.ledger, small_ca.clock).revoke(
        service.person.certificate.serial_number, "key_compromise"
    )
    now += timedelta(minutes=1)
    with pytest.raises(NotVerified) as refusal:
        verify_approval(token, started, service.trust.with_lists([small_ca.list()]), now=now)
    assert code_of(refusal) == "revoked"
    with pytest.raises(NotVerified) as refusal:
        verify_approval(token, started, listed, now=now + timedelta(days=9))
    assert code_of(refusal) == "revocation_unknown"


def changed(token: str, **header: Any) -> str:
    head, payload, signature = token.split(".")
    facts = json.loads(base64.urlsafe_b64decode(head + "==")) | header
    head = base64.urlsafe_b64encode(json.dumps(facts).encode()).decode().rstrip("=")
    return f"{head}.{payload}.{signature}"


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "none"},
        {"alg": "HS256"},
        {"alg": "RS256"},
        {"x5c": []},
        {"x5c": ["%%%"]},
        {"x5c": "MII"},
        {"typ": "JWT"},
        {"crit": ["unknown"], "unknown": True},
    ],
)
def test_a_header_chooses_nothing(service: Service, started: Started, header: dict[str, Any]) -> None:
    with pytest.raises(NotVerified):
        verify_statement(
            changed(service.statement(started), **header), started, service.trust, service.ca.clock()
        )


def test_a_chain_put_before_another_key_is_refused(service: Service, started: Started) -> None:
    """The certificates of the service, the signature of somebody else."""
    mine = service.statements.identity()
    claims = service.claims(started, iss=started.issuer, iat=int(service.ca.clock().timestamp()), exp=2**33)
    thief = ec.generate_private_key(ec.SECP256R1())
    forged = sign_claims(thief, mine.certificate, mine.chain, STATEMENT, claims)
    with pytest.raises(NotVerified) as refusal:
        verify_statement(forged, started, service.trust, service.ca.clock())
    assert code_of(refusal) == "signature_invalid"


@pytest.mark.parametrize("junk", ["", "a.b.c", "x" * 600_000, "..", "é.é.é", None])
def test_junk_is_refused(service: Service, started: Started, junk: Any) -> None:
    with pytest.raises(NotVerified):
        verify_statement(junk, started, service.trust, service.ca.clock())


def test_claims_that_are_no_object_are_refused(service: Service, started: Started) -> None:
    mine = service.statements.identity()
    header = {"typ": STATEMENT, "x5c": certificate_chain(mine.certificate, mine.chain)}
    token = jwt.PyJWS().encode(b"[1]", mine.key, "ES256", header)  # type: ignore[arg-type]
    with pytest.raises(NotVerified):
        verify_statement(token, started, service.trust, service.ca.clock())


def test_an_encryption_certificate_approves_nothing(service: Service) -> None:
    started = a_scan("sign")
    mine = identity(service.ca, "enterprise-encryption")
    token = sign_approval(mine, service.claims(started, iat=int(service.ca.clock().timestamp())))
    assert jwt.get_unverified_header(token)["typ"] == APPROVAL
    with pytest.raises(NotVerified) as refusal:
        verify_approval(token, started, service.trust, now=service.ca.clock())
    assert code_of(refusal) == "wrong_signer"

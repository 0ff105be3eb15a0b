"""When it was signed, and what the certificate was then: with and without time stamps, by lists and OCSP."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from ca.documents.levels import Level
from ca.documents.signing import Place, SigningIdentity, seal_pdf
from ca.documents.verification import Trust, verify_document
from ca.documents.verification.model import Changed, Problem, SignatureReport, Source, Standing, Verdict
from ca.seals.picture import SealPicture
from hsm import Token
from tests.ca.conftest import Clock, SmallCa
from tests.ca.documents.lasting_world import World as Lasting
from tests.ca.documents.lasting_world import make_world
from tests.ca.documents.pdfs import plain_pdf
from tests.ca.documents.pki import KEYS, NOW
from tests.ca.documents.verification.conftest import MIDDLE, World


@pytest.fixture
def lasting(small_ca: SmallCa, session_token: Token, clock: Clock, tmp_path: Path) -> Lasting:
    return make_world(small_ca, session_token, clock, tmp_path)


def root_alone(lasting: Lasting) -> Trust:
    return Trust.of([lasting.ca.root.certificate])


@pytest.mark.parametrize("level", list(Level))
def test_the_level_that_was_made_is_the_level_that_is_found(
    level: Level, lasting: Lasting, page: bytes, picture: SealPicture
) -> None:
    pdf = lasting.sealed(page, picture, level)
    at = lasting.now(minutes=5)
    report = verify_document(pdf, root_alone(lasting), at)
    (one,) = report.signatures
    assert one.level is level, one
    assert (one.proven_at is not None) is level.is_stamped
    assert one.problems == (() if level.is_proved else (Problem.REVOCATION_UNCHECKED,))
    assert len(report.time_stamps) == (level is Level.B_LTA)
    if level.is_proved:
        assert one.now is not None
        assert one.now.source is Source.OCSP
        assert Changed.VALIDATION_DATA in {change.kind for change in one.changes}


def test_it_lasts_beyond_the_certificates(lasting: Lasting, page: bytes, picture: SealPicture) -> None:
    """Years later everything has expired; the time stamp proves when it was in force."""
    at = lasting.now() + timedelta(days=365 * 8)
    for level, problems in (
        (Level.B_B, [Problem.CERTIFICATE_EXPIRED_SINCE]),
        (Level.B_LTA, []),
    ):
        (one,) = verify_document(lasting.sealed(page, picture, level), root_alone(lasting), at).signatures
        assert [*one.problems] == problems
        assert one.now is not None
        assert one.now.standing is Standing.EXPIRED


def test_revoked_after_it_signed_with_a_stamp_and_without(
    lasting: Lasting, page: bytes, picture: SealPicture
) -> None:
    stamped = lasting.sealed(page, picture, Level.B_T)
    bare = lasting.sealed(page, picture, Level.B_B)
    lasting.stamping.forward(7200)
    lasting.revoke(lasting.identity.certificate)
    trust = Trust.of([lasting.ca.root.certificate], lasting.authorities, lasting.lists)
    (one,) = verify_document(stamped, trust, lasting.now(minutes=1)).signatures
    assert (one.problems, one.verdict) == ((), Verdict.VALID)
    assert one.then is not None
    assert one.now is not None
    assert (one.then.standing, one.now.standing) == (Standing.IN_FORCE, Standing.REVOKED)
    (other,) = verify_document(bare, trust, lasting.now(minutes=1)).signatures
    assert (other.problems, other.verdict) == (
        (Problem.CERTIFICATE_REVOKED_SINCE,),
        Verdict.UNDETERMINED,
    )


def test_revoked_before_it_signed(lasting: Lasting, page: bytes, picture: SealPicture) -> None:
    lasting.revoke(lasting.identity.certificate)
    lasting.stamping.forward(7200)
    pdfs = [lasting.sealed(page, picture, level) for level in (Level.B_B, Level.B_T)]
    trust = Trust.of([lasting.ca.root.certificate], lasting.authorities, lasting.lists)
    for pdf in pdfs:
        (one,) = verify_document(pdf, trust, lasting.now(minutes=1)).signatures
        assert (one.problems, one.verdict) == ((Problem.CERTIFICATE_REVOKED,), Verdict.INVALID)


def test_a_stamp_of_another_signature_proves_nothing(
    lasting: Lasting, world: World, page: bytes, picture: SealPicture
) -> None:
    """The token of one signature put into another (it is not signed, anybody can)."""
    from tests.ca.documents.verification.attacks import with_stamp_of

    stamped, bare = (lasting.sealed(page, picture, level) for level in (Level.B_T, Level.B_T))
    moved = with_stamp_of(bare, stamped)
    (one,) = verify_document(moved, root_alone(lasting), lasting.now(minutes=1)).signatures
    assert one.intact
    assert one.proven_at is None
    assert Problem.TIME_STAMP_WRONG in one.problems


def expired(world: World, at: datetime, signed: datetime) -> SignatureReport:
    key = KEYS["p-256"]()
    short: x509.Certificate = world.issuer.issue(
        "短命", key, begins=NOW - timedelta(hours=1), ends=NOW + timedelta(hours=1)
    )
    identity = SigningIdentity(key, short, (world.issuer.certificate,))
    pdf = seal_pdf(plain_pdf(), identity, world.picture, Place(0, 105, 148), reason="签章", at=signed)
    (one,) = verify_document(pdf, world.trust, at).signatures
    return one


def test_expired_since_and_expired_before(world: World) -> None:
    later = NOW + timedelta(hours=5)
    since = expired(world, later, NOW)
    assert (since.problems, since.verdict) == ((Problem.CERTIFICATE_EXPIRED_SINCE,), Verdict.UNDETERMINED)
    before = expired(world, later, NOW + timedelta(hours=3))
    assert (before.problems, before.verdict) == ((Problem.CERTIFICATE_EXPIRED,), Verdict.INVALID)


def test_a_revoked_issuer(world: World, sealed: bytes) -> None:
    lists = [world.issuer.crl(), world.root.crl(world.issuer.certificate)]
    trust = Trust.of([world.root.certificate], [world.issuer.certificate], lists)
    (one,) = verify_document(sealed, trust, NOW).signatures
    assert (one.problems, one.verdict) == ((Problem.ISSUER_REVOKED,), Verdict.INVALID)
    pdf = replace(world).sealed(plain_pdf(), MIDDLE)
    assert verify_document(pdf, trust, NOW).verdict is Verdict.INVALID

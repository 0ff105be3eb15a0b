"""Sealed documents as our own sealing makes them, and what a platform must not take for them."""

from __future__ import annotations

import asyncio
import hashlib
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from ca.documents.lasting import add_validation_data
from ca.documents.signing import Place, seal_pdf
from ca.seals.picture import SealDesign, SealKind, draw_seal
from mobile_bridge.sdk import NotVerified, Trust, verify_sealed_pdf
from tests.ca.conftest import CREDIT_CODE
from tests.ca.documents.pdfs import plain_pdf, scribbled
from tests.ca.documents.verification import attacks
from tests.sdk.conftest import COMPANY, Service, identity


def sealed_by(service: Service, pdf: bytes, profile: str = "enterprise-signing") -> bytes:
    picture = draw_seal(SealDesign(SealKind.ENTERPRISE, COMPANY, "3713250012345"))
    mine = service.person if profile == "enterprise-signing" else identity(service.ca, profile)
    return seal_pdf(pdf, mine, picture, Place(0, 20, 20), reason="签章", at=service.ca.clock())


def refused(service: Service, pdf: bytes, **given: object) -> str:
    with pytest.raises(NotVerified) as refusal:
        verify_sealed_pdf(pdf, service.trust, now=service.ca.clock(), **given)  # type: ignore[arg-type]
    return refusal.value.code


def test_a_sealed_document_names_who_sealed_it(service: Service) -> None:
    original = plain_pdf()
    once = sealed_by(service, original)
    twice = sealed_by(service, once)
    digest = hashlib.sha256(twice).hexdigest()
    seals = verify_sealed_pdf(twice, service.trust, sha256=digest, original=original, now=service.ca.clock())
    assert [(one.enterprise, one.credit_code) for one in seals] == [(COMPANY, CREDIT_CODE)] * 2
    assert seals[0].signed_at == service.ca.clock()


def test_what_is_not_the_sealed_document_is_refused(service: Service) -> None:
    original = plain_pdf()
    sealed = sealed_by(service, original)
    assert refused(service, original) == "not_sealed"
    assert refused(service, sealed, sha256="00" * 32) == "document_differs"
    assert refused(service, sealed, original=plain_pdf(pages=2)) == "document_differs"
    assert refused(service, scribbled(sealed)) == "document_differs"
    assert refused(service, sealed + b"\n% more") == "document_differs"
    for junk in (b"", b"%PDF-1.7", sealed[:2000]):
        assert refused(service, junk) in ("malformed", "not_sealed")


def test_a_picture_in_a_field_that_nobody_signed_is_refused_between_two_seals_too(service: Service) -> None:
    once = sealed_by(service, plain_pdf())
    for in_kid in (False, True):
        painted = attacks.field_that_shows(once, in_kid=in_kid)
        assert refused(service, painted) == "document_differs"
        assert refused(service, sealed_by(service, painted)) == "document_differs"
    waiting = sealed_by(service, attacks.field_that_shows(once, b" "))
    assert len(verify_sealed_pdf(waiting, service.trust, now=service.ca.clock())) == 2


def test_a_changed_byte_breaks_it(service: Service) -> None:
    sealed = sealed_by(service, plain_pdf())
    place = sealed.index(b"/MediaBox") + 11
    assert refused(service, sealed[:place] + b"7" + sealed[place + 1 :]) in ("signature_invalid", "malformed")


def test_trust_decides(service: Service) -> None:
    sealed = sealed_by(service, plain_pdf())
    with pytest.raises(NotVerified, match="untrusted"):
        verify_sealed_pdf(sealed, Trust(()), now=service.ca.clock())
    with pytest.raises(NotVerified, match="untrusted"):
        verify_sealed_pdf(sealed, service.trust, now=service.ca.clock() + timedelta(days=40))


async def _inside_a_loop(service: Service, sealed: bytes) -> int:
    return len(verify_sealed_pdf(sealed, service.trust, now=service.ca.clock()))


def test_it_works_inside_an_event_loop_too(service: Service) -> None:
    assert asyncio.run(_inside_a_loop(service, sealed_by(service, plain_pdf()))) == 1


def test_proofs_that_make_a_seal_last_may_follow_it_and_nothing_else(service: Service) -> None:
    sealed = sealed_by(service, plain_pdf())
    root = service.ca.root.certificate.public_bytes(Encoding.DER)
    lasting = add_validation_data(sealed, [root], [], [])
    assert len(verify_sealed_pdf(lasting, service.trust, original=sealed, now=service.ca.clock())) == 1
    assert refused(service, lasting + b"% more") == "document_differs"
    assert refused(service, scribbled(lasting)) == "document_differs"

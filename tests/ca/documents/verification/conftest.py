"""A sealed document, the trust that finds it good, and how a report is asked for."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from ca.documents.signing import Place, SigningIdentity, seal_pdf
from ca.documents.verification import DocumentReport, Trust, verify_document
from ca.seals.picture import SealPicture
from tests.ca.documents.pdfs import plain_pdf
from tests.ca.documents.pki import NOW, Issuer

MIDDLE = Place(0, 105, 148)


@dataclass(frozen=True)
class World:
    """A hierarchy with its lists, a signer and a seal."""

    root: Issuer
    issuer: Issuer
    identity: SigningIdentity
    picture: SealPicture
    trust: Trust

    def sealed(self, pdf: bytes, place: Place = MIDDLE, **options: object) -> bytes:
        return seal_pdf(pdf, self.identity, self.picture, place, reason="签章", at=NOW, **options)  # type: ignore[arg-type]

    def verified(self, pdf: bytes) -> DocumentReport:
        return verify_document(pdf, self.trust, NOW)


@pytest.fixture(scope="session")
def world(root: Issuer, issuer: Issuer, picture: SealPicture) -> World:
    trust = Trust.of([root.certificate], [issuer.certificate], [issuer.crl(), root.crl()])
    return World(root, issuer, issuer.identity(), picture, trust)


@pytest.fixture(scope="session")
def sealed(world: World) -> bytes:
    """One page, one seal, nothing wrong."""
    return world.sealed(plain_pdf())

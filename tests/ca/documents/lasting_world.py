"""A CA with its list and responder, a stamper, and an enterprise that seals so that it lasts."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path

from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation.ades import AdESLTAValidationResult, ades_lta_validation
from pyhanko.sign.validation.policy_decl import (
    PdfSignatureValidationSpec,
    RevinfoOnlineFetchingRule,
    RevocationInfoGatheringSpec,
    SignatureValidationSpec,
)
from pyhanko_certvalidator.context import CertValidationPolicySpec
from pyhanko_certvalidator.ltv.types import ValidationTimingInfo
from pyhanko_certvalidator.policy_decl import REQUIRE_REVINFO, CertRevTrustPolicy
from pyhanko_certvalidator.registry import SimpleTrustManager

from api.db import make_engine
from ca.authorities import Authorities, IssuingAuthority
from ca.ceremony.steps import sign_root_crl
from ca.distinguished import SubjectFacts
from ca.documents.levels import Lasting, Level
from ca.documents.signing import Place, SigningIdentity, seal_in
from ca.documents.updating import as_it_was
from ca.hierarchy import Authority
from ca.issuance import IssuanceRequest, Issuer
from ca.ledger import Ledger
from ca.lint import Linter
from ca.ocsp import Responder
from ca.own_certificates import Role
from ca.own_proofs import OwnProofs
from ca.profiles import shipped_profiles
from ca.revocation import Revoker
from ca.seals.picture import SealPicture
from ca.tables import metadata
from hsm import KeyKind, Token, TokenKeys
from tests.ca.conftest import CREDIT_CODE, Clock, SmallCa
from tests.ca.timestamps.conftest import Stamping, make

PLACE = Place(0, 100, 100)


@dataclass
class World:
    """``lasting``: as the service makes signatures last, with nothing but what is in this process."""

    ca: SmallCa
    stamping: Stamping
    identity: SigningIdentity
    root_list: x509.CertificateRevocationList
    responder: Responder
    proofs: OwnProofs
    lasting: Lasting

    @property
    def authorities(self) -> list[x509.Certificate]:
        return [self.ca.authority.certificate, self.ca.root.certificate]

    @property
    def lists(self) -> list[x509.CertificateRevocationList]:
        return [self.ca.list(), self.root_list]

    def now(self, **later: float) -> datetime:
        return self.ca.clock() + timedelta(**later)

    def sealed(self, pdf: bytes, picture: SealPicture, level: Level, place: Place = PLACE) -> bytes:
        document = BytesIO(pdf)
        self.seal(document, picture, level, place, self.lasting)
        return document.getvalue()

    def seal(
        self, document: BytesIO, picture: SealPicture, level: Level, place: Place, lasting: Lasting
    ) -> None:
        stamps = lasting.stamps if level.is_stamped else None
        with as_it_was(document):
            seal_in(document, self.identity, picture, place, reason="签章", at=self.now(), stamps=stamps)
            lasting.complete(document, level, self.identity.certificate)

    def revoke(self, certificate: x509.Certificate) -> None:
        revoker = Revoker(self.ca.ledger, self.ca.clock, lambda entry, act: self.responder.changed())
        revoker.revoke(certificate.serial_number, "key_compromise")


def make_ca(authorities: tuple[Authority, Authority], folder: Path, clock: Clock) -> SmallCa:
    """As the fixture has it, for a whole module."""
    root, authority = authorities
    engine = make_engine(f"sqlite:///{folder}/ledger.db")
    metadata.create_all(engine)
    ledger = Ledger(engine)
    issuing = IssuingAuthority("issuing-1", authority, pki_url="http://ca.example/pki")
    known = Authorities([issuing])
    issuer = Issuer(known, shipped_profiles(), ledger, Linter(remember_shapes=True), clock, b"salt")
    return SmallCa(root, authority, ledger, clock, engine, issuer, issuing, known)


def an_enterprise(ca: SmallCa, token: Token) -> SigningIdentity:
    label = f"lasting-{secrets.token_hex(4)}"
    key = TokenKeys(token).generate(label, KeyKind.P256)
    facts = SubjectFacts(enterprise_name="临沂某某建设工程有限公司", credit_code=CREDIT_CODE)
    issued = ca.issuer.issue(IssuanceRequest(label, "enterprise-signing", facts, key.public_key()))
    return SigningIdentity(key, issued.certificate, (ca.authority.certificate,))


def make_world(small_ca: SmallCa, token: Token, clock: Clock, folder: Path) -> World:
    stamping = make(small_ca, token, clock, folder, KeyKind.P256)
    identity = an_enterprise(small_ca, token)
    root_list = sign_root_crl(small_ca.root, 1, clock())
    responder = Responder(
        small_ca.engine,
        small_ca.authorities,
        lambda issuing: stamping.own.current(Role.OCSP, issuing),
        clock,
    )
    proofs = OwnProofs(
        small_ca.authorities,
        responder,
        small_ca.root.certificate,
        lambda: root_list.public_bytes(Encoding.DER),
    )
    lasting = Lasting(stamping.stamper.answer, (proofs,))
    return World(small_ca, stamping, identity, root_list, responder, proofs, lasting)


def judged(pdf: bytes, world: World, at: datetime) -> AdESLTAValidationResult:
    """pyHanko's opinion (ETSI EN 319 102-1, 5.6.3) from the document and the root alone, without network."""
    root = asn1.Certificate.load(world.ca.root.certificate.public_bytes(Encoding.DER))
    trust = CertValidationPolicySpec(SimpleTrustManager.build([root]), CertRevTrustPolicy(REQUIRE_REVINFO))
    alone = RevocationInfoGatheringSpec(RevinfoOnlineFetchingRule.LOCAL_ONLY)
    spec = PdfSignatureValidationSpec(SignatureValidationSpec(trust, alone))
    (embedded, *_) = PdfFileReader(BytesIO(pdf)).embedded_regular_signatures
    moment = ValidationTimingInfo(at, at, point_in_time_validation=False)
    return asyncio.run(ades_lta_validation(embedded, spec, moment))

"""An enterprise with a seal, under a real CA with a stamper: what files and packages are sealed with."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from ca.ceremony.steps import sign_root_crl
from ca.distinguished import SubjectFacts
from ca.documents.cms_making import SigningIdentity
from ca.documents.proofs import Proofs
from ca.documents.verification.trust import Trust
from ca.hierarchy import Authority
from ca.issuance import IssuanceRequest
from ca.seals.objects.making import make_seal
from ca.seals.objects.model import Picture, SealObject, SealOrder, SealType
from ca.seals.picture import SealDesign, SealKind, draw_seal
from hsm import KeyKind, Token, TokenKeys
from tests.ca.conftest import CREDIT_CODE, NOW, Clock, SmallCa, ca_with, ledger_in
from tests.ca.timestamps.conftest import Stamping, make

NAME = "临沂某某建设工程有限公司"


@dataclass
class Sealers:
    """A CA with its lists, a stamper, and an enterprise with a seal; all keys on a token."""

    ca: SmallCa
    keys: TokenKeys
    stamping: Stamping
    identity: SigningIdentity
    maker: SigningIdentity
    seal: SealObject

    @property
    def trust(self) -> Trust:
        return Trust.of([self.ca.root.certificate], [self.ca.authority.certificate])

    def trust_with(self, *lists: x509.CertificateRevocationList) -> Trust:
        return Trust.of([self.ca.root.certificate], [self.ca.authority.certificate], lists)

    @property
    def lists(self) -> tuple[x509.CertificateRevocationList, ...]:
        return self.ca.list(), sign_root_crl(self.ca.root, 1, NOW)

    @property
    def proofs(self) -> Proofs:
        made = Proofs(certificates={self.ca.authority.certificate.public_bytes(Encoding.DER): None})
        made.lists = {one.public_bytes(Encoding.DER): None for one in self.lists}
        return made

    def issued(self, profile: str, kind: KeyKind = KeyKind.P256) -> SigningIdentity:
        return issued(self.ca, self.keys, profile, kind)

    def seal_of(self, holder: SigningIdentity, picture: bytes = b"a picture") -> SealObject:
        return seal_of(self.maker, holder, picture)


def issued(ca: SmallCa, keys: TokenKeys, profile: str, kind: KeyKind = KeyKind.P256) -> SigningIdentity:
    label = f"{profile}-{secrets.token_hex(4)}"
    key = keys.generate(label, kind)
    facts = SubjectFacts(enterprise_name=NAME, credit_code=CREDIT_CODE, service_name="印章制作")
    made = ca.issuer.issue(IssuanceRequest(label, profile, facts, key.public_key()))
    return SigningIdentity(key, made.certificate, (ca.authority.certificate,))


def seal_of(maker: SigningIdentity, holder: SigningIdentity, picture: bytes) -> SealObject:
    order = SealOrder(
        id="37132500000001",
        vendor="SealBridge",
        type=SealType.UNIT,
        name=f"{NAME}公章",
        holders=(holder.certificate.public_bytes(Encoding.DER),),
        created=NOW,
        starts=NOW,
        ends=NOW + timedelta(days=365),
        picture=Picture("PNG", picture, 40, 40),
    )
    return make_seal(order, maker.key, maker.certificate)


def make_sealers(authorities: tuple[Authority, Authority], token: Token, folder: Path) -> Sealers:
    clock = Clock(NOW)
    ca = ca_with(authorities, ledger_in(folder), clock)
    keys = TokenKeys(token)
    holder, maker = issued(ca, keys, "enterprise-signing"), issued(ca, keys, "seal-maker")
    picture = draw_seal(SealDesign(SealKind.ENTERPRISE, NAME, "3713250012345")).png
    stamping = make(ca, token, clock, folder, KeyKind.P256)
    return Sealers(ca, keys, stamping, holder, maker, seal_of(maker, holder, picture))

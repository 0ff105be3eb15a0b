"""What a new application, or a new version of one, will say: taken from what is asked and what is known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, select

from api.applications import queries
from api.applications.asked import Applicant, Asked
from api.applications.errors import (
    AdministratorAlready,
    CertificateEnded,
    CertificateReplaced,
    CertificateRevoked,
    HolderDiffers,
    ProductUnfit,
)
from api.applications.identities import opened_holder_id, sealed_holder_id, sealed_legal_person_id
from api.applications.kinds import ApplicationKind
from api.applications.model import Particulars
from api.applications.outward import CertificatesAtHand, HeldCertificate
from api.catalogue.queries import Product, find_product
from api.catalogue.rules import CertificateKind
from api.enterprises.access import is_member
from api.enterprises.administration import administrator_of
from api.enterprises.errors import AdministratorNeeded, EnterpriseNotFound, NoLongerMember
from api.enterprises.rules import compared_name
from api.enterprises.tables import enterprise
from api.errors import NotFound
from api.realname.id_numbers import IdNumbers

_FOR: Final = {
    ApplicationKind.CLAIM: frozenset({CertificateKind.ENTERPRISE, CertificateKind.LEGAL_PERSON}),
    ApplicationKind.JOIN: frozenset({CertificateKind.CLERK}),
    ApplicationKind.PERSONAL: frozenset({CertificateKind.PERSONAL}),
}
"""Whose certificates the first application can be for; a later one is for the same as the first."""


@dataclass(frozen=True, slots=True)
class Draft:
    """``before``: the enterprise's name until now, where it is to change. ``serial``: what it is about."""

    said: Particulars
    product: Product
    serial: str | None = None
    before: str | None = None


class Drafts:
    """Makes drafts in a reading or writing transaction."""

    def __init__(self, certificates: CertificatesAtHand, id_numbers: IdNumbers) -> None:
        self._certificates = certificates
        self._id_numbers = id_numbers
        self._make: Final[dict[ApplicationKind, Callable[..., Draft]]] = {
            ApplicationKind.CLAIM: self._claim,
            ApplicationKind.JOIN: self._join,
            ApplicationKind.PERSONAL: self._personal,
            ApplicationKind.RENEWAL: self._renewal,
            ApplicationKind.CHANGE: self._change,
            ApplicationKind.REVOCATION: self._revocation,
            ApplicationKind.PIN_RESET: self._pin_reset,
        }

    def draft(self, tx: Connection, number: str, applicant: Applicant, asked: Asked, now: datetime) -> Draft:
        """For the application ``number``.

        Raises NotFound (product, certificate), HolderDiffers, ProductUnfit, EnterpriseNotFound,
        AdministratorAlready, AdministratorNeeded, CertificateEnded, CertificateReplaced, CertificateRevoked,
        NoLongerMember.
        """
        return self._make[asked.kind](tx, number, applicant, asked, now)

    def _claim(self, tx: Connection, number: str, who: Applicant, asked: Asked, now: datetime) -> Draft:
        product, claim = _offered(tx, asked, now), asked.enterprise
        of_legal_person = product.kind is CertificateKind.LEGAL_PERSON
        named = None if claim is None else (claim.legal_person, claim.legal_person_id)
        if of_legal_person and named != (who.name, who.id_number):
            raise ProductUnfit("only the legal person is certified as such")
        return Draft(self._with_claim(self._said(number, who, product), number, asked), product)

    def _join(self, tx: Connection, number: str, who: Applicant, asked: Asked, now: datetime) -> Draft:
        product = _offered(tx, asked, now)
        name, administrator = _record(tx, asked.credit_code or "")
        if compared_name(name) != compared_name(asked.enterprise_name or ""):
            raise EnterpriseNotFound("no enterprise of that name and code")
        if administrator == who.id:
            raise AdministratorAlready("the administrator has every permission")
        said = replace(
            self._said(number, who, product),
            enterprise_name=name,
            credit_code=asked.credit_code,
            department=asked.department,
            permissions=asked.permissions,
        )
        return Draft(said, product)

    def _personal(self, tx: Connection, number: str, who: Applicant, asked: Asked, now: datetime) -> Draft:
        product = _offered(tx, asked, now)
        return Draft(self._said(number, who, product), product)

    def _renewal(self, tx: Connection, number: str, who: Applicant, asked: Asked, now: datetime) -> Draft:
        held = self._own(tx, who, asked)
        if not held.usable:
            raise CertificateEnded("only a certificate in force is renewed")
        first = queries.find(tx, held.application_id)
        product = find_product(tx, first.product)
        if not product.is_offered(now):
            raise NotFound(f"{product.code} is not on offer")
        return Draft(self._as_before(tx, number, who, product, held), product, held.serial)

    def _change(self, tx: Connection, number: str, who: Applicant, asked: Asked, now: datetime) -> Draft:
        held = self._own(tx, who, asked)
        if asked.enterprise is None or held.credit_code != asked.enterprise.credit_code:
            raise AdministratorNeeded("the certificate is of another enterprise")
        before, administrator = _record(tx, asked.enterprise.credit_code)
        if administrator != who.id:
            raise AdministratorNeeded("only the administrator changes an enterprise's data")
        product = find_product(tx, queries.find(tx, held.application_id).product)
        said = self._with_claim(self._said(number, who, product), number, asked)
        return Draft(said, product, held.serial, before)

    def _revocation(self, tx: Connection, number: str, who: Applicant, asked: Asked, now: datetime) -> Draft:
        held = self._certificates.find(tx, asked.serial or "")
        if who.id not in (held.person_id, administrator_of(tx, held.credit_code or "")):
            raise NotFound("no such certificate")
        return self._about(tx, number, who, asked, held)

    def _pin_reset(self, tx: Connection, number: str, who: Applicant, asked: Asked, now: datetime) -> Draft:
        return self._about(tx, number, who, asked, self._own(tx, who, asked))

    def _about(
        self, tx: Connection, number: str, who: Applicant, asked: Asked, held: HeldCertificate
    ) -> Draft:
        if held.revoked:
            raise CertificateRevoked("the certificate is revoked")
        first = queries.find(tx, held.application_id)
        product = find_product(tx, first.product, first.product_version)
        said = replace(self._as_before(tx, number, who, product, held), grounds=asked.grounds)
        if held.person_id != who.id:  # the administrator asks, and it is a clerk's
            number_of_holder = opened_holder_id(self._id_numbers, first)
            said = replace(
                said,
                holder_name=first.holder_name,
                holder_phone=first.holder_phone,
                holder_id=sealed_holder_id(self._id_numbers, number, number_of_holder),
            )
        return Draft(said, product, held.serial)

    def _own(self, tx: Connection, who: Applicant, asked: Asked) -> HeldCertificate:
        held = self._certificates.find(tx, asked.serial or "")
        if held.person_id != who.id:
            raise NotFound("no such certificate")
        first = queries.find(tx, held.application_id)
        if opened_holder_id(self._id_numbers, first) != who.id_number:
            raise HolderDiffers("it was issued to another identity")
        if held.revoked:
            raise CertificateRevoked("the certificate is revoked")
        if held.of_member and held.credit_code and not is_member(tx, who.id, held.credit_code):
            raise NoLongerMember("the certificate is to be revoked")
        if held.replaced:
            raise CertificateReplaced("another certificate follows it already")
        return held

    def _as_before(
        self, tx: Connection, number: str, who: Applicant, product: Product, held: HeldCertificate
    ) -> Particulars:
        """As the certificate has it, with the name that its enterprise has by now."""
        first = queries.find(tx, held.application_id)
        named = first.enterprise_name
        if first.credit_code is not None:
            recorded = select(enterprise.c.name).where(enterprise.c.credit_code == first.credit_code)
            named = tx.execute(recorded).scalar_one()
        return replace(
            self._said(number, who, product),
            enterprise_name=named,
            credit_code=first.credit_code,
            department=first.department,
            permissions=first.permissions,
        )

    def _said(self, number: str, who: Applicant, product: Product) -> Particulars:
        return Particulars(
            product=product.code,
            product_version=product.version,
            holder_name=who.name,
            holder_id=sealed_holder_id(self._id_numbers, number, who.id_number),
            holder_phone=who.phone,
        )

    def _with_claim(self, said: Particulars, number: str, asked: Asked) -> Particulars:
        claim = asked.enterprise
        if claim is None:
            raise NotFound("no enterprise was named")
        return replace(
            said,
            enterprise_name=claim.name,
            credit_code=claim.credit_code,
            legal_person=claim.legal_person,
            legal_person_id=sealed_legal_person_id(self._id_numbers, number, claim.legal_person_id),
        )


def _offered(tx: Connection, asked: Asked, now: datetime) -> Product:
    product = find_product(tx, asked.product or "")
    if not product.is_offered(now):
        raise NotFound(f"{product.code} is not on offer")
    if product.kind not in _FOR[asked.kind]:
        raise ProductUnfit(f"{product.code} is for {product.kind}")
    return product


def _record(tx: Connection, credit_code: str) -> tuple[str, int]:
    """Name and administrator of an enterprise that somebody administers."""
    asked = select(enterprise.c.name).where(enterprise.c.credit_code == credit_code)
    name, administrator = tx.execute(asked).scalar_one_or_none(), administrator_of(tx, credit_code)
    if name is None or administrator is None:
        raise EnterpriseNotFound("no enterprise of that name and code")
    return name, administrator

"""证书管理: the lists 生效中, 待审核 and 已失效, of a person or of an enterprise."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select

from api.applications import queries as applications
from api.applications.kinds import ApplicationKind
from api.applications.model import Application
from api.applications.rules import Status
from api.applications.tables import application
from api.catalogue.queries import Product, find_product
from api.catalogue.rules import CertificateKind
from api.certificates import queries
from api.certificates.queries import Holding
from api.messages.tables import message
from api.paging import PageRequest, Part, fetch
from ca.status import HOLD
from ca.tables import certificate


class Listing(StrEnum):
    """Which list: 生效中 (suspended ones among them), 待审核, 已失效."""

    ACTIVE = "active"
    PENDING = "pending"
    EXPIRED = "expired"


UNDER_WAY: Final = (Status.CONSENT, Status.SUBMITTED, Status.ENDORSED, Status.RETURNED, Status.APPROVED)
"""Handed in, and nothing given yet."""

_AGAIN: Final = {
    CertificateKind.ENTERPRISE: ApplicationKind.CLAIM,
    CertificateKind.LEGAL_PERSON: ApplicationKind.CLAIM,
    CertificateKind.CLERK: ApplicationKind.JOIN,
    CertificateKind.PERSONAL: ApplicationKind.PERSONAL,
}


@dataclass(frozen=True, slots=True)
class Pending:
    """An application that will give a certificate. ``message_id``: the newest message about it."""

    application: Application
    product: Product
    message_id: int | None


@dataclass(frozen=True, slots=True)
class Again:
    """What to apply for instead of a certificate that has ended.

    ``product``: None when it is no longer on offer and another must be chosen.
    """

    kind: ApplicationKind
    product: str | None
    enterprise_name: str | None
    credit_code: str | None
    department: str | None
    permissions: tuple[str, ...]


def held(
    tx: Connection, whose: ColumnElement[bool], which: Listing | None, now: datetime, page: PageRequest
) -> Part[Holding]:
    """Certificates, newest first, each half of a dual one by itself. ``which``: None for all."""
    both = queries.halves(whose).subquery()
    asked = select(both).join(certificate, certificate.c.serial == both.c.serial)
    if which is Listing.ACTIVE:
        asked = asked.where(~_has_ended(now))
    elif which is Listing.EXPIRED:
        asked = asked.where(_has_ended(now))
    found = fetch(tx, asked, page, (both.c.issued_at, both.c.application_id, both.c.half))
    return found.map(lambda row: queries.read(row._mapping))


def pending(tx: Connection, person_id: int, page: PageRequest) -> Part[Pending]:
    """A person's applications that wait for somebody, newest first."""
    waiting = (
        application.c.person_id == person_id,
        application.c.status.in_(UNDER_WAY),
        application.c.kind != ApplicationKind.REVOCATION,
    )
    asked = select(application.c.id, application.c.created_at).where(*waiting)
    found = fetch(tx, asked, page, (application.c.created_at, application.c.id))
    return found.map(lambda row: _pending(tx, applications.find(tx, row.id)))


def again(tx: Connection, ended: Holding, now: datetime) -> Again:
    """What to apply for instead of a certificate that has ended."""
    first = applications.find(tx, ended.application_id)
    product = find_product(tx, first.product)
    return Again(
        kind=_AGAIN[ended.kind],
        product=product.code if product.is_offered(now) else None,
        enterprise_name=first.enterprise_name,
        credit_code=first.credit_code,
        department=first.department,
        permissions=first.permissions,
    )


def _has_ended(now: datetime) -> ColumnElement[bool]:
    revoked = and_(certificate.c.revoked_at.is_not(None), certificate.c.reason != HOLD)
    return or_(certificate.c.not_after < now, revoked)


def _pending(tx: Connection, known: Application) -> Pending:
    about = message.c.person_id == known.person_id, message.c.application_id == known.id
    newest = tx.execute(select(func.max(message.c.id)).where(*about)).scalar_one()
    return Pending(known, find_product(tx, known.product, known.product_version), newest)

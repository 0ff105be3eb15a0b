"""What a downloaded certificate makes of its holder: an administrator, a clerk, or nothing new.

Time passes between the approval and the download, and what the enterprise decided meanwhile counts.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from api.applications.consequences import price_of
from api.applications.kinds import ApplicationKind
from api.applications.model import Application
from api.catalogue.queries import Product
from api.catalogue.rules import CertificateKind
from api.enterprises.access import is_member, require_administrator
from api.enterprises.administration import Approved, admit, appoint, check_decision
from api.enterprises.errors import NoLongerMember
from api.enterprises.rules import Permission
from api.payments.orders import require_paid

_OF_MEMBERS: Final = frozenset({CertificateKind.ENTERPRISE, CertificateKind.CLERK})

_OF_ONES_OWN: Final = frozenset({ApplicationKind.RENEWAL, ApplicationKind.CHANGE})


def check_entitled(tx: Connection, known: Application, product: Product) -> None:
    """Before anything is made. Raises DecisionOvertaken (another administrator was approved since), and for a
    certificate that follows one's own NoLongerMember and AdministratorNeeded; PaymentNeeded."""
    require_paid(tx, known.id, price_of(known, product))
    if known.kind is ApplicationKind.CLAIM:
        check_decision(tx, known.enterprise.credit_code, known.person_id, known.updated_at)
    if known.kind in _OF_ONES_OWN and product.kind in _OF_MEMBERS:
        _check_member(tx, known, product.kind)


def take_effect(tx: Connection, known: Application, product: Product, now: datetime) -> None:
    """In the transaction that hands the certificate out. Raises what ``check_entitled`` raises."""
    check_entitled(tx, known, product)
    if known.kind is ApplicationKind.CLAIM:
        owner = known.enterprise
        approved = Approved(known.legal_person, person_name=known.holder_name)
        decided = known.updated_at
        appoint(tx, owner.credit_code, owner.name, known.person_id, now, approved, decided_at=decided)
    elif known.kind is ApplicationKind.JOIN:
        admit(
            tx,
            known.enterprise.credit_code,
            known.person_id,
            [Permission(one) for one in known.permissions],
            now,
            department=known.department,
            person_name=known.holder_name,
        )


def _check_member(tx: Connection, known: Application, kind: CertificateKind) -> None:
    credit_code = known.enterprise.credit_code
    if not is_member(tx, known.person_id, credit_code):
        raise NoLongerMember("the applicant does not act for the enterprise any more")
    if kind is CertificateKind.ENTERPRISE:
        require_administrator(tx, known.person_id, credit_code)

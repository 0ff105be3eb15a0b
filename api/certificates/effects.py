"""What a downloaded certificate makes of its holder, and of the certificate that it follows.

Time passes between the approval and the download, and what the enterprise decided meanwhile counts.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from api.applications import queries as applications
from api.applications.consequences import price_of
from api.applications.errors import CertificateReplaced
from api.applications.kinds import ApplicationKind
from api.applications.model import Application
from api.applications.rules import Action
from api.catalogue.queries import Product
from api.catalogue.rules import CertificateKind
from api.certificates import queries
from api.certificates.making import FIRST, Making
from api.certificates.queries import Holding
from api.certificates.revoking import revoke_later
from api.certificates.rules import OF_MEMBERS
from api.enterprises.access import is_member, require_administrator
from api.enterprises.administration import (
    Approved,
    administrator_of,
    admit,
    appoint,
    check_agreed,
    check_decision,
)
from api.enterprises.errors import AdministratorNeeded, DecisionOvertaken, NoLongerMember
from api.enterprises.rules import Permission
from api.errors import InternalError
from api.payments.orders import require_paid
from ca.errors import RenewalRefused

FOR_GOOD: Final = (
    AdministratorNeeded,
    CertificateReplaced,
    DecisionOvertaken,
    NoLongerMember,
    RenewalRefused,
)
"""What no second try changes."""

_SUPERSEDED: Final = "superseded"  # RFC 5280, section 5.3.1


def check_entitled(
    tx: Connection,
    known: Application,
    product: Product,
    before: tuple[Holding, ...],
    *,
    hold: bool = False,
) -> None:
    """Before anything is made. ``before``: the halves of the certificate that is to be followed.

    ``hold``: in a writing transaction, keep the payment from being given back until its end.

    Raises DecisionOvertaken (another administrator was approved since), NoLongerMember (a clerk was put out
    since the administrator agreed), and for what follows one's own certificate CertificateReplaced,
    NoLongerMember and AdministratorNeeded; PaymentNeeded.
    """
    require_paid(tx, known.id, price_of(known, product), hold=hold)
    if known.kind is ApplicationKind.CLAIM and _appoints(tx, known, product):
        check_decision(tx, known.enterprise.credit_code, known.person_id, known.updated_at)
    if known.kind is ApplicationKind.JOIN:
        check_agreed(tx, known.enterprise.credit_code, known.person_id, _agreed_at(tx, known))
    if known.kind in FIRST:
        return
    if any(one.replaced_by is not None for one in before):
        raise CertificateReplaced("another certificate follows it already")
    if product.kind in OF_MEMBERS:
        _check_member(tx, known, product.kind)
    if known.kind is ApplicationKind.PIN_RESET:
        _check_operators(tx, known)


def take_effect(
    tx: Connection, known: Application, product: Product, now: datetime, approved: Approved
) -> None:
    """In the transaction that hands the certificate out. ``approved``: what was approved of the enterprise.

    Raises DecisionOvertaken.
    """
    if known.kind is ApplicationKind.CLAIM and _appoints(tx, known, product):
        owner, decided = known.enterprise, known.updated_at
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
            agreed_at=_agreed_at(tx, known),
        )


def _agreed_at(tx: Connection, joining: Application) -> datetime:
    return applications.last_time(tx, joining, Action.CONSENT) or joining.created_at


def succeed(tx: Connection, making: Making, serial: str, now: datetime) -> None:
    """Write down that ``serial`` follows the certificate before it, and revoke that one where it must not go
    on: a renewed one goes on until its end, unless it says a name that its enterprise has no more.

    Raises CertificateReplaced.
    """
    if not making.before:
        return
    former = making.before[0].serial
    if not queries.replace(tx, former, serial):
        raise CertificateReplaced("another certificate follows it already")
    if making.kept is not None:
        queries.detach_encryption(tx, former)
    is_true = making.before[0].enterprise_name == making.known.enterprise_name
    if making.known.kind is ApplicationKind.RENEWAL and is_true:
        return
    for one in making.before:
        if making.kept is None or one.serial != making.kept.serial:
            revoke_later(tx, one.serial, _SUPERSEDED, now)


def _appoints(tx: Connection, known: Application, product: Product) -> bool:
    """A legal representative's own certificate puts nobody out of the administrator's place."""
    if product.kind is not CertificateKind.LEGAL_PERSON:
        return True
    return administrator_of(tx, known.enterprise.credit_code) is None


def _check_member(tx: Connection, known: Application, kind: CertificateKind) -> None:
    credit_code = known.enterprise.credit_code
    if not is_member(tx, known.person_id, credit_code):
        raise NoLongerMember("the applicant does not act for the enterprise any more")
    if kind is CertificateKind.ENTERPRISE:
        require_administrator(tx, known.person_id, credit_code)


def _check_operators(tx: Connection, known: Application) -> None:
    """An escrowed key is opened by the word of two operators, whatever the table of moves says."""
    said = {applications.last_deed(tx, known, one) for one in (Action.ENDORSE, Action.COUNTERSIGN)}
    if None in said or len(said) != 2:
        raise InternalError("a PIN was to be reset without two operators")

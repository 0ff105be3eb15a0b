"""Certificates, as JSON."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any, Literal, Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from pydantic import Field, SecretStr

from api.applications.kinds import NEEDS, ApplicationKind
from api.applications.rules import NAMES, Status
from api.catalogue.rules import KIND_NAMES, CertificateKind
from api.certificates.issuing import Downloaded
from api.certificates.listing import Again, Pending
from api.certificates.pins import PinStatus
from api.certificates.rules import CertificateState, Custody, Purpose, SuspendedBy
from api.certificates.service import HeldCertificate
from api.openings.deposits import Waiting
from api.openings.schemas import WaitingView
from api.wire import Answer, Body
from ca.issuance import IssuedCertificate


class Pin(Body):
    """The PIN that will guard the key: 6 to 32 letters, digits and signs."""

    pin: SecretStr = Field(max_length=256)


class EncryptionCertificate(Answer):
    """The encryption half of a dual certificate; PEM."""

    serial: str
    certificate: str

    @classmethod
    def of(cls, issued: IssuedCertificate) -> Self:
        """The view of a certificate just issued."""
        return cls(serial=f"{issued.serial:x}", certificate=_pem([issued.certificate]))


class DownloadedCertificate(Answer):
    """``serial``: hexadecimal. ``chain``: the issuing CA's certificate, then the root's; PEM.

    ``encryption``: the second half of a dual certificate, null for a single one. ``unopened_bids``: those to
    the encryption certificate before this one. They open with that one alone, by its own PIN: it must not be
    given up.
    """

    serial: str
    certificate: str
    chain: str
    encryption: EncryptionCertificate | None
    unopened_bids: WaitingView | None

    @classmethod
    def of(cls, issued: Downloaded) -> Self:
        """The view of certificates just issued."""
        second = issued.encryption
        return cls(
            serial=f"{issued.signing.serial:x}",
            certificate=_pem([issued.signing.certificate]),
            chain=_pem(issued.signing.chain),
            encryption=None if second is None else EncryptionCertificate.of(second),
            unopened_bids=_bids(issued.bids),
        )


class RenewView(Answer):
    """What to send to ``POST /v1/applications`` for 证书续期."""

    kind: Literal[ApplicationKind.RENEWAL] = ApplicationKind.RENEWAL
    serial: str


class ApplyAgainView(Answer):
    """What to send to ``POST /v1/applications`` for a new certificate; the rest is asked for again.

    ``product``: null when it is not on offer any more.
    """

    kind: ApplicationKind
    product: str | None
    enterprise_name: str | None
    credit_code: str | None
    department: str | None
    permissions: list[str]


class CertificateView(Answer):
    """A certificate, or one half of a dual one.

    ``kind``: whose it is. ``purpose``: signing or encryption. ``custody``: ``lock`` for a key on the holder's
    own CA lock, which has no PIN here. ``suspended_by``: who may release
    it, beside the operators. ``expiring``: 即将过期, with ``days_left``. ``renew``, ``apply_again``:
    what can be asked for now. ``replaced_by``: the serial of what follows. ``sha256``: of its DER.
    ``unopened_bids``: deposited to it, or to the encryption half beside it, and still to be opened.
    """

    type: Literal["certificate"] = "certificate"
    serial: str
    kind: CertificateKind
    kind_name: str
    purpose: Purpose
    custody: Custody
    state: CertificateState
    suspended_by: SuspendedBy | None
    person_name: str
    enterprise_name: str | None
    credit_code: str | None
    application_id: str
    not_before: datetime
    not_after: datetime
    days_left: int | None
    expiring: bool
    renew: RenewView | None
    apply_again: ApplyAgainView | None
    replaced_by: str | None
    issued_at: datetime
    sha256: str
    unopened_bids: WaitingView | None

    @classmethod
    def of(cls, held: HeldCertificate) -> Self:
        """The view of a held certificate."""
        return cls(**_fields(held))


class CertificateDetail(CertificateView):
    """A certificate with its PEM and its issuers'."""

    certificate: str
    chain: str

    @classmethod
    def of(cls, held: HeldCertificate) -> Self:
        """The view of a held certificate."""
        return cls(**_fields(held), certificate=_pem([held.certificate]), chain=_pem(held.chain))


class PendingView(Answer):
    """待审核: an application under way. ``message_id``: the newest message about it, if there is one."""

    type: Literal["application"] = "application"
    application_id: str
    kind: ApplicationKind
    kind_name: str
    status: Status
    status_name: str
    product: str
    product_name: str
    enterprise_name: str | None
    credit_code: str | None
    serial: str | None
    message_id: int | None
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, one: Pending) -> Self:
        """The view of an application."""
        known = one.application
        return cls(
            application_id=known.id,
            kind=known.kind,
            kind_name=NEEDS[known.kind].name,
            status=known.status,
            status_name=NAMES[known.status],
            product=known.product,
            product_name=one.product.name,
            enterprise_name=known.enterprise_name,
            credit_code=known.credit_code,
            serial=known.serial,
            message_id=one.message_id,
            created_at=known.created_at,
            updated_at=known.updated_at,
        )


ListedView = Annotated[CertificateView | PendingView, Field(discriminator="type")]
"""An entry of 证书管理."""


class PinChange(Body):
    """修改 PIN 码: the present one, and the new one (6 to 32 letters, digits and signs)."""

    pin: SecretStr = Field(max_length=256)
    new_pin: SecretStr = Field(max_length=256, examples=["7531-Seal"])


class PinChanged(Answer):
    """``serials``: of the certificates that the new PIN guards: both halves of a dual one had the same."""

    serials: list[str]


class PinView(Answer):
    """``tries_left``: wrong ones until it is locked; ``reset``: what to apply for when it is."""

    tries_left: int
    locked: bool
    reset: ApplicationKind | None

    @classmethod
    def of(cls, status: PinStatus) -> Self:
        """The view of a PIN."""
        reset = ApplicationKind.PIN_RESET if status.locked else None
        return cls(tries_left=status.left, locked=status.locked, reset=reset)


def _fields(held: HeldCertificate) -> dict[str, Any]:
    found, certificate = held.holding, held.certificate
    renewable = held.state is CertificateState.ACTIVE and found.purpose is Purpose.SIGNING
    return {
        "serial": found.serial,
        "kind": found.kind,
        "kind_name": KIND_NAMES[found.kind],
        "purpose": found.purpose,
        "custody": Custody(found.custody),
        "state": held.state,
        "suspended_by": found.suspended_by if held.state is CertificateState.SUSPENDED else None,
        "person_name": found.person_name,
        "enterprise_name": found.enterprise_name,
        "credit_code": found.credit_code,
        "application_id": found.application_id,
        "not_before": certificate.not_valid_before_utc,
        "not_after": certificate.not_valid_after_utc,
        "days_left": held.days_left,
        "expiring": held.expiring,
        "renew": RenewView(serial=found.serial) if renewable and found.replaced_by is None else None,
        "apply_again": None if held.again is None else _again(held.again),
        "replaced_by": found.replaced_by,
        "issued_at": found.issued_at,
        "sha256": certificate.fingerprint(hashes.SHA256()).hex(),
        "unopened_bids": _bids(held.bids),
    }


def _bids(waiting: Waiting | None) -> WaitingView | None:
    return None if waiting is None else WaitingView.model_validate(waiting)


def _again(again: Again) -> ApplyAgainView:
    return ApplyAgainView(
        kind=again.kind,
        product=again.product,
        enterprise_name=again.enterprise_name,
        credit_code=again.credit_code,
        department=again.department,
        permissions=list(again.permissions),
    )


def _pem(certificates: Iterable[x509.Certificate]) -> str:
    return "".join(one.public_bytes(Encoding.PEM).decode() for one in certificates)

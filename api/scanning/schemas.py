"""Scans, as JSON: for the phone and for the platform."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal, Self

from pydantic import Field, SecretStr

from api.catalogue.rules import KIND_NAMES, CertificateKind
from api.certificates.rules import CertificateState
from api.certificates.service import HeldCertificate
from api.scanning.asking import NewScan
from api.scanning.bindings.queries import Binding
from api.scanning.choosing import Said
from api.scanning.digests import short
from api.scanning.kinds import KINDS
from api.scanning.looking import Recipient, ScanShown
from api.scanning.showing import ShownDocument
from api.seals.places import told
from api.seals.terms import LockAsked
from api.wire import Answer, Body
from ca.documents.placing import Edge, Which
from ca.documents.terms import Changes
from mobile_bridge.server.rules import SessionKind, Status
from mobile_bridge.server.scans import Hint, Scan

_QR = "https://ca.example.org.cn/q/5f3a9c01d25f3a9c01d25f3a9c01d2aa.12.1Zr7b0Jt3mQp9xVYl2nZQg"


class Claim(Body):
    """``qr``: the text of the QR code, whole."""

    qr: str = Field(min_length=1, max_length=400, examples=[_QR])


class ApprovalBody(Body):
    """``certificate``: serial number of a signing certificate; with its ``pin`` for every kind but ``login``.

    ``binding``: where several users of the platform are bound. ``pins``: PINs of retired encryption
    certificates that have others than the chosen one, by serial number; for ``decrypt`` alone. ``seal``: the
    id or the kind of one of the certificate's seals, else the one that it has by itself; for ``sign`` alone.
    """

    certificate: str | None = Field(None, min_length=1, max_length=40, examples=["5f3a9c01d2"])
    binding: str | None = Field(None, min_length=1, max_length=24, examples=["9d2c4e1f0a7b4c5d8e6f1a2b"])
    pin: SecretStr | None = Field(None, max_length=256)
    pins: dict[str, SecretStr] = Field(default_factory=dict, max_length=20)
    seal: str | None = Field(None, min_length=1, max_length=24, examples=["contract"])

    def said(self) -> Said:
        """What was chosen and typed."""
        pins = {serial.lower(): one.get_secret_value() for serial, one in self.pins.items()}
        pin = None if self.pin is None else self.pin.get_secret_value()
        return Said(self.certificate, self.binding, pin, pins, self.seal)


class RefusalBody(Body):
    """Why, if one wants to say it."""

    reason: str = Field("", max_length=200, examples=["不是本人操作"])


class PlatformView(Answer):
    """Who asks, as an operator registered it: the domain is what people compare with the browser's."""

    name: str
    domain: str


class PlaceView(Answer):
    """Where a seal goes, as the platform asked; what does not belong to ``at`` is null.

    ``page``, ``x_mm``, ``y_mm`` for ``page``; ``x_mm``, ``y_mm`` for ``every_page``; ``text``, ``which``,
    ``dx_mm``, ``dy_mm`` for ``keyword``; ``edge``, ``along_mm``, ``pages`` for ``seam``.
    """

    at: Literal["page", "keyword", "every_page", "seam"] = "page"
    page: int | None = None
    x_mm: float | None = None
    y_mm: float | None = None
    text: str | None = None
    which: Which | None = None
    dx_mm: float | None = None
    dy_mm: float | None = None
    edge: Edge | None = None
    along_mm: float | None = None
    pages: list[int] | None = None


class ShownDocumentView(Answer):
    """What is approved. ``short``: of ``sha256``, for people to compare. ``pages``: null for what the
    service does not have: a file of the platform, an envelope. ``certify``: the seal certifies the document,
    and what may change after: 1 nothing, 2 forms and signing, 3 notes too. ``lock``: fields that it locks."""

    title: str
    sha256: str
    short: str
    pages: int | None
    places: list[PlaceView]
    certify: Changes | None
    lock: LockAsked | None

    @classmethod
    def of(cls, one: ShownDocument) -> Self:
        """The view of a document."""
        places = [PlaceView(**told(place)) for place in one.places]
        return cls(
            title=one.title,
            sha256=one.sha256,
            short=short(one.sha256),
            pages=one.pages,
            places=places,
            certify=None if one.certify is None else Changes(one.certify),
            lock=None if one.lock is None else LockAsked.model_validate(one.lock),
        )


class UsableView(Answer):
    """A certificate that the act can be approved with."""

    serial: str
    kind: CertificateKind
    kind_name: str
    person_name: str
    enterprise_name: str | None
    credit_code: str | None
    not_after: datetime

    @classmethod
    def of(cls, one: HeldCertificate) -> Self:
        """The view of a certificate."""
        held = one.holding
        return cls(
            serial=held.serial,
            kind=held.kind,
            kind_name=KIND_NAMES[held.kind],
            person_name=held.person_name,
            enterprise_name=held.enterprise_name,
            credit_code=held.credit_code,
            not_after=one.certificate.not_valid_after_utc,
        )


class BoundView(Answer):
    """One of the platform's users that the person is."""

    id: str
    user: str
    user_name: str | None
    enterprise_name: str | None
    credit_code: str | None

    @classmethod
    def of(cls, one: Binding) -> Self:
        """The view of a binding."""
        return cls(
            id=one.id,
            user=one.platform_user,
            user_name=one.user_name,
            enterprise_name=one.enterprise_name,
            credit_code=one.credit_code,
        )


class RecipientView(Answer):
    """An encryption certificate that ``envelopes`` of a ``decrypt`` scan are for.

    ``signing``: the certificate whose PIN it has; where another one is chosen, its own PIN may have to be
    sent in ``pins``.
    """

    serial: str
    signing: str
    state: CertificateState
    envelopes: int

    @classmethod
    def of(cls, one: Recipient) -> Self:
        """The view of a recipient."""
        known = one.known
        return cls(
            serial=known.holding.serial, signing=one.signing, state=known.state, envelopes=one.envelopes
        )


class FactView(Answer):
    """A line to be shown."""

    label: str
    value: str


class ScanView(Answer):
    """A scan as its holder sees it. ``hint``: what the waiting page hears. ``count``: of ``documents``.

    ``failure``: the code of the error that ended it, if one did.
    """

    id: str
    kind: SessionKind
    kind_name: str
    status: Status
    hint: Hint
    failure: str | None
    platform: PlatformView
    title: str | None
    documents: list[ShownDocumentView]
    count: int
    facts: list[FactView]
    request_digest: str
    digest_short: str
    asks_pin: bool
    certificates: list[UsableView]
    bindings: list[BoundView]
    recipients: list[RecipientView]
    created_at: datetime
    expires_at: datetime

    @classmethod
    def of(cls, shown: ScanShown) -> Self:
        """The view of a scan."""
        scan, rule = shown.scan, KINDS[shown.scan.kind]
        return cls(
            id=scan.id,
            kind=scan.kind,
            kind_name=rule.name,
            status=scan.status,
            hint=scan.hint,
            failure=scan.failure,
            platform=PlatformView.model_validate(shown.platform),
            title=scan.request.get("title"),
            documents=[ShownDocumentView.of(one) for one in shown.documents],
            count=len(shown.documents),
            facts=[FactView(label=label, value=value) for label, value in shown.facts],
            request_digest=scan.digest,
            digest_short=short(scan.digest),
            asks_pin=rule.asks_pin,
            certificates=[UsableView.of(one) for one in shown.certificates],
            bindings=[BoundView.of(one) for one in shown.bindings],
            recipients=[RecipientView.of(one) for one in shown.recipients],
            created_at=scan.created_at,
            expires_at=scan.expires_at,
        )


class CreatedView(Answer):
    """A new scan. ``wait_token``: for the page that waits, told once. ``wait_url``, ``events_url``: where
    that page asks, by long poll or by Server-Sent Events."""

    id: str
    wait_token: str
    wait_url: str
    events_url: str
    expires_at: datetime
    request_digest: str

    @classmethod
    def of(cls, new: NewScan, public_url: str) -> Self:
        """The view of a scan that was just made."""
        here = f"{public_url}/scan/v1/sessions/{new.made.id}"
        return cls(
            id=new.made.id,
            wait_token=new.made.wait_token,
            wait_url=here,
            events_url=f"{here}/events",
            expires_at=new.made.expires_at,
            request_digest=new.digest,
        )


class PlatformScanView(Answer):
    """A scan as its platform sees it. ``answer``: once it is complete; its members by kind are in
    docs/platform.md. ``failure``: the code of the error that ended it; ``reason``: what the holder said."""

    id: str
    kind: SessionKind
    status: Status
    hint: Hint
    version: int
    failure: str | None
    reason: str | None
    request_digest: str
    origin: str
    created_at: datetime
    expires_at: datetime
    answer: dict[str, Any] | None

    @classmethod
    def of(cls, scan: Scan) -> Self:
        """The view of a scan."""
        values = {name: getattr(scan, name) for name in cls.model_fields if name != "request_digest"}
        return cls(**values, request_digest=scan.digest)


class EventView(Answer):
    """A line of the evidence: ``number`` from 1, without gaps."""

    number: int
    at: datetime
    actor: str
    action: str
    before: Status | None
    after: Status
    code: str | None


class EvidenceView(Answer):
    """What happened, in order. ``statement``: the same as a JWS of the service."""

    events: list[EventView]
    statement: str

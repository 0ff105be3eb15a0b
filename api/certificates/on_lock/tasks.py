"""The lock agent's side of 下载到 CA 锁 (implements the bridge's ``EnrolmentTasks``)."""

from __future__ import annotations

import hashlib
import hmac
from contextlib import suppress
from datetime import datetime
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, load_der_public_key
from cryptography.x509.oid import AttributeOID
from sqlalchemy.exc import IntegrityError

from api.accounts.rules import mask_phone
from api.applications.kinds import NEEDS, ApplicationKind
from api.applications.rules import Status
from api.certificates.issuing import Approved
from api.certificates.on_lock import queries
from api.certificates.on_lock.issuance import LockIssuing, Subjects, half
from api.certificates.on_lock.queries import LockKeys
from api.certificates.on_lock.rules import (
    EnrolmentChanged,
    KeyDiffers,
    KeyKindDiffers,
    NotYetIssued,
    PossessionUnproven,
)
from api.certificates.queries import Holding
from api.certificates.rules import Purpose
from api.db import Database
from ca.audit.event import Action, Event
from ca.audit.journal import Journal
from ca.hierarchy import algorithm_name
from ca.issuance import IssuedCertificate
from ca.requests import RequestRefused, read_request
from hsm import PublicKey
from hsm.errors import Kind, SealBridgeError
from mobile_bridge.possession import EnrolledKeys, challenge_for, proof_of, spki
from mobile_bridge.server.enrolling import Given, Offer, Wanted
from mobile_bridge.server.tasks import TaskFacts

_PASSING: Final = frozenset({Kind.BUSY, Kind.UNAVAILABLE, Kind.TOO_MANY, Kind.CONFLICT})
"""Refusals of an issuance after which asking again may help, so that the agent goes on waiting."""


class LockEnrolments:
    """Takes keys, gives certificates, notes that they are on the lock. ``site``: how people call us."""

    def __init__(self, db: Database, issuing: LockIssuing, journal: Journal, site: str) -> None:
        self._db = db
        self._issuing = issuing
        self._journal = journal
        self._site = site

    def wanted(self, subject: str) -> Wanted:
        """What the lock's holder must see. Raises NotFound, WrongMove, and what ``check_entitled`` raises."""
        approved = self._issuing.of_subject(subject)
        if approved.known.status is Status.ISSUED:
            return self._wanted(approved, self._issued_to(approved), ())
        before = self._issuing.require_due(approved)
        return self._wanted(approved, self._issuing.subjects(approved, before), before)

    def offer(self, subject: str, session: str, offer: Offer, now: datetime) -> bytes:
        """Check keys and keep them.

        Raises RequestRefused, PossessionUnproven, KeyKindDiffers, KeyDiffers, KeyWeak, KeyTaken,
        ProfileRefused, LintFailed, and as ``wanted``.
        """
        approved = self._issuing.of_subject(subject)
        keys, publics = self._proven(approved, session, offer)
        with self._db.read() as tx:
            known = queries.find(tx, subject)
        if approved.known.status is Status.ISSUED or (known is not None and known.confirmed_at is not None):
            if known is None or known.keys.digest != keys.digest:
                raise KeyDiffers("other keys were confirmed")
            return b""
        self._issuing.rehearse(approved, self._issuing.require_due(approved), publics)
        challenge, expected = b"", ""
        if keys.encryption:
            challenge, secret = challenge_for(publics[1])
            expected = proof_of(secret, keys)
        offered = LockKeys(
            application_id=subject,
            session_id=session,
            signing_key=keys.signing,
            encryption_key=keys.encryption,
            lock_label=offer.lock_label,
            lock_serial=offer.lock_serial,
            expected_proof=expected,
            offered_at=now,
            proved_at=None if keys.encryption else now,
        )
        self._keep(offered)
        return challenge

    def _keep(self, offered: LockKeys) -> None:
        detail = {"session": offered.session_id, "keys": offered.keys.digest}
        try:
            with self._db.write() as tx:
                if not queries.put(tx, offered):
                    raise KeyDiffers("keys were confirmed at this moment")
                self._journal.append(
                    tx, Event(Action.LOCK_KEYS_OFFERED, offered.application_id, detail=detail)
                )
        except IntegrityError:
            raise EnrolmentChanged("other keys were offered at this moment") from None

    def prove(self, subject: str, session: str, proof: str, now: datetime) -> None:
        """Check the proof for the encryption key. Raises PossessionUnproven."""
        with self._db.read() as tx:
            known = queries.find(tx, subject)
        if known is None or known.session_id != session or not known.expected_proof:
            raise PossessionUnproven("no proof is expected")
        if not hmac.compare_digest(known.expected_proof, proof):
            raise PossessionUnproven("the challenge was not opened")
        if known.confirmed_at is not None:
            return
        with self._db.write() as tx:
            if not queries.prove(tx, known, now):
                raise PossessionUnproven("other keys were offered meanwhile")

    def given(self, subject: str, now: datetime) -> Given | None:
        """The certificates once they are issued. What was confirmed and cut short is issued now."""
        approved = self._issuing.of_subject(subject)
        if approved.known.status is Status.APPROVED:
            self._finish(approved)
            approved = self._issuing.of_subject(subject)
        if approved.known.status is not Status.ISSUED:
            self._issuing.require_open(approved)
            return None
        made = self._issuing.given(approved)
        second = b"" if made.encryption is None else _der(made.encryption)
        chain = "".join(one.public_bytes(Encoding.PEM).decode() for one in made.signing.chain)
        return Given(_der(made.signing), second, chain)

    def written(self, subject: str, signing: str, encryption: str, now: datetime) -> str:
        """Note it once. Raises NotYetIssued for other certificates than were given."""
        given = self.given(subject, now)
        if given is None or (signing, encryption) != (_digest(given.signing), _digest(given.encryption)):
            raise NotYetIssued("these are not the certificates of this enrolment")
        with self._db.write() as tx:
            if queries.written(tx, subject, now):
                self._journal.append(
                    tx, Event(Action.LOCK_CERTIFICATE_WRITTEN, subject, detail={"sha256": signing})
                )
        return signing

    def _finish(self, approved: Approved) -> None:
        with self._db.read() as tx:
            known = queries.find(tx, approved.known.id)
        if known is None or known.confirmed_at is None:
            return
        try:
            self._issuing.issue(approved, known)
        except SealBridgeError as refused:
            if refused.kind not in _PASSING:
                raise

    def _proven(self, approved: Approved, session: str, offer: Offer) -> tuple[EnrolledKeys, list[PublicKey]]:
        request = read_request(offer.request)
        _require_nonce(request, session)
        signing: PublicKey = request.public_key()  # type: ignore[assignment]
        publics = [signing]
        if bool(offer.encryption_key) != approved.product.dual:
            raise KeyKindDiffers("one key for each certificate is expected", expected=_count(approved))
        if offer.encryption_key:
            publics.append(_read_key(offer.encryption_key))
        for one in publics:
            if algorithm_name(one) != approved.product.key_kind:
                raise KeyKindDiffers(f"{algorithm_name(one)} was offered", expected=approved.product.key_kind)
        second = spki(publics[1]) if len(publics) > 1 else b""
        return EnrolledKeys(approved.known.id, spki(signing), second), publics

    def _issued_to(self, approved: Approved) -> Subjects:
        made = self._issuing.given(approved)
        second = "" if made.encryption is None else made.encryption.certificate.subject.rfc4514_string()
        return Subjects(made.signing.certificate.subject.rfc4514_string(), second)

    def _wanted(self, approved: Approved, subjects: Subjects, before: tuple[Holding, ...]) -> Wanted:
        known, product = approved.known, approved.product
        facts = TaskFacts(
            site=self._site,
            title=f"{NEEDS[known.kind].name}：{product.name}",
            applicant_name=known.holder_name,
            applicant_phone_masked=mask_phone(known.holder_phone),
            enterprise_name=known.enterprise_name or known.holder_name,
            credit_code=known.credit_code or "",
        )
        # The same key may go on when its certificate is renewed, and not when another takes its place.
        renewed = before if known.kind is ApplicationKind.RENEWAL else ()
        return Wanted(
            facts=facts,
            reference=known.id,
            key_kind=product.key_kind,
            signing_subject=subjects.signing,
            encryption_subject=subjects.encryption,
            present_signing=self._fingerprint(renewed, Purpose.SIGNING),
            present_encryption=self._fingerprint(renewed, Purpose.ENCRYPTION),
            issued=known.status is Status.ISSUED,
        )

    def _fingerprint(self, before: tuple[Holding, ...], purpose: Purpose) -> str:
        found = half(before, purpose)
        return "" if found is None else self._issuing.fingerprint(found)


def _require_nonce(request: x509.CertificateSigningRequest, session: str) -> None:
    """The challenge password (RFC 2985, section 5.4.1) makes a request good for one session."""
    said = b""
    with suppress(x509.AttributeNotFound, ValueError):
        said = request.attributes.get_attribute_for_oid(AttributeOID.CHALLENGE_PASSWORD).value
    if not hmac.compare_digest(said, session.encode()):
        raise PossessionUnproven("the request was not made for this session")


def _read_key(der: bytes) -> PublicKey:
    try:
        found: PublicKey = load_der_public_key(der)  # type: ignore[assignment]
    except Exception as error:  # whatever the library says of foreign bytes
        raise RequestRefused("not a public key", reason="公钥格式不正确") from error
    return found


def _count(approved: Approved) -> str:
    return f"{approved.product.key_kind} × {2 if approved.product.dual else 1}"


def _der(issued: IssuedCertificate) -> bytes:
    return issued.certificate.public_bytes(Encoding.DER)


def _digest(der: bytes) -> str:
    return hashlib.sha256(der).hexdigest() if der else ""

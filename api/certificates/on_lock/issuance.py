"""From confirmed keys to certificates: by the phone's confirmation, and by whoever comes after a crash."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from api.applications import queries as applications
from api.applications.kinds import ApplicationKind
from api.applications.rules import Action, Actor, Status, move
from api.catalogue.rules import Custody
from api.certificates.issuing import Approved, Downloaded, Issuing
from api.certificates.making import Making
from api.certificates.on_lock import queries
from api.certificates.on_lock.queries import LockKeys
from api.certificates.queries import Holding
from api.certificates.rules import CustodyNotLock, Purpose
from api.db import Database
from ca.errors import KeyTaken
from ca.issuance import IssuanceRequest
from ca.key_quality import KeyWeak
from hsm import PublicKey


@dataclass(frozen=True, slots=True)
class Subjects:
    """Whom the certificates name, RFC 4514; ``encryption`` is empty where there is one."""

    signing: str
    encryption: str


class LockIssuing:
    """Issues over keys on locks. Safe to be asked by several at once: one certificate a key comes of it."""

    def __init__(self, db: Database, issuing: Issuing, clock: Callable[[], datetime]) -> None:
        self._db = db
        self._issuing = issuing
        self._clock = clock

    def of_person(self, person_id: int, application_id: str) -> Approved:
        """An application whose keys belong on a lock. Raises NotFound, CustodyNotLock."""
        approved = self._issuing.of_person(person_id, application_id)
        if approved.product.custody != Custody.LOCK:
            raise CustodyNotLock("the product's keys are kept here")
        return approved

    def of_subject(self, application_id: str) -> Approved:
        """The same, for the agent that holds a session about it. Raises NotFound, CustodyNotLock."""
        with self._db.read() as tx:
            person_id = applications.find(tx, application_id).person_id
        return self.of_person(person_id, application_id)

    def require_due(self, approved: Approved) -> tuple[Holding, ...]:
        """The halves of the certificate that is to be followed. Raises WrongMove, and what
        ``check_entitled`` raises."""
        self.require_open(approved)
        return self._issuing.before(approved)

    def require_open(self, approved: Approved) -> None:
        """Raises WrongMove where nothing will be issued any more."""
        known = approved.known
        move(known.kind, known.status, Action.ISSUE, Actor.APPLICANT)

    def subjects(self, approved: Approved, before: tuple[Holding, ...]) -> Subjects:
        """Whom the certificates will name. Raises ProfileUnknown, SubjectRefused."""
        making = self._issuing.plan(approved, before)
        names = [self._name(making, number) for number in range(len(making.halves))]
        return Subjects(names[0], names[1] if len(names) > 1 else "")

    def given(self, approved: Approved) -> Downloaded:
        """What was issued before."""
        return self._issuing.again(approved.given)

    def fingerprint(self, held: Holding) -> str:
        """SHA-256 of a certificate, hexadecimal."""
        return self._issuing.certificate(held.serial).certificate.fingerprint(SHA256()).hex()

    def rehearse(self, approved: Approved, before: tuple[Holding, ...], keys: list[PublicKey]) -> None:
        """Raises what would be refused of these keys: KeyWeak, KeyTaken, ProfileRefused, LintFailed."""
        self._issuing.ca.issuer.rehearse(self._requests(self._issuing.plan(approved, before), keys))

    def issue(self, approved: Approved, offered: LockKeys) -> Downloaded:
        """The certificates over confirmed keys, issued and recorded once.

        What is wrong with the keys alone makes room for others; what else is refused for good ends the
        application. Raises as ``Issuing.issue``.
        """
        if approved.known.status is Status.ISSUED:
            return self._issuing.again(approved.given)
        with self._issuing.ending(approved.known, but=(KeyTaken, KeyWeak)):
            before = self.require_due(approved)
            making = self._issuing.plan(approved, before)
            keys = [read_key(one) for one in (offered.signing_key, offered.encryption_key) if one]
            try:
                return self._issuing.issue(making, keys)
            except (KeyTaken, KeyWeak):
                with self._db.write() as tx:
                    queries.forget(tx, approved.known.id)
                raise

    def _requests(self, making: Making, keys: list[PublicKey]) -> list[IssuanceRequest]:
        return self._issuing.requests(making, keys)

    def _name(self, making: Making, number: int) -> str:
        half = making.halves[number]
        if making.known.kind is ApplicationKind.PIN_RESET and half.replaces is not None:
            # A replacement names whom the certificate before it named.
            return self._issuing.certificate(half.replaces).certificate.subject.rfc4514_string()
        return self._issuing.subject_of(making, half).rfc4514_string()


def read_key(spki: bytes) -> PublicKey:
    """A key that was kept."""
    key: PublicKey = load_der_public_key(spki)  # type: ignore[assignment]
    return key


def half(holdings: tuple[Holding, ...], purpose: Purpose) -> Holding | None:
    """The half for a purpose."""
    return next((one for one in holdings if one.purpose is purpose), None)

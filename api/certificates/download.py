"""下载企业证书: from an approved application to key pairs in custody and their certificates.

Every step may be the last before a crash. Asked again, each finds what it made before: the keys by their
labels, the certificates by their request ids, the holding by the status of the application.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from api.accounts.sessions import Person
from api.applications import queries as applications
from api.applications.model import Application, Deed
from api.applications.rules import Action, Actor, Status, WrongMove, move
from api.catalogue.queries import Product, find_product
from api.certificates import queries
from api.certificates.custody import NewKey, SubscriberKeys
from api.certificates.effects import check_entitled, take_effect
from api.certificates.queries import Holding
from api.certificates.rules import Custody, Purpose, check_pin
from api.db import Database
from ca.distinguished import SubjectFacts
from ca.issuance import IssuanceRequest, IssuedCertificate, Issuer
from ca.profiles import CertificateProfile
from hsm import KeyKind, KeyUse, PublicKey


@dataclass(frozen=True, slots=True)
class Downloaded:
    """What an application gave. ``encryption``: the second half of a dual certificate."""

    signing: IssuedCertificate
    encryption: IssuedCertificate | None


@dataclass(frozen=True, slots=True)
class _Half:
    """One certificate to be made: its profile and its key."""

    purpose: Purpose
    profile: str
    key: NewKey


class CertificateDownload:
    """Issues certificates to the persons whose applications were approved."""

    def __init__(
        self,
        db: Database,
        keys: SubscriberKeys,
        issuer: Issuer,
        profiles: Mapping[str, CertificateProfile],
        clock: Callable[[], datetime],
    ) -> None:
        self._db = db
        self._keys = keys
        self._issuer = issuer
        self._profiles = profiles
        self._clock = clock

    def download(self, person: Person, application_id: str, pin: str) -> Downloaded:
        """The certificates of an approved application; the keys are made now and guarded by ``pin``.

        May be repeated with the same PIN. Raises NotFound, WrongMove, PinWeak, PinIncorrect (the key was made
        with another PIN), PinLocked, RequestInProgress, HsmError, and what ``check_entitled`` raises.
        """
        check_pin(pin)
        with self._db.read() as tx:
            known = applications.find_own(tx, application_id, person.id)
            product = find_product(tx, known.product, known.product_version)
            if known.status is not Status.ISSUED:
                move(known.kind, known.status, Action.ISSUE, Actor.APPLICANT)
                check_entitled(tx, known, product)
        halves = self._halves(known, product)
        custody = Custody(product.custody)
        keys = [self._keys.ensure(custody, half.key, pin) for half in halves]
        requests = [
            _request(half, known, product, key.public_key()) for half, key in zip(halves, keys, strict=True)
        ]
        signing, *rest = self._issuer.issue_together(requests)
        made = Downloaded(signing, rest[0] if rest else None)
        self._record(known, product, halves, made)
        return made

    def _halves(self, known: Application, product: Product) -> list[_Half]:
        label, kind = f"application/{known.id}", KeyKind(product.key_kind)
        halves = [_Half(Purpose.SIGNING, product.profile, NewKey(label, kind))]
        if product.encryption_profile is not None:
            escrow = self._profiles[product.encryption_profile].escrow
            key = NewKey(f"{label}/encryption", kind, KeyUse.DECRYPT, escrow)
            halves.append(_Half(Purpose.ENCRYPTION, product.encryption_profile, key))
        return halves

    def _record(self, known: Application, product: Product, halves: list[_Half], made: Downloaded) -> None:
        if known.status is Status.ISSUED:
            return
        now = self._clock()
        signing = Holding(
            serial=f"{made.signing.serial:x}",
            purpose=Purpose.SIGNING,
            application_id=known.id,
            person_id=known.person_id,
            enterprise_name=known.enterprise.name,
            credit_code=known.enterprise.credit_code,
            custody=product.custody,
            key_label=halves[0].key.label,
            issued_at=now,
        )
        second = None
        if made.encryption is not None:
            serial, label = f"{made.encryption.serial:x}", halves[1].key.label
            second = replace(signing, serial=serial, purpose=Purpose.ENCRYPTION, key_label=label)
        deed = Deed(Actor.APPLICANT, str(known.person_id), Action.ISSUE, note=signing.serial)
        try:
            with self._db.write() as tx:
                applications.advance(tx, known, deed, now)
                queries.add(tx, signing, second)
                take_effect(tx, known, product, now)
        except WrongMove as lost:  # the same download in another thread recorded it first
            if lost.facts["status"] is not Status.ISSUED:
                raise


def _request(half: _Half, known: Application, product: Product, public_key: PublicKey) -> IssuanceRequest:
    return IssuanceRequest(
        request_id=half.key.label,
        profile=half.profile,
        subject=SubjectFacts(enterprise_name=known.enterprise_name, credit_code=known.credit_code),
        public_key=public_key,
        validity_days=product.validity_days,
    )

"""下载企业证书: from an approved application to a key pair in custody and its certificate.

Every step may be the last before a crash. Asked again, each finds what it made before: the key by its
label, the certificate by its request id, the holding by the status of the application.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from api.accounts.sessions import Person
from api.applications import queries as applications
from api.applications.queries import Application, Deed
from api.applications.rules import Action, Actor, Status, WrongMove, move
from api.catalogue.queries import Product, find_product
from api.certificates import queries
from api.certificates.custody import SubscriberKeys
from api.certificates.queries import Holding
from api.certificates.rules import Custody, check_pin
from api.db import Database
from api.enterprises.administration import appoint
from ca.distinguished import SubjectFacts
from ca.issuance import IssuanceRequest, IssuedCertificate, Issuer
from hsm import KeyKind, PublicKey


class CertificateDownload:
    """Issues certificates to the persons whose applications were approved."""

    def __init__(
        self, db: Database, keys: SubscriberKeys, issuer: Issuer, clock: Callable[[], datetime]
    ) -> None:
        self._db = db
        self._keys = keys
        self._issuer = issuer
        self._clock = clock

    def download(self, person: Person, application_id: str, pin: str) -> IssuedCertificate:
        """The certificate of an approved application; its key is made now and guarded by ``pin``.

        May be repeated with the same PIN. Raises NotFound, WrongMove, PinWeak, PinIncorrect (the key was made
        with another PIN), PinLocked, RequestInProgress, HsmError.
        """
        check_pin(pin)
        with self._db.read() as tx:
            known = applications.find_own(tx, application_id, person.id)
            product = find_product(tx, known.product)
        if known.status is not Status.ISSUED:
            move(known.status, Action.ISSUE, Actor.APPLICANT)
        label = f"application/{known.id}"
        key = self._keys.ensure(Custody(product.custody), label, KeyKind(product.key_kind), pin)
        issued = self._issuer.issue(_request(known, product, key.public_key()))
        self._record(known, product, label, issued)
        return issued

    def _record(self, known: Application, product: Product, label: str, issued: IssuedCertificate) -> None:
        if known.status is Status.ISSUED:
            return
        now = self._clock()
        serial = f"{issued.serial:x}"
        held = Holding(
            serial=serial,
            application_id=known.id,
            person_id=known.person_id,
            enterprise_name=known.enterprise_name,
            credit_code=known.credit_code,
            custody=product.custody,
            key_label=label,
            issued_at=now,
        )
        deed = Deed(Actor.APPLICANT, str(known.person_id), Action.ISSUE, note=serial)
        try:
            with self._db.write() as tx:
                applications.advance(tx, known, deed, now)
                queries.add(tx, held)
                appoint(tx, known.credit_code, known.enterprise_name, known.person_id, now)
        except WrongMove as lost:  # the same download in another thread recorded it first
            if lost.facts["status"] is not Status.ISSUED:
                raise


def _request(known: Application, product: Product, public_key: PublicKey) -> IssuanceRequest:
    return IssuanceRequest(
        request_id=f"application/{known.id}",
        profile=product.profile,
        subject=SubjectFacts(enterprise_name=known.enterprise_name, credit_code=known.credit_code),
        public_key=public_key,
        validity_days=product.validity_days,
    )

"""What an approved application gives without a download: changed data of an enterprise, or a revocation.

It is a job, put in by the transaction of the approval; done again after a crash, it finds what it did before.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from api.applications import queries
from api.applications.identities import approved_particulars
from api.applications.kinds import NEEDS, Gives
from api.applications.model import Application, Deed
from api.applications.outward import CertificatesAtHand, HeldCertificate, Revocations
from api.applications.rules import Action, Actor, Status
from api.db import Database
from api.enterprises.access import lock
from api.enterprises.administration import administrator_of, appoint
from api.messages.kinds import MessageKind
from api.messages.posting import post
from api.realname.id_numbers import IdNumbers
from ca.audit.event import Action as JournalAction
from ca.audit.event import Event as JournalEvent
from ca.audit.journal import Journal
from ca.errors import StatusConflict

_ASKED_FOR: Final = "cessation_of_operation"


class CarryingOut:
    """Carries approved applications out."""

    def __init__(
        self,
        db: Database,
        certificates: CertificatesAtHand,
        revocations: Revocations,
        id_numbers: IdNumbers,
        clock: Callable[[], datetime],
        journal: Journal,
    ) -> None:
        self._db = db
        self._certificates = certificates
        self._revocations = revocations
        self._id_numbers = id_numbers
        self._clock = clock
        self._journal = journal

    def carry_out(self, application_id: str) -> None:
        """May be repeated. Raises NotFound."""
        with self._db.read() as tx:
            known = queries.find(tx, application_id)
            held = self._certificates.find(tx, known.serial or "")
        if known.status is not Status.APPROVED:
            return
        if NEEDS[known.kind].gives is Gives.REVOCATION:
            self._revoke(known, held)
        else:
            self._change(known, held)

    def _revoke(self, known: Application, held: HeldCertificate) -> None:
        for serial in held.serials:
            try:
                self._revocations.revoke(int(serial, 16), _ASKED_FOR)
            except StatusConflict:  # by this job before a crash, or by an operator
                continue
        now = self._clock()
        with self._db.write() as tx:
            self._done(tx, known, now)
            facts = {"reason": known.grounds or "持有人申请注销"}
            if known.enterprise_name is not None:
                facts["enterprise"] = known.enterprise_name
            kind = MessageKind.CERTIFICATE_REVOKED
            post(tx, held.person_id, kind, now, serial=held.serial, facts=facts, key=f"{kind}:{held.serial}")
            if known.person_id != held.person_id:  # the administrator, for a clerk's
                facts["applicant"] = known.holder_name
                done = MessageKind.REVOCATION_DONE
                post(tx, known.person_id, done, now, application_id=known.id, facts=facts)

    def _change(self, known: Application, held: HeldCertificate) -> None:
        """The record changes; where the name does, the application waits for its certificate."""
        now, named = self._clock(), known.enterprise
        with self._db.write() as tx:
            lock(tx, named.credit_code)
            if administrator_of(tx, named.credit_code) != known.person_id:
                deed = Deed(Actor.SYSTEM, queries.SYSTEM, Action.FAIL)
                queries.advance(tx, known, deed, now, reason="申请人已不是企业管理员")
                return
            approved = approved_particulars(self._id_numbers, known)
            appoint(tx, named.credit_code, named.name, known.person_id, now, approved)
            detail = {"application": known.id}
            self._journal.append(
                tx, JournalEvent(JournalAction.ENTERPRISE_CHANGED, named.credit_code, detail=detail)
            )
            if held.enterprise_name == named.name:
                self._done(tx, known, now)
            else:
                self._tell_others(tx, known, held, now)

    def _tell_others(self, tx: Connection, known: Application, held: HeldCertificate, now: datetime) -> None:
        """Whose certificates say the former name: a renewal gives one with the present name."""
        named, kind = known.enterprise, MessageKind.ENTERPRISE_RENAMED
        for one in self._certificates.of_enterprise(tx, named.credit_code):
            outdated = one.usable and not one.replaced and one.enterprise_name != named.name
            if outdated and one.serial not in held.serials:
                facts = {"enterprise": named.name}
                key = f"{kind}:{one.serial}:{known.id}"
                post(tx, one.person_id, kind, now, serial=one.serial, facts=facts, key=key)

    @staticmethod
    def _done(tx: Connection, known: Application, now: datetime) -> None:
        queries.advance(tx, known, Deed(Actor.SYSTEM, queries.SYSTEM, Action.FULFIL), now)

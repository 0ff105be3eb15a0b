"""Offering administration, and taking it."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from datetime import datetime
from typing import Final, Protocol

from sqlalchemy import Connection, select
from sqlalchemy.exc import IntegrityError

from api.accounts.rules import mask_phone
from api.accounts.sessions import Person
from api.db import Database
from api.enterprises import administration
from api.enterprises import membership as members
from api.enterprises.access import lock, require_administrator
from api.enterprises.handover import queries
from api.enterprises.handover.errors import HandoverPending, RecipientUnfit
from api.enterprises.handover.queries import Handover
from api.enterprises.handover.rules import OPEN_FOR, Action, Party, Status
from api.enterprises.membership import Member
from api.enterprises.rules import Ending, Role
from api.enterprises.tables import enterprise
from api.errors import NotFound
from api.messages.kinds import MessageKind
from api.messages.posting import post
from api.timezone import CHINA
from ca.audit.event import Action as JournalAction
from ca.audit.event import Event
from ca.audit.journal import Journal
from ca.documents.placing import Place
from ca.documents.transfer import LETTER_SEAL, TransferLetter, render_transfer_letter

_REASON: Final = "数字证书管理员移交"


class Stamping(Protocol):
    """Stamps a letter with an enterprise's own certificate, on the token."""

    def stamp_letter(
        self, person: Person, credit_code: str, serial: str, pin: str, pdf: bytes, place: Place, reason: str
    ) -> bytes:
        """``pdf`` with the enterprise's seal. Raises NotFound when the certificate is not this one's."""


class Handovers:
    """Handovers, by giver and recipient. Somebody else's is NotFound."""

    def __init__(
        self, db: Database, stamping: Stamping, clock: Callable[[], datetime], journal: Journal
    ) -> None:
        self._db = db
        self._stamping = stamping
        self._clock = clock
        self._journal = journal

    def offer(self, person: Person, credit_code: str, membership_id: int, serial: str, pin: str) -> Handover:
        """Offer administration to a clerk, with a letter that the enterprise's certificate stamps.

        Raises NotFound, AdministratorNeeded, RecipientUnfit, HandoverPending, and what stamping raises.
        """
        now = self._clock()
        with self._db.write() as tx:
            giver, recipient = self._parties(tx, person, credit_code, membership_id)
            self._check_free(tx, credit_code, now)
            name = _name(tx, credit_code)
        number = secrets.token_hex(10)
        letter = render_transfer_letter(_letter(number, now, name, giver, recipient))
        stamped = self._stamping.stamp_letter(person, credit_code, serial, pin, letter, LETTER_SEAL, _REASON)
        new = Handover(
            id=number,
            credit_code=credit_code,
            giver_id=person.id,
            recipient_id=recipient.person_id,
            status=Status.OFFERED,
            letter_sha256=hashlib.sha256(stamped).hexdigest(),
            serial=serial.lower(),
            offered_at=now,
            expires_at=now + OPEN_FOR,
            closed_at=None,
            note=None,
        )
        self._keep(person, new, membership_id, stamped)
        return new

    def all_of(self, person: Person, credit_code: str) -> list[Handover]:
        """The newest ones in which the person is giver or recipient."""
        with self._db.read() as tx:
            return queries.of_parties(tx, person.id, credit_code)

    def letter(self, person: Person, credit_code: str, handover_id: str) -> bytes:
        """The stamped letter. Raises NotFound."""
        with self._db.read() as tx:
            return queries.letter(tx, queries.find_own(tx, person.id, credit_code, handover_id).id)

    def accept(self, person: Person, credit_code: str, handover_id: str) -> Status:
        """Become the administrator. In one transaction the former one ceases to be; the revocation of the
        former one's certificates is a job of the same transaction.

        Raises NotFound, HandoverClosed, HandoverExpired.
        """
        now = self._clock()
        with self._db.write() as tx:
            known = self._own(tx, person, credit_code, handover_id)
            status = queries.advance(tx, known, Action.ACCEPT, _party(known, person), now)
            administration.replace(
                tx, credit_code, known.recipient_id, now, Ending.HANDED_OVER, ended_by=known.giver_id
            )
            self._tell(tx, known, known.recipient_id, MessageKind.ADMINISTRATION_RECEIVED, now)
            self._append(tx, JournalAction.ADMINISTRATION_HANDED_OVER, known)
        return status

    def decline(self, person: Person, credit_code: str, handover_id: str, reason: str | None) -> Status:
        """The recipient does not want it. Raises NotFound, HandoverClosed."""
        now = self._clock()
        with self._db.write() as tx:
            known = self._own(tx, person, credit_code, handover_id)
            status = queries.advance(tx, known, Action.DECLINE, _party(known, person), now, reason)
            facts = {"reason": reason or ""}
            self._tell(tx, known, known.giver_id, MessageKind.ADMINISTRATION_DECLINED, now, facts)
            self._append(tx, JournalAction.ADMINISTRATION_DECLINED, known)
        return status

    def withdraw(self, person: Person, credit_code: str, handover_id: str) -> Status:
        """The giver changes their mind. Raises NotFound, HandoverClosed."""
        now = self._clock()
        with self._db.write() as tx:
            known = self._own(tx, person, credit_code, handover_id)
            status = queries.advance(tx, known, Action.WITHDRAW, _party(known, person), now)
            self._tell(tx, known, known.recipient_id, MessageKind.ADMINISTRATION_WITHDRAWN, now)
            self._append(tx, JournalAction.ADMINISTRATION_WITHDRAWN, known)
        return status

    def expire_overdue(self) -> int:
        """Close what nobody accepted in time; returns how many. A sweep does it."""
        now = self._clock()
        with self._db.write() as tx:
            late = queries.overdue(tx, now)
            for one in late:
                self._expire(tx, one, now)
        return len(late)

    def _expire(self, tx: Connection, known: Handover, now: datetime) -> None:
        queries.advance(tx, known, Action.EXPIRE, Party.SYSTEM, now)
        self._tell(tx, known, known.giver_id, MessageKind.ADMINISTRATION_EXPIRED, now)

    def _parties(
        self, tx: Connection, person: Person, credit_code: str, membership_id: int
    ) -> tuple[Member, Member]:
        lock(tx, credit_code)
        require_administrator(tx, person.id, credit_code)
        giver = members.in_force(tx, person.id, credit_code)
        recipient = members.of_enterprise(tx, credit_code, membership_id)
        if giver is None or recipient.role is not Role.CLERK:
            raise RecipientUnfit("administration goes to a clerk")
        return giver, recipient

    def _check_free(self, tx: Connection, credit_code: str, now: datetime) -> None:
        waiting = queries.open_of(tx, credit_code)
        if waiting is None:
            return
        if now < waiting.expires_at:
            raise HandoverPending("an offer is waiting")
        self._expire(tx, waiting, now)

    def _keep(self, person: Person, new: Handover, membership_id: int, stamped: bytes) -> None:
        """Everything is asked again: the token took its time."""
        try:
            with self._db.write() as tx:
                self._parties(tx, person, new.credit_code, membership_id)
                queries.add(tx, new, stamped)
                deadline = f"{new.expires_at.astimezone(CHINA):%Y-%m-%d %H:%M}"
                kind, facts = MessageKind.ADMINISTRATION_OFFERED, {"deadline": deadline}
                self._tell(tx, new, new.recipient_id, kind, new.offered_at, facts)
                self._append(tx, JournalAction.ADMINISTRATION_OFFERED, new)
        except IntegrityError:  # two offers at the same moment; both letters are stamped, one is kept
            raise HandoverPending("another offer was a moment faster") from None

    def _own(self, tx: Connection, person: Person, credit_code: str, handover_id: str) -> Handover:
        lock(tx, credit_code)
        return queries.find_own(tx, person.id, credit_code, handover_id)

    def _tell(
        self,
        tx: Connection,
        known: Handover,
        to: int,
        kind: MessageKind,
        now: datetime,
        facts: dict[str, str] | None = None,
    ) -> None:
        told = {"enterprise": _name(tx, known.credit_code)} | (facts or {})
        post(tx, to, kind, now, credit_code=known.credit_code, facts=told, key=f"{kind}:{known.id}")

    def _append(self, tx: Connection, action: JournalAction, known: Handover) -> None:
        detail = {"handover": known.id, "letter_sha256": known.letter_sha256}
        self._journal.append(tx, Event(action, known.credit_code, detail=detail))


def _party(known: Handover, person: Person) -> Party:
    return Party.RECIPIENT if person.id == known.recipient_id else Party.GIVER


def _letter(number: str, now: datetime, name: str, giver: Member, recipient: Member) -> TransferLetter:
    return TransferLetter(
        number=number,
        written_on=now.astimezone(CHINA).date(),
        enterprise_name=name,
        credit_code=giver.credit_code,
        giver_name=giver.person_name or "（见实名认证记录）",
        giver_phone=mask_phone(giver.phone),
        recipient_name=recipient.person_name or "（见实名认证记录）",
        recipient_phone=mask_phone(recipient.phone),
    )


def _name(tx: Connection, credit_code: str) -> str:
    asked = select(enterprise.c.name).where(enterprise.c.credit_code == credit_code)
    found = tx.execute(asked).scalar_one_or_none()
    if found is None:
        raise NotFound("no such enterprise")
    return str(found)

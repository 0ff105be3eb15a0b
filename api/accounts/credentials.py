"""设置密码、找回密码、更换手机号: what a person signs in with (seed, section 二)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select, update
from sqlalchemy.exc import IntegrityError

from api.accounts import passwords, persons, sessions
from api.accounts.errors import PhoneTaken, ProofNeeded
from api.accounts.news import AccountNews
from api.accounts.rules import FRESH, Purpose, check_password, check_phone, mask_phone
from api.accounts.sessions import Device, Person, SessionToken
from api.accounts.signing_in import SigningIn
from api.accounts.tables import person
from api.db import Database
from ca.audit.event import Action, Event
from ca.audit.journal import Journal


@dataclass(frozen=True, slots=True, repr=False)
class Proof:
    """What shows that it is not somebody with a phone found open: the password, or a code."""

    password: str | None = None
    code: str | None = None


class Credentials:
    """Passwords and numbers. Whatever is changed here ends the person's other sessions."""

    def __init__(
        self,
        db: Database,
        signing_in: SigningIn,
        clock: Callable[[], datetime],
        journal: Journal,
        news: AccountNews,
    ) -> None:
        self._db = db
        self._news = news
        self._signing_in = signing_in
        self._clock = clock
        self._journal = journal

    def has_password(self, owner: Person) -> bool:
        """Whether one was set."""
        with self._db.read() as tx:
            known = persons.find(tx, owner.phone)
        return known is not None and known.password_hash is not None

    def set_password(self, owner: Person, password: str, proof: Proof, address: str) -> None:
        """Set or change the password. The first one needs no proof moments after the sign-in.

        Raises PasswordWeak, PasswordCommon, ProofNeeded, and what checking the proof raises.
        """
        check_password(password, owner.phone, passwords.common())
        if not (proof.password is None and proof.code is None and self._is_fresh(owner)):
            self._prove(owner.phone, Purpose.PASSWORD, proof, address)
        kept = passwords.hash_password(password)
        with self._db.write() as tx:
            self._keep(tx, owner.id, owner.phone, kept, owner.session_id)

    def reset_password(self, phone: str, code: str, password: str, device: Device) -> SessionToken:
        """Set a new password with a code alone; ends all sessions and begins one.

        A number that nobody has is registered: its owner has just proved it, and nobody learns which it was.
        Raises PhoneInvalid, PasswordWeak, PasswordCommon, SmsCodeWrong, SmsCodeExpired, TriesPaused.
        """
        number = check_phone(phone)
        check_password(password, number, passwords.common())
        self._signing_in.redeem(number, Purpose.PASSWORD, code, device.address)
        kept = passwords.hash_password(password)
        with self._db.write() as tx:
            person_id = persons.find_or_add(tx, number, self._clock())
            self._keep(tx, person_id, number, kept, "")
            return self._signing_in.open(tx, person_id, number, device)

    def change_phone(self, owner: Person, phone: str, code: str, proof: Proof, address: str) -> str:
        """Move the account to another number, to which ``code`` was sent; the new number.

        ``proof``: the password, or a code that was sent to the old number. Raises PhoneInvalid, ProofNeeded,
        PhoneTaken, and what checking codes and passwords raises.
        """
        number = check_phone(phone)
        self._prove(owner.phone, Purpose.PHONE, proof, address)
        self._signing_in.redeem(number, Purpose.PHONE, code, address)
        mine = update(person).where(person.c.id == owner.id, person.c.phone == owner.phone)
        try:
            with self._db.write() as tx:
                if tx.execute(mine.values(phone=number)).rowcount != 1:
                    raise ProofNeeded("the number was changed by another request at the same moment")
                sessions.end_others(tx, owner.id, owner.session_id)
                self._news.phone_changed(tx, owner.id, mask_phone(number), self._clock())
                told = {"new": mask_phone(number)}
                self._journal.append(tx, Event(Action.PHONE_CHANGED, mask_phone(owner.phone), detail=told))
        except IntegrityError:
            raise PhoneTaken("another person has this number") from None
        return number

    def _is_fresh(self, owner: Person) -> bool:
        with self._db.read() as tx:
            known, now = persons.find(tx, owner.phone), self._clock()
            young = sessions.age(tx, owner.session_id, now) <= FRESH
        return known is not None and known.password_hash is None and young

    def _prove(self, number: str, purpose: Purpose, proof: Proof, address: str) -> None:
        if proof.code is not None:
            self._signing_in.redeem(number, purpose, proof.code, address)
        elif proof.password is not None:
            self._signing_in.check_password(number, proof.password, address)
        else:
            raise ProofNeeded("the password or a fresh code is needed")

    def _keep(self, tx: Connection, person_id: int, number: str, kept: str, session_id: str) -> None:
        mine = person.c.id == person_id
        before = tx.execute(select(person.c.password_hash).where(mine)).scalar_one()
        tx.execute(update(person).where(mine).values(password_hash=kept))
        if before is not None:
            self._news.password_changed(tx, person_id, self._clock())
        sessions.end_others(tx, person_id, session_id)
        self._journal.append(tx, Event(Action.PASSWORD_CHANGED, mask_phone(number)))

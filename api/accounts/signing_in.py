"""登录: persons with a code sent to their phone, or with their password (seed, section 二)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import Connection, update

from api.accounts import known_devices, passwords, persons, sessions
from api.accounts.codes import SmsCodes
from api.accounts.errors import RefreshRefused, SignInRefused, TriesPaused
from api.accounts.news import AccountNews
from api.accounts.pacing import Pacing
from api.accounts.rules import (
    TRIES_FROM_ADDRESS,
    TRIES_OF_PASSWORD,
    Purpose,
    Scope,
    check_phone,
    mask_phone,
    network_of,
    seconds,
)
from api.accounts.sessions import Device, SessionToken
from api.accounts.tables import person
from api.db import Database
from api.errors import AppError
from ca.audit.event import Action, Event, Outcome
from ca.audit.journal import Journal


class SigningIn:
    """Codes, sessions and their renewal. Numbers that nobody has are answered as all others, as slowly."""

    def __init__(
        self,
        db: Database,
        codes: SmsCodes,
        pacing: Pacing,
        clock: Callable[[], datetime],
        journal: Journal,
        news: AccountNews,
    ) -> None:
        self._news = news
        self._db = db
        self._codes = codes
        self._pacing = pacing
        self._clock = clock
        self._journal = journal

    def send_code(self, phone: str, purpose: Purpose = Purpose.SIGN_IN, address: str = "") -> None:
        """Send a code to a number, known or not. Raises PhoneInvalid, SmsTooSoon, SmsLimit."""
        number, network = check_phone(phone), network_of(address)
        with self._db.read() as tx:
            is_owner = persons.was_here(tx, self._pacing, number, network)
        self._codes.send(number, purpose, network, is_owner=is_owner)

    def redeem(self, number: str, purpose: Purpose, code: str, address: str) -> None:
        """Use a code up; a wrong one is in the journal. Raises SmsCodeWrong, SmsCodeExpired, TriesPaused."""
        try:
            self._codes.redeem(number, purpose, code, network_of(address))
        except AppError as error:
            self._refused(number, error.code)
            raise

    def by_code(self, phone: str, code: str, device: Device | None = None) -> SessionToken:
        """A session for the number's owner, who is registered at the first time.

        Raises PhoneInvalid, SmsCodeWrong, SmsCodeExpired, TriesPaused.
        """
        device = device or Device()
        number = check_phone(phone)
        self.redeem(number, Purpose.SIGN_IN, code, device.address)
        with self._db.write() as tx:
            return self.open(tx, persons.find_or_add(tx, number, self._clock()), number, device)

    def by_password(
        self,
        phone: str,
        password: str,
        device: Device | None = None,
        scope: Scope = Scope.APP,
        *,
        renewable: bool = True,
    ) -> SessionToken:
        """A session for the number's owner. Raises PhoneInvalid, SignInRefused, TriesPaused."""
        device = device or Device()
        number = check_phone(phone)
        self.check_password(number, password, device.address)
        with self._db.write() as tx:
            known = persons.find(tx, number)
            if known is None:  # the number was changed at this very moment
                raise SignInRefused("wrong number or password")
            return self.open(tx, known.id, number, device, scope, renewable=renewable)

    def check_password(self, number: str, password: str, address: str) -> None:
        """Raises SignInRefused, TriesPaused. The try is counted before the password is looked at."""
        network, now = network_of(address), self._clock()
        with self._db.write() as tx:
            about = self._tries(tx, number, network)
            wait = (
                self._pacing.spend(tx, TRIES_FROM_ADDRESS, now, "tries", network) if network else timedelta()
            )
            wait = wait or self._pacing.spend(tx, TRIES_OF_PASSWORD, now, *about)
            known = persons.find(tx, number)
        if wait:
            raise TriesPaused("too many wrong passwords", wait_seconds=seconds(wait))
        kept = None if known is None else known.password_hash
        if not passwords.fits(kept, password):
            self._refused(number, SignInRefused.code)
            raise SignInRefused("wrong number or password")
        with self._db.write() as tx:
            self._pacing.forget(tx, *about)
            if kept is not None and passwords.is_outdated(kept):
                anew = update(person).where(person.c.phone == number, person.c.password_hash == kept)
                tx.execute(anew.values(password_hash=passwords.hash_password(password)))

    def renew(self, refresh_token: str, scope: Scope = Scope.APP) -> SessionToken:
        """New tokens; the old ones are void. Raises RefreshRefused."""
        with self._db.write() as tx:
            renewal = sessions.renew(tx, refresh_token, self._clock(), scope)
            if renewal.reused_by is not None:
                self._journal.append(tx, Event(Action.SESSION_REUSED, mask_phone(renewal.reused_by)))
        if renewal.tokens is None:
            raise RefreshRefused("the refresh token was used before; the session has ended")
        return renewal.tokens

    def open(
        self,
        tx: Connection,
        person_id: int,
        number: str,
        device: Device,
        scope: Scope = Scope.APP,
        *,
        renewable: bool = True,
    ) -> SessionToken:
        """Begin a session in the caller's transaction."""
        now = self._clock()
        made = sessions.open_session(tx, now, person_id, device, scope, renewable=renewable)
        if known_devices.is_strange(tx, self._pacing, person_id, device, now):
            self._news.new_device(tx, person_id, device, now)
        persons.note_here(tx, self._pacing, person_id, network_of(device.address), now)
        told = {} if scope is Scope.APP else {"scope": scope.value}
        self._journal.append(tx, Event(Action.PERSON_SIGNED_IN, mask_phone(number), detail=told))
        return made

    def _tries(self, tx: Connection, number: str, network: str) -> tuple[str, ...]:
        # The owner's wrong ones and strangers' are counted apart: neither pauses the other.
        own = persons.was_here(tx, self._pacing, number, network)
        return ("password", number, network if own else "")

    def _refused(self, number: str, code: str) -> None:
        # For unknown numbers too: that an entry is written must not be heard from the time it takes.
        self._journal.record(Event(Action.PERSON_SIGNED_IN, mask_phone(number), Outcome.REFUSED, code))

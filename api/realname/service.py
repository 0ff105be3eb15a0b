"""Real-name checks of persons. Providers are asked outside of every transaction."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection

from api.accounts import persons
from api.accounts.rules import check_phone, mask_phone
from api.accounts.sessions import Person
from api.accounts.tables import person as account
from api.db import Database
from api.logs import log
from api.outside.errors import ProviderAnswerInvalid, ProviderRefused, ProviderUnreachable
from api.outside.identity import DirectCheck, FaceCheck, Subject, Verdict
from api.realname import queries
from api.realname.errors import CheckClosed, IdentityDiffers, MethodNotOffered, RealNameRequired
from api.realname.granting import end, free, grant
from api.realname.id_numbers import IdNumbers
from api.realname.queries import Check, Identity, bound_to_check, bound_to_identity
from api.realname.rules import (
    ASK_AFTER,
    LIFETIMES,
    Action,
    Method,
    Reason,
    Status,
    check_attempts,
    check_bank_card,
    check_name,
)
from ca.audit.journal import Journal
from ca.identifiers import check_id_number

_PROVIDER_FAILED = (ProviderUnreachable, ProviderRefused, ProviderAnswerInvalid)


@dataclass(frozen=True, slots=True)
class Providers:
    """Who is asked for each method; a method without a provider is not offered."""

    face: FaceCheck | None = None
    direct: Mapping[Method, DirectCheck] = field(default_factory=dict)

    @property
    def offered(self) -> list[Method]:
        """The methods that can be chosen."""
        face = [] if self.face is None else [Method.ALIPAY_FACE]
        return face + [one for one in Method if one in self.direct]

    def name_of(self, method: Method) -> str:
        """The provider's name. Raises MethodNotOffered."""
        asked = self.direct.get(method) or (self.face if method is Method.ALIPAY_FACE else None)
        if asked is None:
            raise MethodNotOffered(f"no provider for {method}")
        return asked.provider


@dataclass(frozen=True, slots=True)
class Policy:
    """What the operator decides. ``valid``: of a result; ``attempts``: of a person in 24 hours."""

    valid: timedelta
    attempts: int
    return_url: str


@dataclass(frozen=True, slots=True)
class State:
    """A check as its person sees it. ``page``: where the face is shown; ``other``: the masked phone of the
    account that has the identity already."""

    check: Check
    id_number: str = field(repr=False)
    page: str | None = None
    other: str | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of a person. ``id_number``: in full."""

    identity: Identity | None
    id_number: str | None = field(repr=False)
    attempts_left: int


class RealName:
    """The verbs of the slice for persons."""

    def __init__(
        self,
        db: Database,
        id_numbers: IdNumbers,
        providers: Providers,
        policy: Policy,
        clock: Callable[[], datetime],
        journal: Journal,
    ) -> None:
        self._db = db
        self._id_numbers = id_numbers
        self._providers = providers
        self._policy = policy
        self._clock = clock
        self._journal = journal

    @property
    def offered(self) -> list[Method]:
        """The methods that this installation has a provider for."""
        return self._providers.offered

    def standing(self, person: Person) -> Standing:
        """Who the person is, if anybody knows."""
        now = self._clock()
        with self._db.read() as tx:
            known = queries.identity_of(tx, person.id, now)
            mine, _ = queries.counted(tx, person.id, "", now)
        number = None
        if known is not None:
            number = self._id_numbers.open(known.id_number, bound_to_identity(person.id))
        return Standing(known, number, max(0, self._policy.attempts - len(mine)))

    def verified(self, person: Person) -> tuple[str, str]:
        """Name and identity number of the person. Raises RealNameRequired."""
        with self._db.read() as tx:
            known = queries.identity_of(tx, person.id, self._clock())
        if known is None:
            raise RealNameRequired("no real-name check was passed, or its result has expired")
        return known.name, self._id_numbers.open(known.id_number, bound_to_identity(person.id))

    def start(self, person: Person, method: Method, asked: Subject) -> State:
        """Begin a check in place of one that is open; all but the face check end at once.

        Raises NameInvalid, InvalidIdNumber, BankCardInvalid, PhoneInvalid, MethodNotOffered, IdentityDiffers,
        AttemptsExhausted, and ProviderUnreachable, ProviderRefused or ProviderAnswerInvalid, after which
        nothing counts.
        """
        subject = _checked(method, asked)
        new = self._new(person, method, subject)
        with self._db.write() as tx:
            persons.lock(tx, person.id)
            if queries.belongs_to_other(tx, person.id, new.id_number_hash):
                raise IdentityDiffers("the account was verified with another identity number")
            for earlier in queries.open_of(tx, person.id):
                queries.close(tx, earlier, Action.CANCEL, new.started_at)
            times = queries.counted(tx, person.id, new.id_number_hash, new.started_at)
            check_attempts(*times, self._policy.attempts, new.started_at)
            queries.add(tx, new)
        try:
            self._ask_first(new, subject)
        except _PROVIDER_FAILED:
            self._give_up(new)
            raise
        with self._db.read() as tx:
            return self._shown(tx, queries.find_own(tx, new.id, person.id))

    def state(self, person: Person, check_id: str) -> State:
        """Where a check stands; its provider is asked if it may be. Raises NotFound."""
        with self._db.read() as tx:
            known = queries.find_own(tx, check_id, person.id)
        self._follow(known)
        with self._db.read() as tx:
            return self._shown(tx, queries.find_own(tx, check_id, person.id))

    def come_back(self, check_id: str) -> Status | None:
        """A browser came back from the provider's page, or says so: the provider is asked. None: no such."""
        with self._db.read() as tx:
            known = queries.find(tx, check_id)
        if known is None:
            return None
        self._follow(known)
        with self._db.read() as tx:
            found = queries.find(tx, check_id)
        return None if found is None else found.status

    def cancel(self, person: Person, check_id: str) -> State:
        """Give a check up. Raises NotFound, CheckClosed."""
        with self._db.write() as tx:
            known = queries.find_own(tx, check_id, person.id)
            queries.close(tx, known, Action.CANCEL, self._clock())
            return self._shown(tx, queries.find_own(tx, check_id, person.id))

    def release(self, person: Person) -> None:
        """Give the identity free for another account of the same person. Raises RealNameRequired."""
        with self._db.write() as tx:
            if not free(tx, self._journal, person.id, mask_phone(person.phone), "by the person"):
                raise RealNameRequired("there is nothing to release")

    def _new(self, person: Person, method: Method, subject: Subject) -> Check:
        now, number = self._clock(), secrets.token_hex(16)
        return Check(
            id=number,
            person_id=person.id,
            method=method,
            status=Status.STARTED,
            reason=None,
            name=subject.name,
            id_number=self._id_numbers.seal(subject.id_number, bound_to_check(number)),
            id_number_hash=self._id_numbers.find_by(subject.id_number),
            provider=self._providers.name_of(method),
            reference=None,
            answer_digest=None,
            started_at=now,
            ends_at=now + LIFETIMES[method],
            asked_at=None,
            closed_at=None,
        )

    def _ask_first(self, new: Check, subject: Subject) -> None:
        if new.method in self._providers.direct:
            self._settle(new, self._providers.direct[new.method].verify(subject))
        elif self._providers.face is not None:
            reference = self._providers.face.begin(new.id, subject, self._return_url(new.id))
            with self._db.write() as tx:
                queries.announce(tx, new.id, reference)

    def _follow(self, known: Check) -> None:
        """Bring a check that is open to its end, if it has one by now."""
        if known.status is not Status.STARTED:
            return
        now = self._clock()
        if self._providers.face is not None and known.reference is not None:
            with self._db.write() as tx:
                is_our_turn = queries.take_turn(tx, known, now, now - ASK_AFTER)
            if not is_our_turn:
                return
            try:
                verdict = self._providers.face.outcome(known.reference)
            except _PROVIDER_FAILED as error:  # the app asks again; so do we, then
                log.warning("realname_outcome_unknown", code=error.code, detail=str(error))
                verdict = None
            if verdict is not None:
                self._settle(known, verdict)
                return
        if known.ends_at <= now:
            self._close_quietly(known, Action.LAPSE)

    def _settle(self, known: Check, verdict: Verdict) -> None:
        """Write down what the provider said, unless the check has ended in the meantime."""
        evidence = {
            "reference": verdict.reference,
            "answer_digest": hashlib.sha256(verdict.answer.encode()).hexdigest(),
        }
        with suppress(CheckClosed), self._db.write() as tx:
            current, now = queries.find(tx, known.id), self._clock()
            if current is None or current.status is not Status.STARTED:
                return
            reason = None if verdict.doubt is None else Reason(verdict.doubt.value)
            if reason is None:
                reason = grant(tx, current, self._id_numbers, self._policy.valid, now)
            end(tx, self._journal, current, reason, now, **evidence)

    def _give_up(self, known: Check) -> None:
        self._close_quietly(known, Action.FAIL, reason=Reason.PROVIDER_FAILED)

    def _close_quietly(self, known: Check, action: Action, **evidence: str) -> None:
        with suppress(CheckClosed), self._db.write() as tx:
            queries.close(tx, known, action, self._clock(), **evidence)

    def _shown(self, tx: Connection, found: Check) -> State:
        page = other = None
        if (
            found.status is Status.STARTED
            and found.reference is not None
            and self._providers.face is not None
        ):
            page = self._providers.face.page(found.reference, self._return_url(found.id))
        if found.reason is Reason.IDENTITY_IN_USE:
            holder = queries.holder_of(tx, found.id_number_hash)
            if holder is not None and holder.person_id != found.person_id:
                phone = tx.execute(account.select().where(account.c.id == holder.person_id)).one().phone
                other = mask_phone(phone)
        return State(found, self._id_numbers.open(found.id_number, bound_to_check(found.id)), page, other)

    def _return_url(self, check_id: str) -> str:
        return f"{self._policy.return_url}/{check_id}"


def _checked(method: Method, asked: Subject) -> Subject:
    name, id_number = check_name("姓名", asked.name), check_id_number(asked.id_number)
    if method is not Method.BANK_CARD:
        return Subject(name, id_number)
    return Subject(name, id_number, check_bank_card(asked.card), check_phone(asked.mobile))

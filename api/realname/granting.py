"""An account becomes somebody's, and is given free: all in the caller's transaction."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from api.messages.kinds import MessageKind
from api.messages.posting import post
from api.realname.id_numbers import IdNumbers
from api.realname.queries import (
    Check,
    belongs_to_other,
    bound_to_check,
    bound_to_identity,
    close,
    holder_of,
)
from api.realname.rules import Action, Reason, Status
from api.realname.tables import check, identity
from api.timezone import CHINA
from ca.audit.event import Action as Act
from ca.audit.event import Event, Outcome
from ca.audit.journal import Journal


def grant(
    tx: Connection, passed: Check, seal: IdNumbers, lifetime: timedelta, now: datetime
) -> Reason | None:
    """Make the account the person's of a check that the provider passed; why not, if it cannot be.

    One person has one account: the number is unique among identities. One that has expired makes way.
    """
    if belongs_to_other(tx, passed.person_id, passed.id_number_hash):
        return Reason.IDENTITY_DIFFERS
    holder = holder_of(tx, passed.id_number_hash)
    if holder is not None and holder.person_id != passed.person_id:
        if holder.expires_at > now:
            return Reason.IDENTITY_IN_USE
        tx.execute(delete(identity).where(identity.c.person_id == holder.person_id))
    number = seal.open(passed.id_number, bound_to_check(passed.id))
    values = {
        "id_number_hash": passed.id_number_hash,
        "name": passed.name,
        "id_number": seal.seal(number, bound_to_identity(passed.person_id)),
        "method": passed.method,
        "check_id": passed.id,
        "verified_at": now,
        "expires_at": now + lifetime,
    }
    try:
        with tx.begin_nested():
            _put(tx, passed.person_id, values)
    except IntegrityError:  # another account was granted the same number at this moment
        return Reason.IDENTITY_IN_USE
    facts = {"ends": f"{(now + lifetime).astimezone(CHINA):%Y-%m-%d}"}
    post(tx, passed.person_id, MessageKind.REAL_NAME_PASSED, now, facts=facts, key=f"real-name {passed.id}")
    return None


def free(tx: Connection, journal: Journal, person_id: int, subject: str, why: str) -> bool:
    """End the identity of an account, in force or not; whether it had one. ``subject``: for the journal."""
    done = tx.execute(delete(identity).where(identity.c.person_id == person_id)).rowcount == 1
    if done:
        journal.append(tx, Event(Act.REAL_NAME_RELEASED, subject, detail={"why": why}))
    return done


def give_free(tx: Connection, person_id: int, now: datetime) -> None:
    """After this, the account may become somebody else's."""
    passed = check.c.person_id == person_id, check.c.status == Status.PASSED
    after = {"status": Status.RELEASED, "closed_at": now}
    tx.execute(update(check).where(*passed).values(after))


def end(
    tx: Connection, journal: Journal, known: Check, reason: Reason | None, now: datetime, **evidence: str
) -> Status:
    """Close a check as passed, or as failed for ``reason``; the journal tells it without names.

    Raises CheckClosed.
    """
    action = Action.PASS if reason is None else Action.FAIL
    after = close(tx, known, action, now, reason=reason, **evidence)
    outcome = Outcome.DONE if reason is None else Outcome.REFUSED
    detail = {"method": known.method.value, "provider": known.provider, **evidence}
    journal.append(tx, Event(Act.REAL_NAME_CHECKED, known.id, outcome, reason or "", detail))
    return after


def _put(tx: Connection, person_id: int, values: dict[str, object]) -> None:
    mine = identity.c.person_id == person_id
    if tx.execute(select(identity.c.person_id).where(mine)).first() is None:
        tx.execute(insert(identity).values(person_id=person_id, **values))
    else:
        tx.execute(update(identity).where(mine).values(values))

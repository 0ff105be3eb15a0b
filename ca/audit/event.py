"""What an entry of the journal tells. Pure.

An entry is one line of JSON: keys in the order below, no spaces, UTF-8. Its hash is the SHA-256 of that
line, so anybody can check it with tools of their own.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

START: Final = "0" * 64
"""What the first entry of a node names as the hash before it."""

_MAX_TEXT: Final = 400


class Action(StrEnum):
    """What can be done that somebody may have to answer for."""

    SERVICE_STARTED = "service.started"
    SERVICE_STOPPED = "service.stopped"
    CERTIFICATE_ISSUED = "certificate.issued"
    CERTIFICATE_ABANDONED = "certificate.abandoned"
    CERTIFICATE_SUSPENDED = "certificate.suspended"
    CERTIFICATE_RELEASED = "certificate.released"
    CERTIFICATE_REVOKED = "certificate.revoked"
    LIST_PUBLISHED = "list.published"
    AUTHORITY_ADDED = "authority.added"
    AUTHORITY_ACTIVATED = "authority.activated"
    CATALOGUE_CHANGED = "catalogue.changed"
    MEMBER_CHANGED = "member.changed"
    MEMBER_REMOVED = "member.removed"
    MEMBER_LEFT = "member.left"
    ADMINISTRATION_OFFERED = "administration.offered"
    ADMINISTRATION_WITHDRAWN = "administration.withdrawn"
    ADMINISTRATION_DECLINED = "administration.declined"
    ADMINISTRATION_HANDED_OVER = "administration.handed_over"
    OPERATOR_ADDED = "operator.added"
    OPERATOR_CHANGED = "operator.changed"
    PASSKEY_ADDED = "operator.passkey_added"
    PASSKEY_REMOVED = "operator.passkey_removed"
    OPERATOR_SIGNED_IN = "operator.signed_in"
    PERSON_SIGNED_IN = "person.signed_in"
    PASSWORD_CHANGED = "person.password_changed"  # noqa: S105 - an act
    PHONE_CHANGED = "person.phone_changed"
    SESSION_REUSED = "person.session_reused"
    REAL_NAME_CHECKED = "real_name.checked"
    REAL_NAME_RELEASED = "real_name.released"
    APPLICATION_APPROVED = "application.approved"
    APPLICATION_REJECTED = "application.rejected"
    APPLICATION_RETURNED = "application.returned"
    APPLICATION_CONSENTED = "application.consented"
    APPLICATION_DECLINED = "application.declined"
    CASE_CLAIMED = "case.claimed"
    CASE_RELEASED = "case.released"
    CASE_TAKEN_OVER = "case.taken_over"
    CASE_REVEALED = "case.revealed"
    CASE_FILE_OPENED = "case.file_opened"
    CASE_CHECKS_ASKED = "case.checks_asked"
    REASON_CHANGED = "reason.changed"
    ENTERPRISE_CHANGED = "enterprise.changed"
    ENROLMENT_OPENED = "enrolment.opened"
    ENROLMENT_USED = "enrolment.used"
    LOCK_KEYS_OFFERED = "lock.keys_offered"
    LOCK_KEYS_CONFIRMED = "lock.keys_confirmed"
    LOCK_CERTIFICATE_WRITTEN = "lock.certificate_written"
    SEAL_APPLIED = "seal.applied"
    SEAL_WITHDRAWN = "seal.withdrawn"
    SEAL_APPROVED = "seal.approved"
    SEAL_REJECTED = "seal.rejected"
    SEAL_MADE = "seal.made"
    SEAL_FILED = "seal.filed"
    SEAL_SUSPENDED = "seal.suspended"
    SEAL_RELEASED = "seal.released"
    SEAL_REPLACED = "seal.replaced"
    SEAL_DESTROYED = "seal.destroyed"
    SEAL_EXPIRED = "seal.expired"
    DOCUMENT_SEALED = "document.sealed"
    REMOTE_SIGNING_ON = "remote_signing.on"
    REMOTE_SIGNING_OFF = "remote_signing.off"
    REMOTE_SIGNATURE_AUTHORIZED = "remote_signing.authorized"
    REMOTE_SIGNED = "remote_signing.signed"
    PIN_TRIED = "pin.tried"
    PIN_CHANGED = "pin.changed"
    RECOVERY_ASKED = "recovery.asked"
    RECOVERY_APPROVED = "recovery.approved"
    RECOVERY_REFUSED = "recovery.refused"
    RECOVERY_DONE = "recovery.done"
    JOB_RETRIED = "job.retried"
    JOURNAL_EXPORTED = "journal.exported"
    PAYMENT_RECEIVED = "payment.received"
    PAYMENT_REFUND_ORDERED = "payment.refund_ordered"
    PAYMENT_REFUNDED = "payment.refunded"
    PLATFORM_CHANGED = "platform.changed"
    SCAN_APPROVED = "scan.approved"
    SCAN_REFUSED = "scan.refused"
    BINDING_MADE = "binding.made"
    BINDING_ENDED = "binding.ended"


class Outcome(StrEnum):
    """How it ended."""

    DONE = "done"
    REFUSED = "refused"


@dataclass(slots=True)
class Actor:
    """Who acts, and from where. The edge of a service makes one for each request and fills in the name once
    it knows it, which is why it can be changed. ``name``: an operator's name, or a person's masked number."""

    kind: str = "system"
    name: str = ""
    address: str = ""
    request_id: str = ""


acting: Final[ContextVar[Actor]] = ContextVar("acting")
"""The actor of what is being done now."""


@contextmanager
def act_as(actor: Actor) -> Iterator[Actor]:
    """Everything in the block is done by ``actor``."""
    token = acting.set(actor)
    try:
        yield actor
    finally:
        acting.reset(token)


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that was done. ``subject``: what it was done to, e.g. a serial number. ``detail``: short
    facts; no secrets, and personal data masked. ``code``: of the refusal."""

    action: Action
    subject: str = ""
    outcome: Outcome = Outcome.DONE
    code: str = ""
    detail: Mapping[str, str | int] = field(default_factory=dict)


def line(node: str, sequence: int, before: str, at: datetime, actor: Actor, event: Event) -> str:
    """The entry as it is hashed and kept."""
    told: dict[str, Any] = {
        "node": node,
        "seq": sequence,
        "before": before,
        "at": at.astimezone(UTC).isoformat(timespec="milliseconds"),
        "who": {"kind": actor.kind, "name": _short(actor.name)},
        "from": _short(actor.address),
        "request": _short(actor.request_id),
        "action": event.action,
        "subject": _short(event.subject),
        "outcome": event.outcome,
        "code": event.code,
        "detail": {
            name: _short(value) if isinstance(value, str) else value for name, value in event.detail.items()
        },
    }
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))


def found_by(at: datetime, actor: Actor, event: Event) -> dict[str, Any]:
    """What the entry is found by, as its line tells it: columns of ``ca.audit.tables.finding``."""
    return {
        "at": at.astimezone(UTC).replace(microsecond=at.microsecond // 1000 * 1000),
        "name": _short(actor.name),
        "action": event.action.value,
        "subject": _short(event.subject),
        "outcome": event.outcome.value,
    }


def _short(text: str) -> str:
    # A lone surrogate, which JSON from a client may bring, has no place in UTF-8.
    return text[:_MAX_TEXT].encode("utf-8", "replace").decode()

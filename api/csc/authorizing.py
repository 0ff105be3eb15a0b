"""``credentials/authorize``: the PIN becomes signature activation data for some hashes and nothing else.

The SAD is the only thing that opens the key without the PIN, and is kept nowhere: the row has its digest, and
the key sealed under SAD, token and all terms of the authorisation (docs/decisions/0012).
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from api.accounts.sessions import Person
from api.certificates.custody import Activation, SubscriberKeys
from api.certificates.power import require_power
from api.certificates.queries import Holding
from api.certificates.rules import Custody
from api.csc import queries
from api.csc.credentials import Credentials
from api.csc.errors import CscRefused, invalid
from api.csc.queries import Authorization
from api.csc.rules import SAD_LASTS, Hashing
from api.db import Database
from api.enterprises.rules import Permission
from ca.audit.event import Action, Event, Outcome
from ca.audit.journal import Journal
from hsm.errors import KeyDamaged, PinIncorrect

_PURPOSE: Final = b"sealbridge csc v1\0"
HashKey = RSAPrivateKey | EllipticCurvePrivateKey


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be authorised. ``description``: what the software says of it."""

    credential_id: str
    hashing: Hashing
    hashes: tuple[bytes, ...]
    description: str = ""


class Authorizing:
    """Gives SADs out, and opens keys by them."""

    def __init__(
        self,
        db: Database,
        credentials: Credentials,
        keys: SubscriberKeys,
        clock: Callable[[], datetime],
        journal: Journal,
    ) -> None:
        self._db = db
        self._credentials = credentials
        self._keys = keys
        self._clock = clock
        self._journal = journal

    def authorize(self, person: Person, wanted: Wanted, pin: str) -> str:
        """A SAD for ``wanted``, for five minutes and this session alone.

        Raises CscRefused, NotSwitchedOn, PinIncorrect with the tries left, PinLocked, PinBusy, HsmError, and
        what is raised without the power to sign.
        """
        held = self._credentials.usable(person, wanted.credential_id).held.holding
        sad = secrets.token_urlsafe(32)
        made = Authorization(
            sad_digest=queries.digest(sad),
            serial=held.serial,
            person_id=person.id,
            session_id=person.session_id,
            hashing=wanted.hashing,
            hashes=wanted.hashes,
            expires_at=self._clock().replace(microsecond=0) + SAD_LASTS,
            description=wanted.description,
        )
        sealed = self._keys.activated(Custody(held.custody), held.key_label, pin, _activation(sad, made))
        told: dict[str, str | int] = {"hashes": len(made.hashes), "hashing": made.hashing.name.lower()}
        with self._db.write() as tx:
            require_power(tx, held, Permission.SEAL, hold=True)
            queries.add(tx, made, sealed)
            self._journal.append(tx, Event(Action.REMOTE_SIGNATURE_AUTHORIZED, held.serial, detail=told))
        return sad

    def find(self, person: Person, held: Holding, sad: str) -> queries.Pending:
        """What a SAD was given for. Raises CscRefused: unknown, of another credential, person or session,
        used up, or expired."""
        with self._db.read() as tx:
            found = queries.find(tx, queries.digest(sad))
        if found is None or found.activation is None:
            raise invalid("SAD")
        terms = found.authorization
        if (terms.serial, terms.person_id, terms.session_id) != (held.serial, person.id, person.session_id):
            raise invalid("SAD")
        if terms.expires_at <= self._clock():
            raise CscRefused("SAD expired")
        return found

    def open(self, held: Holding, pending: queries.Pending, sad: str) -> HashKey:
        """The key. Raises CscRefused when the row or the key's PIN was changed since; PinLocked, HsmError."""
        activation = _activation(sad, pending.authorization)
        sealed = pending.activation or b""
        try:
            key = self._keys.open_activated(Custody(held.custody), held.key_label, sealed, activation)
        except (PinIncorrect, KeyDamaged):
            refused = Event(Action.REMOTE_SIGNED, held.serial, Outcome.REFUSED, CscRefused.code)
            self._journal.record(refused)
            raise invalid("SAD") from None
        assert isinstance(key, HashKey)  # noqa: S101 - others are no credentials
        return key


def _activation(sad: str, terms: Authorization) -> Activation:
    # Not the digest that the row has: it is of the same secret, and must tell nothing of this one.
    secret = hmac.digest(sad.encode(), _PURPOSE, "sha256")
    return Activation(secret, terms.terms())

"""``signatures/signHash``: what a SAD was given for, once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from api.accounts.sessions import Person
from api.certificates.power import require_power
from api.certificates.queries import Holding
from api.csc import queries
from api.csc.algorithms import Scheme, scheme_of, sign_hash
from api.csc.authorizing import Authorizing
from api.csc.credentials import Credentials
from api.csc.errors import CscRefused
from api.csc.queries import Authorization
from api.csc.rules import algorithm_of, check_lengths
from api.db import Database
from api.enterprises.rules import Permission
from api.messages.kinds import MessageKind
from api.messages.posting import post
from ca.audit.event import Action, Event
from ca.audit.journal import Journal

_SHOWN: Final = 12
"""Hexadecimal digits of a hash in a message."""


@dataclass(frozen=True, slots=True, repr=False)
class Asked:
    """``algorithm``, ``hash_algorithm``: object identifiers; ``parameters``: DER in base64;
    ``hash_parameter``: how this version of the interface calls ``hash_algorithm``."""

    credential_id: str
    sad: str
    hashes: tuple[bytes, ...]
    algorithm: str
    hash_algorithm: str | None
    parameters: str | None
    hash_parameter: str


class Signing:
    """The right to sign is spent durably before the token signs, and no signature leaves before the journal
    has it. What a crash takes between the two must be authorised anew."""

    def __init__(
        self,
        db: Database,
        credentials: Credentials,
        authorizing: Authorizing,
        clock: Callable[[], datetime],
        journal: Journal,
    ) -> None:
        self._db = db
        self._credentials = credentials
        self._authorizing = authorizing
        self._clock = clock
        self._journal = journal

    def sign(self, person: Person, asked: Asked) -> list[bytes]:
        """A signature for each hash, in their order.

        Raises CscRefused, NotSwitchedOn, PinLocked, HsmError, and what is raised without the power to sign.
        """
        credential = self._credentials.usable(person, asked.credential_id)
        held = credential.held.holding
        algorithm = algorithm_of(asked.algorithm, credential.algorithms)
        scheme = scheme_of(
            algorithm, asked.hash_algorithm, asked.parameters, asked.hash_parameter, credential.length
        )
        check_lengths(asked.hashes, scheme.hashing)
        pending = self._authorizing.find(person, held, asked.sad)
        _check_authorized(pending.authorization, scheme, asked.hashes)
        key = self._authorizing.open(held, pending, asked.sad)
        with self._db.write() as tx:
            queries.spend(tx, pending.authorization.sad_digest, asked.hashes, self._clock())
        made = [sign_hash(key, scheme, one) for one in asked.hashes]
        self._tell(held, pending.authorization, scheme, asked)
        return made

    def _tell(self, held: Holding, terms: Authorization, scheme: Scheme, asked: Asked) -> None:
        now = self._clock()
        by = {"hashing": scheme.hashing.name.lower(), "algorithm": scheme.family.value}
        events = [
            Event(Action.REMOTE_SIGNED, held.serial, detail={"hash": one.hex()} | by) for one in asked.hashes
        ]
        facts = {
            "enterprise": held.enterprise_name or "",
            "count": str(len(asked.hashes)),
            "hash": asked.hashes[0].hex()[:_SHOWN],
            "description": terms.description,
        }
        with self._db.write() as tx:
            # Whoever lost the power while the token signed gets nothing of it.
            require_power(tx, held, Permission.SEAL, hold=True)
            post(tx, held.person_id, MessageKind.REMOTE_SIGNED, now, serial=held.serial, facts=facts)
            self._journal.append(tx, *events)


def _check_authorized(terms: Authorization, scheme: Scheme, hashes: Sequence[bytes]) -> None:
    if terms.hashing is not scheme.hashing or not set(hashes) <= set(terms.hashes):
        raise CscRefused("Hash is not authorized by the SAD")

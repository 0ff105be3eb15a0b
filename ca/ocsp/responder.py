"""Deciding what to answer: from memory, from the store, or with a fresh signature.

Two things make an answer from memory right. It was read at a count of the CA's status changes, and is given
only while the count is the same; and the count is looked up anew every quarter of a second, so a revocation
by any process shows within a second. What is read from the store is compared with the certificate's row in
the very query that reads it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeVar

from sqlalchemy import Engine

from ca import status_changes
from ca.authorities import Authorities, IssuingAuthority
from ca.der import Malformed
from ca.ledger import Ledger, Status
from ca.ocsp.request import HASHES, CertId, OcspRequest, read_request
from ca.ocsp.response import ErrorStatus, error_response
from ca.ocsp.signing import AnswerSigner, OcspPolicy, cert_id, issuer_hashes
from ca.ocsp.store import AnswerStore, KeptAnswer, status_text
from ca.own_certificates import OwnIdentity
from hsm.errors import SealBridgeError

MAX_REQUEST: Final = 8 * 1024
"""Octets that a request may have."""

Key = TypeVar("Key")
Value = TypeVar("Value")

_FRESH_SECONDS: Final = 0.25
_STALE_SECONDS: Final = 0.75
_MEMORY: Final = 20_000
_NONCES: Final = (32, 16)  # as long as RFC 9654 asks for, and as OpenSSL makes them


@dataclass(frozen=True, slots=True)
class Answer:
    """A response. ``this_update``, ``next_update`` and ``cache_seconds`` where caches may keep it."""

    der: bytes
    this_update: datetime | None = None
    next_update: datetime | None = None
    cache_seconds: int = 0


@dataclass(frozen=True, slots=True)
class _Remembered:
    answer: Answer
    issuer: str
    changes: int
    until: datetime


class Responder:
    """Answers requests. Safe for many threads; many processes may answer from one database."""

    def __init__(
        self,
        engine: Engine,
        authorities: Authorities,
        responder: Callable[[IssuingAuthority], OwnIdentity],
        clock: Callable[[], datetime],
        policy: OcspPolicy | None = None,
    ) -> None:
        self._engine = engine
        self._ledger = Ledger(engine)
        self._authorities = authorities
        self._clock = clock
        self._policy = policy or OcspPolicy()
        self._signer = AnswerSigner(responder, clock, self._policy)
        self._store = AnswerStore(engine)
        self._memory: dict[bytes, _Remembered] = {}
        self._forms: dict[tuple[bytes, int], tuple[CertId, ...]] = {}
        self._statuses: dict[tuple[str, int], tuple[int, Status]] = {}
        self._changes: dict[str, int] = {}
        self._changes_at = -_STALE_SECONDS
        self._asking = threading.Lock()
        self._remembering = threading.Lock()
        self._issuers: dict[tuple[str, bytes, bytes], str] = {}

    def remembered(self, request: bytes) -> Answer | None:
        """The answer that can be given without a database or a token; None when one has to be asked.

        Takes microseconds: an event loop may call it. One caller in a quarter of a second gets None, so that
        ``answer`` sees whether anything has changed.
        """
        known = self._memory.get(request)
        if known is None or known.until <= self._clock():
            return None
        age = time.monotonic() - self._changes_at
        if age >= _STALE_SECONDS or (age >= _FRESH_SECONDS and not self._asking.locked()):
            return None
        return known.answer if self._changes.get(known.issuer, 0) == known.changes else None

    def answer(self, request: bytes) -> Answer:
        """The answer to a request, an error response to a bad one.

        Raises HsmError or a database's error when there is no right answer just now.
        """
        try:
            asked = self._read(request)
        except Malformed:
            return Answer(error_response(ErrorStatus.MALFORMED_REQUEST))
        self._look_for_changes()
        if (remembered := self.remembered(request)) is not None:
            return remembered
        issuing = self._issuing(asked)
        if issuing is None:  # RFC 5019, section 2.2.3: not ours to answer
            return Answer(error_response(ErrorStatus.UNAUTHORIZED))
        if asked.nonce is None and len(asked.certificates) == 1:
            return self._kept(issuing, asked, request)
        return self._at_once(issuing, asked)

    def _read(self, request: bytes) -> OcspRequest:
        """Requests that differ in nothing but the nonce at their end are read once. Raises Malformed."""
        for length in _NONCES:
            # The lengths of all that a request consists of stand before its nonce.
            certificates = self._forms.get((request[:-length], length))
            if certificates is not None:
                return OcspRequest(certificates, request[-length:])
        asked = read_request(request)
        nonce = asked.nonce or b""
        # Once: what a request ends with is then the nonce itself, not a part that is like it.
        if len(nonce) in _NONCES and request.endswith(nonce) and request.count(nonce) == 1:
            with self._remembering:
                _remember(self._forms, (request[: -len(nonce)], len(nonce)), asked.certificates)
        return asked

    def changed(self) -> None:
        """This process changed a status: look at once."""
        self._changes_at = -_STALE_SECONDS

    def _look_for_changes(self) -> None:
        if time.monotonic() - self._changes_at < _FRESH_SECONDS:
            return
        with self._asking:
            if time.monotonic() - self._changes_at < _FRESH_SECONDS:
                return
            begun = time.monotonic()
            with self._engine.connect() as connection:
                self._changes = status_changes.of_all(connection)
            self._changes_at = begun

    def _issuing(self, asked: OcspRequest) -> IssuingAuthority | None:
        """The one CA that all of a request is about: a responder speaks for one only."""
        meant = {self._meant(one) for one in asked.certificates}
        if len(meant) != 1 or (key_id := meant.pop()) is None:
            return None
        return self._authorities.find(key_id)

    def _meant(self, one: CertId) -> str | None:
        if one.hash_name is None:
            return None
        named = (one.hash_name, one.name_hash, one.key_hash)
        if named not in self._issuers:
            known = self._authorities.all()
            if len(known) * len(HASHES) > len(self._issuers):
                self._issuers = {
                    (hash_name, *issuer_hashes(issuing, hash_name)): issuing.key_id
                    for issuing in known
                    for hash_name in HASHES.values()
                }
        return self._issuers.get(named)

    def _kept(self, issuing: IssuingAuthority, asked: OcspRequest, request: bytes) -> Answer:
        (meant,) = asked.certificates
        assert meant.hash_name is not None  # noqa: S101 - its issuer was found by it
        if meant.whole != cert_id(issuing, meant.serial, meant.hash_name):
            return self._at_once(issuing, asked)  # named in an unusual way, which the answer has to repeat
        # Before the status is read: a change in between makes what is remembered worthless, not wrong.
        changes = self._changes.get(issuing.key_id, 0)
        status, kept = self._store.look_up(issuing.key_id, meant.serial, meant.hash_name)
        if status is None:
            return self._at_once(issuing, asked)
        if kept is None or kept.status != status_text(status) or kept.renew_at <= self._clock():
            kept = self._renewed(issuing, meant, status, kept)
        answer = self._answer(kept)
        if request == asked.plain:  # no room for the many other ways to ask the same
            self._remember(request, _Remembered(answer, issuing.key_id, changes, kept.renew_at))
        return answer

    def _renewed(
        self, issuing: IssuingAuthority, meant: CertId, status: Status, kept: KeptAnswer | None
    ) -> KeptAnswer:
        try:
            made = self._signer.keepable(issuing, meant.whole, meant.serial, meant.hash_name or "", status)
        except SealBridgeError:
            # While the token is away the old answer is given as long as it is true.
            if kept is None or kept.status != status_text(status) or kept.next_update <= self._clock():
                raise
            return kept
        self._store.keep([made])
        return made

    def _answer(self, kept: KeptAnswer) -> Answer:
        left = min(self._policy.cached, kept.next_update - self._clock())
        return Answer(kept.der, kept.this_update, kept.next_update, max(0, int(left.total_seconds())))

    def _at_once(self, issuing: IssuingAuthority, asked: OcspRequest) -> Answer:
        found = [(one.whole, self._status(issuing.key_id, one.serial)) for one in asked.certificates]
        return Answer(self._signer.at_once(issuing, found, asked.nonce))

    def _status(self, issuer: str, serial: int) -> Status | None:
        changes = self._changes.get(issuer, 0)
        known = self._statuses.get((issuer, serial))
        if known is not None and known[0] == changes:
            return known[1]
        status = self._ledger.status_of(issuer, serial)
        if status is not None:  # becoming known to the ledger is no change of a status, and not counted
            with self._remembering:
                _remember(self._statuses, (issuer, serial), (changes, status))
        return status

    def _remember(self, request: bytes, known: _Remembered) -> None:
        with self._remembering:
            _remember(self._memory, request, known)


def _remember(memory: dict[Key, Value], key: Key, value: Value) -> None:
    memory.pop(key, None)
    while len(memory) >= _MEMORY:
        del memory[next(iter(memory))]
    memory[key] = value

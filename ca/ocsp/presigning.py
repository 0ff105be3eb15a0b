"""Signing answers ahead, so that the first to ask waits no longer than the last."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Engine

from ca.authorities import Authorities, IssuingAuthority
from ca.ledger import Status, serial_text
from ca.ocsp.signing import AnswerSigner, OcspPolicy, cert_id
from ca.ocsp.store import AnswerStore, KeptAnswer
from ca.own_certificates import OwnIdentity

_BATCH: Final = 200
_SIGNERS: Final = 2  # as many as a SoftHSM2 session pool keeps busy on two cores
_KEPT_AFTER: Final = timedelta(days=7)

Wanted = tuple[str, int, str, Status]


class Presigner:
    """Keeps signed answers ready. Several processes may run it: they would repeat work, not harm it."""

    def __init__(
        self,
        engine: Engine,
        authorities: Authorities,
        responder: Callable[[IssuingAuthority], OwnIdentity],
        clock: Callable[[], datetime],
        policy: OcspPolicy | None = None,
    ) -> None:
        self._authorities = authorities
        self._clock = clock
        self._signer = AnswerSigner(responder, clock, policy or OcspPolicy())
        self._store = AnswerStore(engine)

    def renew(self, limit: int = 10_000) -> int:
        """Sign anew what is half through its time; returns how many. Raises HsmError, CaError."""
        done = 0
        while done < limit and (wanted := self._store.to_renew(self._clock(), _BATCH)):
            self._sign(wanted)
            done += len(wanted)
        return done

    def fill(self) -> int:
        """Sign for every certificate that has no answer yet; returns how many. Raises HsmError, CaError."""
        return sum(self._sign(wanted) for wanted in self._unanswered())

    def forget(self) -> int:
        """Drop answers a week past their end; returns how many."""
        return self._store.forget(self._clock() - _KEPT_AFTER)

    def _unanswered(self) -> Iterator[list[Wanted]]:
        after = ""
        while wanted := self._store.unanswered(self._clock(), after, _BATCH):
            yield wanted
            after = serial_text(wanted[-1][1])

    def _sign(self, wanted: Sequence[Wanted]) -> int:
        with ThreadPoolExecutor(_SIGNERS) as signers:
            self._store.keep(list(signers.map(self._signed, wanted)))
        return len(wanted)

    def _signed(self, wanted: Wanted) -> KeptAnswer:
        issuer, serial, hash_name, status = wanted
        issuing = self._authorities.find(issuer)
        return self._signer.keepable(issuing, cert_id(issuing, serial, hash_name), serial, hash_name, status)

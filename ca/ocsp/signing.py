"""Signing answers with the delegated responder of the CA that they speak for."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from ca import der
from ca.authorities import IssuingAuthority
from ca.hierarchy import key_bits
from ca.ledger import Status
from ca.ocsp import response
from ca.ocsp.request import HASHES
from ca.ocsp.store import KeptAnswer, status_text
from ca.own_certificates import OwnIdentity

_IDENTIFIERS: Final = {name: identifier for identifier, name in HASHES.items()}


@dataclass(frozen=True, slots=True)
class OcspPolicy:
    """``validity``: how long an answer may be relied on; it is signed anew in half that time. ``cached``:
    how long HTTP caches may keep it, and with it keep a revocation from whoever asks through them."""

    validity: timedelta = timedelta(hours=24)
    cached: timedelta = timedelta(minutes=5)
    unknown: timedelta = timedelta(minutes=1)


class AnswerSigner:
    """Signs what is known of certificates. ``responder``: the responder's identity under a CA."""

    def __init__(
        self,
        responder: Callable[[IssuingAuthority], OwnIdentity],
        clock: Callable[[], datetime],
        policy: OcspPolicy,
    ) -> None:
        self._responder = responder
        self._clock = clock
        self._policy = policy

    def keepable(
        self, issuing: IssuingAuthority, cert_id: bytes, serial: int, hash_name: str, status: Status
    ) -> KeptAnswer:
        """An answer for one certificate, to be given to all who ask. Raises HsmError, CaError."""
        identity = self._responder(issuing)
        now = self._now()
        # No answer outlives the certificate of the responder that signed it.
        next_update = min(now + self._policy.validity, identity.certificate.not_valid_after_utc)
        said = self._single(issuing, cert_id, status, now, next_update)
        signed = response.sign_response(identity.key, identity.certificate, [said], now)
        renew_at = now + (next_update - now) / 2
        told = status_text(status)
        return KeptAnswer(issuing.key_id, serial, hash_name, told, now, next_update, renew_at, signed)

    def at_once(
        self, issuing: IssuingAuthority, asked: Sequence[tuple[bytes, Status | None]], nonce: bytes | None
    ) -> bytes:
        """One response for several certificates, or with a nonce. A status of None: never issued."""
        identity = self._responder(issuing)
        now = self._now()
        said = []
        for cert_id, status in asked:
            validity = self._policy.unknown if status is None else self._policy.validity
            next_update = min(now + validity, identity.certificate.not_valid_after_utc)
            said.append(self._single(issuing, cert_id, status, now, next_update))
        return response.sign_response(identity.key, identity.certificate, said, now, nonce)

    def _single(
        self,
        issuing: IssuingAuthority,
        cert_id: bytes,
        status: Status | None,
        now: datetime,
        next_update: datetime,
    ) -> bytes:
        if status is None:
            return response.single(cert_id, response.UNKNOWN, now, next_update)
        # The ledger forgets nothing: revocations are known since the CA began.
        began = issuing.authority.certificate.not_valid_before_utc if status.not_after < now else None
        told = status.revocation
        if told is None:
            return response.single(cert_id, response.GOOD, now, next_update, archive_cutoff=began)
        return response.single(cert_id, response.revoked(told), now, next_update, told.invalidity_date, began)

    def _now(self) -> datetime:
        return self._clock().replace(microsecond=0)


def issuer_hashes(issuing: IssuingAuthority, hash_name: str) -> tuple[bytes, bytes]:
    """The hashes of a CA's name and key by which requests mean it (RFC 6960, section 4.1.1)."""
    certificate = issuing.authority.certificate
    name = hashlib.new(hash_name, certificate.subject.public_bytes(), usedforsecurity=False)
    key = hashlib.new(hash_name, key_bits(certificate.public_key()), usedforsecurity=False)
    return name.digest(), key.digest()


def cert_id(issuing: IssuingAuthority, serial: int, hash_name: str) -> bytes:
    """The identifier by which a request means a certificate, DER."""
    name, key = issuer_hashes(issuing, hash_name)
    algorithm = der.sequence(_IDENTIFIERS[hash_name], der.element(der.NULL, b""))
    return der.sequence(algorithm, der.octets(name), der.octets(key), der.integer(serial))

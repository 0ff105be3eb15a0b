"""The certificates that the CA itself needs to serve, made and renewed by itself.

Each has a key of its own on the issuing token. A key is never certified twice: the next certificate comes
with the next key, so that what one key signed ends with its certificate.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from cryptography import x509
from sqlalchemy import Engine, insert, select
from sqlalchemy.exc import IntegrityError

from ca.authorities import Authorities, IssuingAuthority
from ca.distinguished import SubjectFacts
from ca.issuance import IssuanceRequest, Issuer
from ca.ledger import Ledger, serial_text
from ca.tables import own_certificate as table
from hsm import KeyKind, PrivateKey, TokenKeys
from hsm.errors import KeyExists, KeyNotFound, SealBridgeError

_DAY: Final = timedelta(days=1)
_RETRY: Final = timedelta(minutes=5)
_FRESH_SECONDS: Final = 1.0  # how long a certificate may be used on before it is seen to be revoked


class Role(StrEnum):
    """What the CA needs a certificate for, apart from issuing."""

    OCSP = "ocsp"
    TIME_STAMPING = "tsa"
    AUDIT = "audit"
    SEAL_MAKER = "seal-maker"
    STATEMENT = "statement"


_PROFILES: Final = {
    Role.OCSP: "ocsp-responder",
    Role.TIME_STAMPING: "time-stamping",
    Role.AUDIT: "audit-signer",
    Role.SEAL_MAKER: "seal-maker",
    Role.STATEMENT: "statement-signer",
}
_TITLES: Final = {
    Role.OCSP: "OCSP 响应者",
    Role.TIME_STAMPING: "时间戳服务",
    Role.AUDIT: "审计签名",
    Role.SEAL_MAKER: "电子印章制作",
    Role.STATEMENT: "业务声明",
}


def title_of(role: Role) -> str:
    """What the names of a role's certificates begin with."""
    return _TITLES[role]


@dataclass(frozen=True, slots=True)
class OwnIdentity:
    """A key with its certificate and that one's issuers. ``renew_at``: when the next should be made."""

    role: Role
    key: PrivateKey
    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...]
    renew_at: datetime


class OwnCertificates:
    """Gives the certificate of a role, under one issuing CA; safe for many threads and processes."""

    def __init__(
        self,
        engine: Engine,
        authorities: Authorities,
        issuer: Issuer,
        keys: TokenKeys,
        clock: Callable[[], datetime],
        organization: str,
        kind: KeyKind = KeyKind.P256,
    ) -> None:
        self._engine = engine
        self._authorities = authorities
        self._issuer = issuer
        self._ledger = Ledger(engine)
        self._keys = keys
        self._clock = clock
        self._organization = organization
        self._kind = kind
        self._held: dict[tuple[Role, str], OwnIdentity] = {}
        self._seen_good: dict[int, float] = {}
        self._renewing = threading.Lock()

    def current(self, role: Role, issuing: IssuingAuthority | None = None) -> OwnIdentity:
        """The identity of ``role`` under ``issuing`` (the active CA unless told); made or renewed when due.

        A renewal that fails leaves the present one in use while it is valid. One that was revoked or
        suspended is not used any more: the next takes its place within a second. Raises HsmError, CaError.
        """
        issuing = issuing or self._authorities.active()
        held = self._held.get((role, issuing.key_id))
        if held is not None and self._is_usable(held):
            return held
        with self._renewing:
            held = self._held.get((role, issuing.key_id))
            if held is None or not self._is_usable(held):
                held = self._held[role, issuing.key_id] = self._found_or_made(role, issuing)
        return held

    def all(self) -> list[tuple[str, x509.Certificate]]:
        """(key label, certificate) of the newest of every role and issuing CA that has one."""
        return own_certificates(self._engine)

    def destroy_expired(self) -> list[str]:
        """Destroy the keys whose certificates have ended; returns their labels."""
        asked = select(table.c.key_label).where(table.c.not_after < self._clock() - _DAY)
        with self._engine.connect() as connection:
            labels = list(connection.execute(asked).scalars())
        present = set(self._keys.labels()) if labels else set()
        for label in present.intersection(labels):
            self._keys.destroy(label)
        return sorted(present.intersection(labels))

    def _is_usable(self, held: OwnIdentity) -> bool:
        return self._clock() < held.renew_at and self._is_good(held.certificate.serial_number)

    def _is_good(self, serial: int) -> bool:
        """Whether it stands unrevoked, looked up at most once in ``_FRESH_SECONDS``."""
        if time.monotonic() - self._seen_good.get(serial, -_FRESH_SECONDS) < _FRESH_SECONDS:
            return True
        looked = time.monotonic()
        if self._ledger.find(serial).revocation is not None:
            return False
        self._seen_good[serial] = looked
        return True

    def _found_or_made(self, role: Role, issuing: IssuingAuthority) -> OwnIdentity:
        newest = self._newest(role, issuing)
        is_good = newest is not None and self._is_good(int(newest.serial, 16))
        if is_good and self._clock() < _renew_at(newest, issuing):
            return self._opened(role, issuing, newest)
        try:
            return self._made(role, issuing, 1 if newest is None else newest.number + 1)
        except SealBridgeError:
            if not is_good or self._clock() >= newest.not_after:
                raise
            return self._opened(role, issuing, newest, self._clock() + _RETRY)

    def _made(self, role: Role, issuing: IssuingAuthority, number: int) -> OwnIdentity:
        label = f"{role}-{issuing.name}-{number}"
        facts = SubjectFacts(
            enterprise_name=self._organization, service_name=f"{_TITLES[role]} {issuing.name}-{number}"
        )
        key = self._key(label)
        issued = self._issuer.issue(
            IssuanceRequest(
                f"own/{label}", _PROFILES[role], facts, key.public_key(), authority=issuing.key_id
            )
        )
        row = {
            "role": role,
            "issuer": issuing.key_id,
            "number": number,
            "serial": serial_text(issued.serial),
            "key_label": label,
            "not_before": issued.certificate.not_valid_before_utc,
            "not_after": issued.certificate.not_valid_after_utc,
        }
        # Another process may have made the same one: key, request and certificate are the same.
        with contextlib.suppress(IntegrityError), self._engine.begin() as connection:
            connection.execute(insert(table).values(row))
        newest = self._newest(role, issuing)
        return self._opened(role, issuing, newest)

    def _key(self, label: str) -> PrivateKey:
        with contextlib.suppress(KeyNotFound):
            return self._keys.open(label)
        try:
            return self._keys.generate(label, self._kind)
        except KeyExists:
            return self._keys.open(label)

    def _opened(
        self, role: Role, issuing: IssuingAuthority, row: Any, renew_at: datetime | None = None
    ) -> OwnIdentity:
        certificate = self._ledger.find(int(row.serial, 16)).certificate
        chain = (issuing.authority.certificate, *issuing.authority.chain)
        due = renew_at or _renew_at(row, issuing)
        return OwnIdentity(role, self._keys.open(row.key_label), certificate, chain, due)

    def _newest(self, role: Role, issuing: IssuingAuthority) -> Any:
        mine = (table.c.role == role) & (table.c.issuer == issuing.key_id)
        with self._engine.connect() as connection:
            return connection.execute(select(table).where(mine).order_by(table.c.number.desc())).first()


def own_certificates(engine: Engine) -> list[tuple[str, x509.Certificate]]:
    """(key label, certificate) of the newest of every role and issuing CA that has one."""
    with engine.connect() as connection:
        rows = connection.execute(select(table).order_by(table.c.number)).all()
    newest = {(row.role, row.issuer): row for row in rows}
    ledger = Ledger(engine)
    return [(row.key_label, ledger.find(int(row.serial, 16)).certificate) for row in newest.values()]


def _renew_at(row: Any, issuing: IssuingAuthority) -> datetime:
    """When a third of its life is left. One that ends with its CA is kept: no other would last longer."""
    not_after: datetime = row.not_after
    if not_after >= issuing.authority.certificate.not_valid_after_utc - _DAY:
        return not_after
    third: timedelta = (not_after - row.not_before) / 3
    return not_after - third

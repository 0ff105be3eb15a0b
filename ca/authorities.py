"""The issuing CAs of an installation: the active one issues, all answer for what they issued.

A second CA takes over by one row's change of state, which every running process sees within a second; the
first one's lists and OCSP answers continue until its last certificate has expired.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import Encoding
from sqlalchemy import Engine, insert, select, update
from sqlalchemy.exc import IntegrityError

from ca.audit.event import Action, Event
from ca.audit.journal import Journal
from ca.errors import AuthorityUnknown, CeremonyRefused
from ca.hierarchy import Authority
from ca.tables import authority as table
from ca.tbs import Pointers
from hsm import PrivateKey

_FRESH_SECONDS: Final = 1.0


class AuthorityState(StrEnum):
    """``prepared``: is to issue. ``active``: issues, alone. ``retired``: answers for what it issued."""

    PREPARED = "prepared"
    ACTIVE = "active"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class IssuingAuthority:
    """An issuing CA. ``crl_shards``: over how many lists its revocations are spread. ``pki_url``: where its
    files and the responder are, without a slash at the end; None where relying parties are told nothing."""

    name: str
    authority: Authority
    state: AuthorityState = AuthorityState.ACTIVE
    crl_shards: int = 1
    pki_url: str | None = None
    key_id: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "key_id", self.authority.key_id.hex())

    def shard_of(self, serial: int) -> int:
        """The list that a new certificate's revocation would be on."""
        return serial % self.crl_shards

    def pointers(self, shard: int) -> Pointers:
        """Where relying parties learn about a certificate of this CA."""
        if self.pki_url is None:
            return Pointers()
        return Pointers(f"{self.pki_url}/{self.name}.cer", self.list_url(shard), f"{self.pki_url}/ocsp")

    def list_url(self, shard: int) -> str | None:
        """Where a list of this CA is published."""
        return self._list_url(shard, "crl")

    def delta_url(self, shard: int) -> str | None:
        """Where the delta lists to it are published."""
        return self._list_url(shard, "delta.crl")

    def _list_url(self, shard: int, ending: str) -> str | None:
        if self.pki_url is None:
            return None
        alone = self.crl_shards == 1
        return (
            f"{self.pki_url}/{self.name}.{ending}"
            if alone
            else f"{self.pki_url}/{self.name}/{shard}.{ending}"
        )


class Authorities:
    """A fixed set of issuing CAs."""

    def __init__(self, known: Sequence[IssuingAuthority]) -> None:
        self._known = tuple(known)

    def all(self) -> tuple[IssuingAuthority, ...]:
        """Every CA that answers for certificates, oldest first."""
        return self._known

    def active(self) -> IssuingAuthority:
        """The one that issues. Raises AuthorityUnknown."""
        for one in self.all():
            if one.state is AuthorityState.ACTIVE:
                return one
        raise AuthorityUnknown("no issuing CA is active")

    def find(self, key_id: str) -> IssuingAuthority:
        """The one with this subject key identifier (hexadecimal). Raises AuthorityUnknown."""
        return self._first(lambda one: one.key_id == key_id, key_id)

    def named(self, name: str) -> IssuingAuthority:
        """The one of this name. Raises AuthorityUnknown."""
        return self._first(lambda one: one.name == name, name)

    def _first(self, fits: Callable[[IssuingAuthority], bool], asked: str) -> IssuingAuthority:
        for one in self.all():
            if fits(one):
                return one
        raise AuthorityUnknown(f"no issuing CA {asked!r}")


class StoredAuthorities(Authorities):
    """The issuing CAs in the database; a change is seen within a second. Safe for many threads."""

    def __init__(self, engine: Engine, open_key: Callable[[str], PrivateKey], pki_url: str) -> None:
        super().__init__(())
        self._engine = engine
        self._open_key = open_key
        self._pki_url = pki_url
        self._read_at = -_FRESH_SECONDS
        self._reading = threading.Lock()
        self._keys: dict[str, PrivateKey] = {}

    def all(self) -> tuple[IssuingAuthority, ...]:
        """Every CA that answers for certificates, oldest first."""
        if time.monotonic() - self._read_at >= _FRESH_SECONDS:
            with self._reading:
                self._known = self._read()
                self._read_at = time.monotonic()
        return self._known

    def refresh(self) -> None:
        """Forget what was read."""
        self._read_at = -_FRESH_SECONDS

    def _read(self) -> tuple[IssuingAuthority, ...]:
        with self._engine.connect() as connection:
            rows = connection.execute(select(table).order_by(table.c.added_at, table.c.name)).all()
        return tuple(self._opened(row) for row in rows)

    def _opened(self, row: Any) -> IssuingAuthority:
        if row.key_label not in self._keys:
            self._keys[row.key_label] = self._open_key(row.key_label)
        certificate = x509.load_der_x509_certificate(row.certificate)
        chain = tuple(x509.load_pem_x509_certificates(row.chain))
        authority = Authority(certificate, self._keys[row.key_label], chain)
        return IssuingAuthority(row.name, authority, AuthorityState(row.state), row.crl_shards, self._pki_url)


def add_authority(
    engine: Engine,
    name: str,
    key_label: str,
    certificate: x509.Certificate,
    chain: Sequence[x509.Certificate],
    crl_shards: int,
    now: datetime,
    journal: Journal | None = None,
) -> None:
    """Make an issuing CA known, prepared to take over.

    Raises CeremonyRefused when it is known, or its certificate is no CA's, not of ``chain`` or not in force.
    """
    _check_may_issue(certificate, chain[0], now)
    key_id = certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    row = {
        "key_id": key_id.hex(),
        "name": name,
        "key_label": key_label,
        "certificate": certificate.public_bytes(Encoding.DER),
        "chain": b"".join(one.public_bytes(Encoding.PEM) for one in chain),
        "crl_shards": crl_shards,
        "state": AuthorityState.PREPARED,
        "added_at": now,
    }
    try:
        with engine.begin() as connection:
            connection.execute(insert(table).values(row))
            if journal is not None:
                journal.append(
                    connection, Event(Action.AUTHORITY_ADDED, name, detail={"key_id": key_id.hex()})
                )
    except IntegrityError:
        raise CeremonyRefused(
            f"an issuing CA {name!r} or its key is known already", reason="签发 CA 已存在"
        ) from None


def activate(engine: Engine, name: str, now: datetime, journal: Journal | None = None) -> None:
    """From now on ``name`` issues; the CA that issued until now is retired.

    Raises AuthorityUnknown, and CeremonyRefused when its certificate is not in force.
    """
    with engine.connect() as connection:
        connection = connection.execution_options(sealbridge_writes=True)
        with connection.begin():
            kept = select(table.c.certificate).where(table.c.name == name)
            if (der := connection.execute(kept).scalar_one_or_none()) is not None:
                _check_in_force(x509.load_der_x509_certificate(der), now)
            active = table.c.state == AuthorityState.ACTIVE
            connection.execute(update(table).where(active).values(state=AuthorityState.RETIRED))
            taken_over = {"state": AuthorityState.ACTIVE, "activated_at": now}
            if connection.execute(update(table).where(table.c.name == name).values(taken_over)).rowcount != 1:
                raise AuthorityUnknown(f"no issuing CA {name!r}")
            if journal is not None:
                journal.append(connection, Event(Action.AUTHORITY_ACTIVATED, name))


def _check_may_issue(certificate: x509.Certificate, issuer: x509.Certificate, now: datetime) -> None:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        raise CeremonyRefused("not issued by the CA above it", reason="证书不是由上级 CA 签发") from None
    try:
        constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
        is_authority = constraints.ca and usage.key_cert_sign and usage.crl_sign
    except x509.ExtensionNotFound:
        is_authority = False
    if not is_authority:  # RFC 5280, sections 4.2.1.3 and 4.2.1.9
        raise CeremonyRefused("may not sign certificates and lists", reason="证书不是 CA 证书")
    _check_in_force(certificate, now)


def _check_in_force(certificate: x509.Certificate, now: datetime) -> None:
    if not certificate.not_valid_before_utc <= now < certificate.not_valid_after_utc:
        raise CeremonyRefused("not in force at this time", reason="证书尚未生效或已过期")

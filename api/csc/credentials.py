"""Certificates as credentials of the interface: a person's signing certificates, named by their serials."""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding

from api.accounts.sessions import Person
from api.certificates.power import require_power
from api.certificates.rules import CertificateState, Custody, Purpose
from api.certificates.service import Certificates, HeldCertificate
from api.csc import queries
from api.csc.errors import CscRefused, NotSwitchedOn, invalid
from api.csc.rules import ECDSA_ALGORITHMS, RSA_ALGORITHMS
from api.db import Database
from api.enterprises.errors import AdministratorNeeded, NoLongerMember, NotPermitted
from api.enterprises.rules import Permission
from api.errors import NotFound

_SERIAL: Final = re.compile(r"[0-9a-f]{1,40}")
_CUSTODIES: Final = frozenset({Custody.WRAPPED, Custody.RESIDENT})  # a key in a lock is out of reach
_POWERLESS: Final = (AdministratorNeeded, NoLongerMember, NotPermitted)
_STATUSES: Final = {CertificateState.ACTIVE: "valid"}
_CURVES: Final = {"secp256r1": "1.2.840.10045.3.1.7", "secp384r1": "1.3.132.0.34"}  # RFC 5480, 2.1.1.1
_TIME: Final = "%Y%m%d%H%M%SZ"


class Certificate(StrEnum):
    """Which certificates an answer carries."""

    NONE = "none"
    SINGLE = "single"
    CHAIN = "chain"


@dataclass(frozen=True, slots=True)
class Credential:
    """``enabled``: it can sign at this moment, given the PIN."""

    held: HeldCertificate
    enabled: bool

    @property
    def id(self) -> str:
        """The serial number of its certificate, lower-case hexadecimal."""
        return self.held.holding.serial

    @property
    def algorithms(self) -> tuple[str, ...]:
        """Object identifiers of the algorithms that it signs by."""
        return algorithms_of(self.held.certificate)

    @property
    def length(self) -> int:
        """Of the key, in bits."""
        return _key(self.held.certificate).key_size

    @property
    def curve(self) -> str | None:
        """The object identifier of the curve, of a key that has one."""
        key = _key(self.held.certificate)
        return _CURVES[key.curve.name] if isinstance(key, EllipticCurvePublicKey) else None

    @property
    def status(self) -> str:
        """Of the certificate: valid, expired, revoked or suspended."""
        return _STATUSES.get(self.held.state, self.held.state.value)

    def certificates(self, which: Certificate) -> list[str]:
        """DER in base64, its own first, then the issuing CA's, the root last."""
        own = self.held.certificate
        several = {
            Certificate.NONE: [],
            Certificate.SINGLE: [own],
            Certificate.CHAIN: [own, *self.held.chain],
        }
        return [b64encode(one.public_bytes(Encoding.DER)).decode() for one in several[which]]


def named(text: str | None) -> Certificate:
    """The parameter ``certificates``. Raises CscRefused."""
    try:
        return Certificate(text or Certificate.SINGLE)
    except ValueError:
        raise invalid("certificates") from None


def instant(at: datetime) -> str:
    """GeneralizedTime, as the interface writes it."""
    return at.strftime(_TIME)


def algorithms_of(certificate: x509.Certificate) -> tuple[str, ...]:
    """None for keys that sign no hashes (Ed25519 signs the message itself, RFC 8032)."""
    key = certificate.public_key()
    if isinstance(key, RSAPublicKey):
        return RSA_ALGORITHMS
    return ECDSA_ALGORITHMS if isinstance(key, EllipticCurvePublicKey) else ()


class Credentials:
    """Finds a person's credentials; somebody else's are answered as none at all."""

    def __init__(self, db: Database, certificates: Certificates) -> None:
        self._db = db
        self._certificates = certificates

    def listed(self, person: Person, user_id: str | None) -> list[Credential]:
        """All of them, newest first. ``user_id``: must be None, as the person is known. Raises CscRefused."""
        if user_id is not None:
            raise CscRefused("userID parameter MUST be null")
        held = [one for one in self._certificates.all_of(person) if _is_credential(one)]
        return self._with_switches(held)

    def one(self, person: Person, credential_id: str) -> Credential:
        """Raises CscRefused."""
        if _SERIAL.fullmatch(credential_id) is None:
            raise invalid("credentialID")
        try:
            held = self._certificates.one_of(person, credential_id)
        except NotFound:
            raise invalid("credentialID") from None
        if not _is_credential(held):
            raise invalid("credentialID")
        (found,) = self._with_switches([held])
        return found

    def usable(self, person: Person, credential_id: str) -> Credential:
        """One that can sign now. Raises CscRefused, NotPermitted, NoLongerMember, AdministratorNeeded,
        NotSwitchedOn."""
        found = self.one(person, credential_id)
        if found.held.state is CertificateState.EXPIRED:
            raise CscRefused("Signing certificate is expired")
        if found.held.state is not CertificateState.ACTIVE:
            raise CscRefused("Invalid certificate status")
        self._certificates.usable(person, credential_id, Permission.SEAL)
        if not found.enabled:
            raise NotSwitchedOn("the holder did not switch remote signing on")
        return found

    def _with_switches(self, held: list[HeldCertificate]) -> list[Credential]:
        with self._db.read() as tx:
            on = queries.since(tx, (one.holding.serial for one in held))
        return [
            Credential(
                one,
                one.holding.serial in on and one.state is CertificateState.ACTIVE and self._has_power(one),
            )
            for one in held
        ]

    def _has_power(self, held: HeldCertificate) -> bool:
        try:
            with self._db.read() as tx:
                require_power(tx, held.holding, Permission.SEAL)
        except _POWERLESS:
            return False
        return True


def _is_credential(held: HeldCertificate) -> bool:
    return (
        held.holding.purpose is Purpose.SIGNING
        and held.holding.custody in _CUSTODIES
        and bool(algorithms_of(held.certificate))
    )


def _key(certificate: x509.Certificate) -> RSAPublicKey | EllipticCurvePublicKey:
    key = certificate.public_key()
    assert isinstance(key, (RSAPublicKey, EllipticCurvePublicKey))  # noqa: S101 - no others are credentials
    return key

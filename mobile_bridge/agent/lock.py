"""The locks on this PC: their signing certificates, readable without a PIN, and signing with one of them."""

from __future__ import annotations

import contextlib
import hashlib
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, TypeVar

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.x509.oid import NameOID

from hsm import Module, PinState, PrivateKey, Token, TokenConfig, TokenInfo, TokenKeys, list_tokens
from hsm.errors import PinLocked, SealBridgeError, TokenGone, TokenNotFound
from mobile_bridge.agent.cms import is_signing_key
from mobile_bridge.agent.errors import DriverCrashed, DriverSilent, LocksBusy
from mobile_bridge.agent.logs import log
from mobile_bridge.agent.looking import LIMIT, Seen, look
from mobile_bridge.errors import NoCertificate, NoDriver, NoToken

_PATIENCE: Final = 90.0
"""Seconds that a call waits for its turn."""

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class LockCertificate:
    """A certificate on a lock that may sign; its key shows itself only after the PIN."""

    module: Path
    token: TokenInfo
    key_id: bytes
    der: bytes
    certificate: x509.Certificate

    @property
    def id(self) -> str:
        """A short name for forms and options: the beginning of the SHA-256 fingerprint."""
        return hashlib.sha256(self.der).hexdigest()[:16]

    @property
    def holder(self) -> str:
        """Whom it is issued to."""
        return _name(self.certificate.subject, NameOID.ORGANIZATION_NAME, NameOID.COMMON_NAME)

    @property
    def issuer(self) -> str:
        """Who issued it."""
        return _name(self.certificate.issuer, NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME)

    @property
    def ends(self) -> datetime:
        """The end of its validity."""
        return self.certificate.not_valid_after_utc

    def is_in_force(self, now: datetime) -> bool:
        """Whether ``now`` is inside its validity."""
        return self.certificate.not_valid_before_utc <= now <= self.ends


@dataclass(frozen=True, slots=True)
class LockToken:
    """A lock, whatever is on it, and the module that shows it."""

    module: Path
    info: TokenInfo

    @property
    def config(self) -> TokenConfig:
        """How to reach it."""
        return TokenConfig(self.module, self.info.label, self.info.serial, pool_size=1)


@dataclass(frozen=True, slots=True)
class Finding:
    """One module, the tokens in it, their signing certificates; ``problem`` when it cannot be used."""

    module: Path
    description: str = ""
    tokens: tuple[TokenInfo, ...] = ()
    certificates: tuple[LockCertificate, ...] = ()
    problem: SealBridgeError | None = None


class Locks:
    """All locks that the modules show. One caller at a time: a second login would be refused.

    ``limit``: seconds that a driver has to answer when it is looked at.
    """

    def __init__(self, modules: Sequence[Path], token_label: str | None = None, limit: float = LIMIT) -> None:
        self._modules = tuple(modules)
        self._label = token_label
        self._limit = limit
        self._one_at_a_time = threading.Lock()

    def survey(self) -> list[Finding]:
        """Look at every module anew, so that a lock plugged in just now is seen."""
        if not self._modules:
            return []
        with self._turn(), ThreadPoolExecutor(len(self._modules)) as eyes:
            return list(eyes.map(self._look, self._modules))

    def certificates(self) -> list[LockCertificate]:
        """The certificates that may sign, each once. Raises NoDriver, NoToken, NoCertificate.

        Where the one driver there is crashed or hangs: DriverCrashed, DriverSilent.
        """
        findings = self.survey()
        if all(finding.problem for finding in findings):
            raise _why_none(findings)
        if not any(finding.tokens for finding in findings):
            raise NoToken("no token in any slot")
        found = [each for finding in findings for each in finding.certificates]
        if not found:
            raise NoCertificate("no certificate for signing on any token")
        # A lock may show itself through two modules.
        return list({(each.token.serial, each.der): each for each in found}.values())

    def tokens(self) -> list[LockToken]:
        """The locks, each once, with or without certificates. Raises NoDriver, NoToken, DriverCrashed,
        DriverSilent."""
        findings = self.survey()
        if all(finding.problem for finding in findings):
            raise _why_none(findings)
        found = [LockToken(finding.module, each) for finding in findings for each in finding.tokens]
        if not found:
            raise NoToken("no token in any slot")
        return list({each.info.serial: each for each in reversed(found)}.values())[::-1]

    def seen_again(self, chosen: LockCertificate) -> LockCertificate:
        """The same certificate as its lock shows it now, PIN state included. Raises TokenGone."""
        with self._turn():
            finding = self._look(chosen.module)
        for each in finding.certificates:
            if (each.token.serial, each.der) == (chosen.token.serial, chosen.der):
                return each
        raise TokenGone("the lock was removed")

    def sign(
        self, chosen: LockCertificate, pin: Callable[[], str], work: Callable[[PrivateKey], Result]
    ) -> Result:
        """Log in, do ``work`` with the certificate's key, log out. The PIN is asked for once.

        Raises PinIncorrect, PinLocked, TokenGone when the lock was pulled, KeyNotFound.
        """
        lock = LockToken(chosen.module, chosen.token)
        return self.work_on(lock, pin, lambda token: work(TokenKeys(token).open_by_id(chosen.key_id)))

    def work_on(self, lock: LockToken, pin: Callable[[], str], work: Callable[[Token], Result]) -> Result:
        """Log in, do ``work`` with the lock, log out. The PIN is asked for once.

        Raises PinIncorrect, PinLocked, TokenGone when the lock was pulled.
        """
        with self._turn():
            try:
                self._refuse_locked(lock.config)
                with Token.open(lock.config, pin) as token:
                    return work(token)
            except TokenNotFound as error:
                raise TokenGone("the lock was removed") from error

    def openly(self, lock: LockToken, work: Callable[[TokenConfig], Result]) -> Result:
        """Do ``work`` with what a lock shows and takes before any PIN. Raises TokenGone."""
        with self._turn():
            try:
                Module.load(lock.module).restart()
                return work(lock.config)
            except TokenNotFound as error:
                raise TokenGone("the lock was removed") from error

    @contextlib.contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._one_at_a_time.acquire(timeout=_PATIENCE):
            raise LocksBusy(f"another work with a lock takes more than {_PATIENCE} s")
        try:
            yield
        finally:
            self._one_at_a_time.release()

    def _look(self, path: Path) -> Finding:
        try:
            seen = look(path, self._limit)
        except SealBridgeError as problem:
            log.warning("driver %s: %s", path, problem.code)
            return Finding(path, problem=problem)
        tokens = [each for each in seen.tokens if self._label in (None, each.token.label)]
        certificates = [one for each in tokens for one in _signing_certificates(path, each)]
        log.debug("driver %s: %d locks, %d certificates", path, len(tokens), len(certificates))
        return Finding(path, seen.description, tuple(each.token for each in tokens), tuple(certificates))

    def _refuse_locked(self, config: TokenConfig) -> None:
        # Some modules look at their slots once, when they are initialised.
        Module.load(config.module).restart()
        for token in list_tokens(config.module):
            if token.serial == config.serial and token.pin_state is PinState.LOCKED:
                raise PinLocked("the token says so before any try")


def _why_none(findings: Sequence[Finding]) -> SealBridgeError:
    for finding in findings:
        if isinstance(finding.problem, DriverCrashed | DriverSilent):
            return finding.problem
    return NoDriver(f"{len(findings)} PKCS#11 modules, none usable")


def _signing_certificates(module: Path, seen: Seen) -> Iterator[LockCertificate]:
    for key_id, der in seen.certificates:
        certificate = _readable(der)
        if certificate is not None and _may_sign(certificate):
            yield LockCertificate(module, seen.token, key_id, der, certificate)


def _readable(der: bytes) -> x509.Certificate | None:
    """The certificate; None for one whose form or key is not understood here (SM2 among them)."""
    try:
        certificate = x509.load_der_x509_certificate(der)
        certificate.public_key()
        certificate.extensions  # noqa: B018 - parsed when first asked for
    except (ValueError, UnsupportedAlgorithm):
        return None
    return certificate


def _may_sign(certificate: x509.Certificate) -> bool:
    """For documents (RFC 5280, section 4.2.1.3), not of a CA, with a key we can use."""
    extensions = certificate.extensions
    try:
        if extensions.get_extension_for_class(x509.BasicConstraints).value.ca:
            return False
    except x509.ExtensionNotFound:
        pass
    try:
        usage = extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return is_signing_key(certificate.public_key())
    return (usage.digital_signature or usage.content_commitment) and is_signing_key(certificate.public_key())


def _name(name: x509.Name, *kinds: x509.ObjectIdentifier) -> str:
    """The first of these attributes that is there."""
    for kind in kinds:
        if found := name.get_attributes_for_oid(kind):
            return str(found[0].value)
    return name.rfc4514_string()

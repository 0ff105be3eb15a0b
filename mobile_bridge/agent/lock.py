"""The locks on this PC: their signing certificates, readable without a PIN, and signing with one of them."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.x509.oid import NameOID

from hsm import (
    HsmError,
    Module,
    PinState,
    PrivateKey,
    Token,
    TokenConfig,
    TokenInfo,
    TokenKeys,
    list_tokens,
    public_certificates,
)
from hsm.errors import PinLocked, TokenGone, TokenNotFound
from mobile_bridge.agent.cms import is_signing_key
from mobile_bridge.errors import NoCertificate, NoDriver, NoToken

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
class Finding:
    """One module, and the tokens in it; ``problem`` when it cannot be used."""

    module: Path
    tokens: tuple[TokenInfo, ...] = ()
    problem: HsmError | None = None


class Locks:
    """All locks that the modules show. One caller at a time: a second login would be refused."""

    def __init__(self, modules: Sequence[Path], token_label: str | None = None) -> None:
        self._modules = tuple(modules)
        self._label = token_label
        self._one_at_a_time = threading.Lock()

    def survey(self) -> list[Finding]:
        """Look at every module anew, so that a lock plugged in just now is seen."""
        with self._one_at_a_time:
            return [self._look(module) for module in self._modules]

    def certificates(self) -> list[LockCertificate]:
        """The certificates that may sign, each once. Raises NoDriver, NoToken, NoCertificate."""
        findings = self.survey()
        if all(finding.problem for finding in findings):
            raise NoDriver(f"{len(findings)} PKCS#11 modules, none usable")
        if not any(finding.tokens for finding in findings):
            raise NoToken("no token in any slot")
        with self._one_at_a_time:
            found = [each for finding in findings for each in _signing_certificates(finding)]
        if not found:
            raise NoCertificate("no certificate for signing on any token")
        # A lock may show itself through two modules.
        return list({(each.token.serial, each.der): each for each in found}.values())

    def sign(
        self, chosen: LockCertificate, pin: Callable[[], str], work: Callable[[PrivateKey], Result]
    ) -> Result:
        """Log in, do ``work`` with the certificate's key, log out. The PIN is asked for once.

        Raises PinIncorrect, PinLocked, TokenGone when the lock was pulled, KeyNotFound.
        """
        config = TokenConfig(chosen.module, chosen.token.label, chosen.token.serial, pool_size=1)
        with self._one_at_a_time:
            try:
                self._refuse_locked(config)
                with Token.open(config, pin) as token:
                    return work(TokenKeys(token).open_by_id(chosen.key_id))
            except TokenNotFound as error:
                raise TokenGone("the lock was removed") from error

    def _look(self, path: Path) -> Finding:
        try:
            # Some modules look at their slots once, when they are initialised.
            Module.load(path).restart()
            tokens = (token for token in list_tokens(path) if self._label in (None, token.label))
            return Finding(path, tuple(tokens))
        except HsmError as error:
            return Finding(path, problem=error)

    def _refuse_locked(self, config: TokenConfig) -> None:
        Module.load(config.module).restart()
        for token in list_tokens(config.module):
            if token.serial == config.serial and token.pin_state is PinState.LOCKED:
                raise PinLocked("the token says so before any try")


def _signing_certificates(finding: Finding) -> list[LockCertificate]:
    found = []
    for token in finding.tokens:
        config = TokenConfig(finding.module, token.label, token.serial)
        for each in public_certificates(config):
            certificate = _readable(each.der)
            if certificate is not None and _may_sign(certificate):
                found.append(LockCertificate(finding.module, token, each.id, each.der, certificate))
    return found


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

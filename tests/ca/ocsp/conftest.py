"""A responder over the small CA, and what asks it."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from ca.issuance import IssuanceRequest, IssuedCertificate
from ca.ocsp import Answer, Presigner, Responder
from ca.own_certificates import OwnCertificates, Role
from ca.revocation import Revoker
from hsm import KeyKind, Token, TokenKeys
from tests.ca.conftest import SmallCa


@dataclass
class Asked:
    """A responder with the CA that it speaks for."""

    ca: SmallCa
    own: OwnCertificates
    responder: Responder
    presigner: Presigner
    revoker: Revoker
    request: IssuanceRequest

    def issue(self) -> IssuedCertificate:
        """A certificate with a key of its own."""
        key = ec.generate_private_key(ec.SECP256R1()).public_key()
        return self.ca.issuer.issue(replace(self.request, request_id=secrets.token_hex(8), public_key=key))

    def another(self) -> Responder:
        """As another process has it."""
        return Responder(self.ca.engine, self.ca.authorities, self.identity, self.ca.clock)

    def identity(self, issuing: Any) -> Any:
        return self.own.current(Role.OCSP, issuing)

    def ask(self, certificate: x509.Certificate, *extensions: x509.ExtensionType) -> Answer:
        return self.responder.answer(self.question(certificate, *extensions))

    def question(
        self,
        certificate: x509.Certificate,
        *extensions: x509.ExtensionType,
        algorithm: hashes.HashAlgorithm | None = None,
    ) -> bytes:
        issuer = self.ca.authority.certificate
        hashing = algorithm or hashes.SHA1()
        made = ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer, hashing)
        for extension in extensions:
            made = made.add_extension(extension, critical=False)
        return made.build().public_bytes(Encoding.DER)


@pytest.fixture
def asked(small_ca: SmallCa, a_request: IssuanceRequest, session_token: Token) -> Asked:
    own = OwnCertificates(
        small_ca.engine,
        small_ca.authorities,
        small_ca.issuer,
        _Named(TokenKeys(session_token)),  # type: ignore[arg-type]
        small_ca.clock,
        "封桥测试",
        KeyKind.P256,
    )

    def identity(issuing: Any) -> Any:
        return own.current(Role.OCSP, issuing)

    where = (small_ca.engine, small_ca.authorities, identity, small_ca.clock)
    responder, presigner = Responder(*where), Presigner(*where)
    revoker = Revoker(small_ca.ledger, small_ca.clock, lambda entry, act: responder.changed())
    return Asked(small_ca, own, responder, presigner, revoker, a_request)


class _Named:
    """Keys under names of this test's own, since all tests share one token."""

    def __init__(self, keys: TokenKeys) -> None:
        self._keys = keys
        self._prefix = secrets.token_hex(4)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        act = getattr(self._keys, name)
        return lambda label, *rest: act(f"{self._prefix}-{label}", *rest)

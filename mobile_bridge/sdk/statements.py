"""Verifying what a scan answered: the service's statement, and the approval under the person's own key.

    statement = verify_statement(answer["statement"], started, trust)
    approval = verify_approval(answer["approval"], started, trust, statement)

``started`` is what the platform kept when it asked; nothing that came with the answer is believed before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import NameOID

from mobile_bridge.sdk.errors import NotVerified
from mobile_bridge.sdk.scans import Started
from mobile_bridge.sdk.signed_claims import SignedClaims, read_signed_claims
from mobile_bridge.sdk.trust import SEALING, SIGNING, Trust

STATEMENT: Final = "sealbridge-statement+jwt"
APPROVAL: Final = "sealbridge-approval+jwt"
SIGNS_STATEMENTS: Final = x509.ObjectIdentifier("1.3.6.1.5.5.7.3.37")
"""id-kp-jwt of RFC 9509: the service's own signer has it, no subscriber's certificate does."""

_REGISTER_PREFIX: Final = "NTRCN-"  # ETSI EN 319 412-1, section 5.1.4
_MUST_EXPIRE: Final = frozenset({"login", "tool-login"})


@dataclass(frozen=True, slots=True)
class Statement:
    """What the service says of a scan; the facts of each kind are in docs/platform.md."""

    claims: Mapping[str, Any]
    signer: str
    issued_at: datetime

    def certificates(self, answer: Mapping[str, Any]) -> dict[str, x509.Certificate]:
        """The certificates of a ``bind`` or ``record`` answer that the statement vouches for, by use:
        ``signing``, ``encryption``; of several the last. Raises NotVerified."""
        vouched = {(one["use"], one["sha256"]) for one in self["certificates"]}
        found = {}
        for one in answer.get("certificates", ()):
            try:
                certificate = x509.load_pem_x509_certificate(one["pem"].encode())
            except (ValueError, KeyError, AttributeError) as error:
                raise NotVerified("malformed", "a certificate cannot be read") from error
            if (one["use"], certificate.fingerprint(SHA256()).hex()) not in vouched:
                raise NotVerified("malformed", "a certificate that the statement does not name")
            found[str(one["use"])] = certificate
        return found

    def __getitem__(self, name: str) -> Any:
        """A claim. Raises NotVerified when it is not there."""
        if name not in self.claims:
            raise NotVerified("malformed", f"the statement says nothing of {name}")
        return self.claims[name]


@dataclass(frozen=True, slots=True)
class Approval:
    """What a person approved, signed by that person's key after the PIN."""

    claims: Mapping[str, Any]
    certificate: x509.Certificate
    issued_at: datetime

    @property
    def shown(self) -> Mapping[str, Any]:
        """What the phone showed: ``title``, documents, facts, as the kind has them."""
        shown = self.claims.get("shown")
        return shown if isinstance(shown, Mapping) else {}

    @property
    def person(self) -> str:
        """The certificate's common name."""
        return _name(self.certificate, NameOID.COMMON_NAME)

    @property
    def enterprise(self) -> str:
        """The certificate's organisation; empty in a person's own."""
        return _name(self.certificate, NameOID.ORGANIZATION_NAME)

    @property
    def credit_code(self) -> str:
        """统一社会信用代码 of the organisation; empty in a person's own."""
        return _name(self.certificate, NameOID.ORGANIZATION_IDENTIFIER).removeprefix(_REGISTER_PREFIX)


def verify_statement(token: str, started: Started, trust: Trust, now: datetime | None = None) -> Statement:
    """The statement of an answer. Raises NotVerified, whose ``code`` says what does not hold."""
    at = now or datetime.now(UTC)
    read = read_signed_claims(token, STATEMENT, trust, SIGNING, at)
    check_speaks_for_service(read.certificate)
    if read.claims.get("iss") != started.issuer:
        raise NotVerified("other_issuer", f"iss is {read.claims.get('iss')!r}, expected {started.issuer}")
    _check_scan(read.claims, started)
    if started.kind in _MUST_EXPIRE and read.claims.get("exp") is None:
        raise NotVerified("malformed", "a login that never expires")
    return Statement(read.claims, _name(read.certificate, NameOID.COMMON_NAME), _issued(read))


def verify_approval(
    token: str,
    started: Started,
    trust: Trust,
    statement: Statement | None = None,
    now: datetime | None = None,
) -> Approval:
    """The approval of an answer; its certificate must name the enterprise that the statement names.

    Raises NotVerified, whose ``code`` says what does not hold.
    """
    at = now or datetime.now(UTC)
    read = read_signed_claims(token, APPROVAL, trust, SEALING, at)
    _check_scan(read.claims, started)
    approval = Approval(read.claims, read.certificate, _issued(read))
    enterprise = statement.claims.get("enterprise") if statement else None
    if enterprise and enterprise.get("credit_code") != approval.credit_code:
        raise NotVerified("other_scan", "approved for another enterprise than the statement names")
    return approval


def check_speaks_for_service(certificate: x509.Certificate) -> None:
    """Whether a certificate is the service's own signer's, not some subscriber's. Raises NotVerified."""
    try:
        usages = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        usages = x509.ExtendedKeyUsage([])
    if SIGNS_STATEMENTS not in list(usages):
        raise NotVerified("wrong_signer", "the certificate does not speak for the service")


def _check_scan(claims: Mapping[str, Any], started: Started) -> None:
    if claims.get("aud") != started.audience:
        raise NotVerified("other_audience", f"aud is {claims.get('aud')!r}, expected {started.audience}")
    expected = {
        "jti": started.id,
        "nonce": started.nonce,
        "kind": started.kind,
        "request_digest": started.request_digest,
    }
    for name, value in expected.items():
        if claims.get(name) != value:
            raise NotVerified("other_scan", f"{name} is of another scan")


def _issued(read: SignedClaims) -> datetime:
    return datetime.fromtimestamp(read.claims["iat"], UTC)


def _name(certificate: x509.Certificate, oid: x509.ObjectIdentifier) -> str:
    found = certificate.subject.get_attributes_for_oid(oid)
    return str(found[0].value) if found else ""

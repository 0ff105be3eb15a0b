"""An application side with a small CA of its own: certificates for keys on locks, in memory."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, load_der_public_key
from cryptography.x509.oid import NameOID

from hsm import PublicKey
from mobile_bridge.possession import EnrolledKeys, challenge_for, proof_of, spki
from mobile_bridge.server.enrolling import Given, Offer, Wanted
from tests.mobile_bridge.forms import FACTS

REFERENCE = "20261124-ABCDEFGH"


def named(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


SUBJECT = named(FACTS.enterprise_name)
WANTED = Wanted(
    facts=FACTS,
    reference=REFERENCE,
    key_kind="p-256",
    signing_subject=SUBJECT.rfc4514_string(),
    encryption_subject="",
    present_signing="",
    present_encryption="",
    issued=False,
)


@dataclass
class SmallCa:
    """Root alone."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @classmethod
    def new(cls) -> SmallCa:
        key = ec.generate_private_key(ec.SECP256R1())
        return cls(key, certified(key.public_key(), named("根"), key, named("根"), ca=True))

    def issue(self, public: PublicKey, subject: x509.Name = SUBJECT, *, signs: bool = True) -> bytes:
        made = certified(public, subject, self.key, self.certificate.subject, signs=signs)
        return made.public_bytes(Encoding.DER)

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(Encoding.PEM).decode()


def certified(
    public: PublicKey,
    subject: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    issuer: x509.Name,
    *,
    ca: bool = False,
    signs: bool = True,
) -> x509.Certificate:
    now = datetime.now(UTC)
    opens = not signs and not ca
    usage = x509.KeyUsage(signs and not ca, False, opens, False, opens, ca, ca, False, False)
    return (
        x509.CertificateBuilder(issuer, subject, public, x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .sign(key, hashes.SHA256())
    )


class EnrolmentDesk:
    """Implements the bridge's ``EnrolmentTasks``. The phone confirms at once while ``confirmed`` says so.

    ``spoil``: what becomes of the certificates on their way back. ``issued``: how many were made.
    """

    def __init__(self) -> None:
        self.ca = SmallCa.new()
        self.wanted_of = WANTED
        self.offers: list[Offer] = []
        self.proven = False
        self.confirmed = True
        self.given_to: Given | None = None
        self.issued = 0
        self.written_down: tuple[str, str] | None = None
        self.spoil: Callable[[Given], Given] = lambda given: given
        self._expected = ""

    def dual(self) -> None:
        self.wanted_of = replace(WANTED, key_kind="rsa-2048", encryption_subject=SUBJECT.rfc4514_string())

    def wanted(self, subject: str) -> Wanted:
        return replace(self.wanted_of, issued=self.given_to is not None)

    def offer(self, subject: str, session: str, offer: Offer, now: datetime) -> bytes:
        assert x509.load_der_x509_csr(offer.request).is_signature_valid
        self.offers.append(offer)
        if not offer.encryption_key:
            self.proven = True
            return b""
        challenge, secret = challenge_for(load_der_public_key(offer.encryption_key))
        self._expected = proof_of(secret, self._keys(offer))
        return challenge

    def prove(self, subject: str, session: str, proof: str, now: datetime) -> None:
        assert proof == self._expected
        self.proven = True

    def given(self, subject: str, now: datetime) -> Given | None:
        if self.given_to is None and self.proven and self.confirmed:
            offer = self.offers[-1]
            public: PublicKey = x509.load_der_x509_csr(offer.request).public_key()  # type: ignore[assignment]
            second = b""
            if offer.encryption_key:
                second = self.ca.issue(load_der_public_key(offer.encryption_key), signs=False)  # type: ignore[arg-type]
            self.issued += 1
            self.given_to = Given(self.ca.issue(public), second, self.ca.pem)
        return None if self.given_to is None else self.spoil(self.given_to)

    def written(self, subject: str, signing: str, encryption: str, now: datetime) -> str:
        self.written_down = signing, encryption
        return signing

    @property
    def expected(self) -> tuple[str, str]:
        """Fingerprints of what was given."""
        assert self.given_to is not None
        both = self.given_to.signing, self.given_to.encryption
        return tuple(hashlib.sha256(one).hexdigest() if one else "" for one in both)  # type: ignore[return-value]

    @staticmethod
    def _keys(offer: Offer) -> EnrolledKeys:
        signing = spki(x509.load_der_x509_csr(offer.request).public_key())
        return EnrolledKeys(REFERENCE, signing, offer.encryption_key)

"""The CMS of a PAdES baseline B-B signature, made with any key (RFC 5652; ETSI EN 319 142-1, 6.3).

Not pyHanko's, because that dumps every certificate several times over, up to a quarter of a second for one
signature. Here certificates and names go in as the bytes they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from asn1crypto import algos, cms, parser, tsp
from asn1crypto.x509 import Name
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding

from ca.errors import SigningKeyRefused
from ca.hierarchy import sign_with, spki
from hsm import PrivateKey

_FRAME: Final = 4096  # signature, attributes and names beside the certificates; RSA-4096 takes about 1,500
_UNIVERSAL, _CONSTRUCTED, _SET = 0, 1, 17


@dataclass(frozen=True, slots=True)
class SigningIdentity:
    """A private key, its certificate, and its issuers in any order.

    Raises SigningKeyRefused when the key is not the certificate's.
    """

    key: PrivateKey
    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...] = ()

    def __post_init__(self) -> None:
        if spki(self.key.public_key()) != spki(self.certificate.public_key()):
            raise SigningKeyRefused("the key is not the certificate's")

    @property
    def certificates(self) -> list[bytes]:
        """What a signature carries, in DER: all but a root, which a verifier must have from elsewhere."""
        issuers = (one for one in self.chain if one.issuer != one.subject)
        return [one.public_bytes(Encoding.DER) for one in (self.certificate, *issuers)]

    @property
    def room(self) -> int:
        """How many bytes a CMS of this identity takes at most."""
        return sum(map(len, self.certificates)) + _FRAME


def sign_cms(identity: SigningIdentity, digest: bytes, algorithm: hashes.HashAlgorithm) -> bytes:
    """A detached CMS over a document with this ``digest``, in DER. Raises whatever the key raises."""
    attributes = _attributes(identity.certificate, digest, algorithm)
    digest_algorithm = algos.DigestAlgorithm({"algorithm": algorithm.name})
    signer = cms.SignerInfo(
        {
            "version": "v1",
            "sid": _signer_identifier(identity.certificate),
            "digest_algorithm": digest_algorithm,
            "signed_attrs": attributes,
            "signature_algorithm": {"algorithm": _mechanism(identity.key, algorithm)},
            "signature": sign_with(identity.key, attributes.dump()),
        }
    )
    signed = {
        "version": "v1",
        "digest_algorithms": [digest_algorithm],
        "encap_content_info": {"content_type": "data"},
        "certificates": cms.CertificateSet.load(_set_of(identity.certificates)),
        "signer_infos": [signer],
    }
    message = cms.ContentInfo({"content_type": "signed_data", "content": cms.SignedData(signed)})
    return bytes(message.dump())


def _attributes(
    certificate: x509.Certificate, digest: bytes, algorithm: hashes.HashAlgorithm
) -> cms.CMSAttributes:
    """The three attributes of B-B. No signing-time: the signature dictionary's /M has it."""
    reference = tsp.ESSCertIDv2({"cert_hash": certificate.fingerprint(hashes.SHA256())})
    return cms.CMSAttributes(
        [
            {"type": "content_type", "values": ["data"]},
            {"type": "message_digest", "values": [digest]},
            {"type": "signing_certificate_v2", "values": [{"certs": [reference]}]},
        ]
    )


def _signer_identifier(certificate: x509.Certificate) -> cms.SignerIdentifier:
    issuer = Name.load(certificate.issuer.public_bytes())
    named = cms.IssuerAndSerialNumber({"issuer": issuer, "serial_number": certificate.serial_number})
    return cms.SignerIdentifier({"issuer_and_serial_number": named})


def _mechanism(key: PrivateKey, algorithm: hashes.HashAlgorithm) -> str:
    """The signature algorithm's name in asn1crypto."""
    if isinstance(key, RSAPrivateKey):
        return f"{algorithm.name}_rsa"
    if isinstance(key, EllipticCurvePrivateKey):
        return f"{algorithm.name}_ecdsa"
    return "ed25519"


def _set_of(members: list[bytes]) -> bytes:
    """DER of a SET OF encoded members: sorted, each once (X.690, section 11.6)."""
    return bytes(parser.emit(_UNIVERSAL, _CONSTRUCTED, _SET, b"".join(sorted(set(members)))))

"""Writing CMS SignedData of one signer (RFC 5652, section 5): signatures of documents, and time stamps.

By hand in DER, because general libraries dump certificates and names several times over, which takes them
longer than the token needs to sign. Here both go in as the bytes they are.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from ca import der
from ca.hierarchy import algorithm_identifier, sign_with
from ca.signatures import DIGEST_OIDS
from hsm import PrivateKey, TokenSm2Key

DATA: Final = der.identifier("1.2.840.113549.1.7.1")
_SIGNED_DATA: Final = der.identifier("1.2.840.113549.1.7.2")
_CONTENT_TYPE: Final = der.identifier("1.2.840.113549.1.9.3")
_MESSAGE_DIGEST: Final = der.identifier("1.2.840.113549.1.9.4")
_SIGNING_CERTIFICATE: Final = der.identifier("1.2.840.113549.1.9.16.2.47")
_SET: Final = 0x31
_CONTEXT_0: Final = 0xA0


def attribute(kind: bytes, value: bytes) -> bytes:
    """An Attribute of one value; ``kind``: its OID, DER."""
    return der.sequence(kind, set_of(value))


def set_of(*members: bytes) -> bytes:
    """A SET OF encoded members: sorted (X.690, section 11.6)."""
    return der.element(_SET, b"".join(sorted(members)))


def explicit(content: bytes) -> bytes:
    """``[0]`` around an element, or with the content of a set that it stands for."""
    return der.element(_CONTEXT_0, content)


def basic_attributes(content_type: bytes, digest: bytes, certificate: x509.Certificate) -> tuple[bytes, ...]:
    """What CAdES and time stamps sign at least: type and digest of the content, and the certificate."""
    return (
        attribute(_CONTENT_TYPE, content_type),
        attribute(_MESSAGE_DIGEST, der.octets(digest)),
        attribute(_SIGNING_CERTIFICATE, _reference(certificate)),
    )


def signer_info(
    key: PrivateKey | TokenSm2Key, certificate: x509.Certificate, digest: str, attributes: Iterable[bytes]
) -> bytes:
    """The SignerInfo; ``digest``: sha256, sha384 or sha512. Raises whatever the key raises."""
    signed = set_of(*attributes)
    return der.sequence(
        der.integer(1),
        _issuer_and_serial(certificate),
        _digest_algorithm(digest),
        # Signed under their SET OF tag, not the [0] they travel with (RFC 5652, section 5.4).
        explicit(der.read(signed).content),
        algorithm_identifier(key.public_key()),
        der.octets(sign_with(key, signed)),
    )


def signed_data(
    signer: bytes, digest: str, certificates: Sequence[x509.Certificate], content: bytes, version: int
) -> bytes:
    """The ContentInfo. ``content``: the EncapsulatedContentInfo; ``version``: 1 for data, else 3."""
    carried = b"".join(sorted({encoded(one) for one in certificates}))
    inside = der.sequence(
        der.integer(version),
        set_of(_digest_algorithm(digest)),
        content,
        explicit(carried) if carried else b"",
        set_of(signer),
    )
    return der.sequence(_SIGNED_DATA, explicit(inside))


@lru_cache(maxsize=256)
def encoded(certificate: x509.Certificate) -> bytes:
    """A certificate's DER."""
    return certificate.public_bytes(Encoding.DER)


def _digest_algorithm(name: str) -> bytes:
    return der.sequence(der.identifier(DIGEST_OIDS[name]))  # no parameters: RFC 5754, section 2


@lru_cache(maxsize=256)
def _reference(certificate: x509.Certificate) -> bytes:
    """SigningCertificateV2 with the default digest, SHA-256 (RFC 5035, section 3)."""
    digest = hashlib.sha256(encoded(certificate)).digest()
    return der.sequence(der.sequence(der.sequence(der.octets(digest))))


@lru_cache(maxsize=256)
def _issuer_and_serial(certificate: x509.Certificate) -> bytes:
    return der.sequence(certificate.issuer.public_bytes(), der.integer(certificate.serial_number))

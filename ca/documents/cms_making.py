"""The CMS of a PAdES baseline B-B signature, made with any key (RFC 5652; ETSI EN 319 142-1, 6.3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from ca import der
from ca.documents.seal_attribute import seal_attribute
from ca.errors import SigningKeyRefused
from ca.hierarchy import spki
from ca.signatures import spki_of
from ca.signed_data import DATA, basic_attributes, encoded, signed_data, signer_info
from hsm import PrivateKey, TokenSm2Key

_FRAME: Final = 4096  # signature, attributes and names beside the certificates; RSA-4096 takes about 1,500


@dataclass(frozen=True, slots=True)
class SigningIdentity:
    """A private key, its certificate, and its issuers in any order.

    Raises SigningKeyRefused when the key is not the certificate's.
    """

    key: PrivateKey | TokenSm2Key
    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...] = ()

    def __post_init__(self) -> None:
        if spki(self.key.public_key()) != spki_of(encoded(self.certificate)):
            raise SigningKeyRefused("the key is not the certificate's")

    @property
    def carried(self) -> tuple[x509.Certificate, ...]:
        """What a signature carries: all but a root, which a verifier must have from elsewhere."""
        return (self.certificate, *(one for one in self.chain if one.issuer != one.subject))

    @property
    def certificates(self) -> list[bytes]:
        """The carried certificates, in DER."""
        return [encoded(one) for one in self.carried]

    @property
    def room(self) -> int:
        """How many bytes a CMS of this identity takes at most, without a seal and a time stamp."""
        return sum(map(len, self.certificates)) + _FRAME


def sign_cms(
    identity: SigningIdentity, digest: bytes, algorithm: hashes.HashAlgorithm, seal: bytes | None = None
) -> bytes:
    """A detached CMS over a document with this ``digest``, in DER.

    ``seal``: an electronic seal to be signed with it (SESeal, DER). No signing-time: in a PDF the signature
    dictionary's /M has it. Raises Malformed (a ValueError) for what is no seal, and whatever the key raises.
    """
    attributes = basic_attributes(DATA, digest, identity.certificate)
    if seal is not None:
        attributes = (*attributes, seal_attribute(seal))
    signer = signer_info(identity.key, identity.certificate, algorithm.name, attributes)
    return signed_data(signer, algorithm.name, identity.carried, der.sequence(DATA), version=1)

"""For whom an envelope is: each recipient's part, made for a certificate and opened by its key.

RSA by OAEP (RFC 8017, RFC 4055), elliptic curves by one-use ECDH (RFC 5753). Each part names its certificate
by issuer and serial number, so that a renewed one is never taken for it.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Final

from asn1crypto import cms
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.kdf.x963kdf import X963KDF
from cryptography.hazmat.primitives.keywrap import aes_key_wrap
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from mobile_bridge.envelopes import der
from mobile_bridge.envelopes.errors import EnvelopeMalformed, RecipientUnfit

_WRAP_BYTES: Final = 32
_AES_256_WRAP: Final = der.tlv(der.SEQUENCE, der.oid("2.16.840.1.101.3.4.1.45"))
"""RFC 3565, section 2.3.2: without parameters."""

_STD_DH_SHA256: Final = der.oid("1.3.132.1.11.1")
_RSAES_OAEP: Final = der.oid("1.2.840.113549.1.1.7")
_MGF1: Final = der.oid("1.2.840.113549.1.1.8")
_EC_PUBLIC_KEY: Final = der.oid("1.2.840.10045.2.1")
_DIGESTS: Final[dict[str, tuple[bytes, hashes.HashAlgorithm]]] = {
    "sha256": (der.oid("2.16.840.1.101.3.4.2.1"), hashes.SHA256()),
    "sha1": (der.oid("1.3.14.3.2.26"), hashes.SHA1()),  # noqa: S303 - no collisions matter (RFC 8017, B.1)
}
_SMALLEST_RSA: Final = 2048


@dataclass(frozen=True, slots=True)
class Recipient:
    """A certificate to encrypt to. ``oaep``: OAEP's digest, ``sha256``, or ``sha1`` for keys in tokens that
    know no other; without meaning for elliptic curves."""

    certificate: x509.Certificate
    oaep: str = "sha256"


def recipient_info(recipient: Recipient, content_key: bytes) -> bytes:
    """The RecipientInfo (DER). Raises RecipientUnfit."""
    public = recipient.certificate.public_key()
    if isinstance(public, rsa.RSAPublicKey):
        _require(recipient.certificate, "key_encipherment")
        return _transport(recipient, public, content_key)
    if isinstance(public, ec.EllipticCurvePublicKey):
        _require(recipient.certificate, "key_agreement")
        return _agreement(recipient.certificate, public, content_key)
    raise RecipientUnfit(f"a key of the kind {type(public).__name__}")


def recipient_of(infos: tuple[bytes, ...], certificate: x509.Certificate) -> bytes | None:
    """The part that is for ``certificate``, by issuer and serial number or key identifier; None without one.

    Raises EnvelopeMalformed.
    """
    return next((one for one in infos if names(one, certificate)), None)


def names(info: bytes, certificate: x509.Certificate) -> bool:
    """Whether a RecipientInfo is for ``certificate``. Raises EnvelopeMalformed."""
    try:
        loaded = cms.RecipientInfo.load(info, strict=True)
        if loaded.name == "ktri":
            found = [loaded.chosen["rid"]]
        elif loaded.name == "kari":
            found = [one["rid"] for one in loaded.chosen["recipient_encrypted_keys"]]
        else:
            return False
        return any(_is_meant(one, certificate) for one in found)
    except Exception as error:  # hostile structures meet a reader's every exception
        raise EnvelopeMalformed("not a RecipientInfo") from error


def _is_meant(rid: cms.RecipientIdentifier, certificate: x509.Certificate) -> bool:
    if rid.name == "issuer_and_serial_number":
        issuer, serial = rid.chosen["issuer"].dump(), rid.chosen["serial_number"].native
        return bool(serial == certificate.serial_number and issuer == certificate.issuer.public_bytes())
    key_id = rid.chosen["subject_key_identifier"] if rid.name == "r_key_id" else rid.chosen
    try:
        own = certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    except x509.ExtensionNotFound:
        return False
    return bool(key_id.native == own)


def _require(certificate: x509.Certificate, usage: str) -> None:
    """RFC 5280, section 4.2.1.3: what the key may be used for, where the certificate says so."""
    try:
        said = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return
    if not getattr(said, usage):
        raise RecipientUnfit(f"the certificate is not for {usage}")


def _transport(recipient: Recipient, public: rsa.RSAPublicKey, content_key: bytes) -> bytes:
    """KeyTransRecipientInfo (RFC 5652, section 6.2.1), RSAES-OAEP-params of RFC 4055, section 4.1."""
    if public.key_size < _SMALLEST_RSA:
        raise RecipientUnfit(f"an RSA key of {public.key_size} bits")
    oid, digest = _DIGESTS[recipient.oaep]
    hashed = der.tlv(der.SEQUENCE, oid, der.NULL)
    mask = der.tlv(der.SEQUENCE, _MGF1, hashed)
    # OAEP's own defaults are SHA-1, and DER leaves defaults out.
    said = der.tlv(der.explicit(0), hashed) + der.tlv(der.explicit(1), mask)
    parameters = b"" if recipient.oaep == "sha1" else said
    encrypted = public.encrypt(content_key, padding.OAEP(padding.MGF1(digest), digest, None))
    return der.tlv(
        der.SEQUENCE,
        der.integer(0),
        _issuer_and_serial(recipient.certificate),
        der.tlv(der.SEQUENCE, _RSAES_OAEP, der.tlv(der.SEQUENCE, parameters)),
        der.tlv(der.OCTET_STRING, encrypted),
    )


def _agreement(certificate: x509.Certificate, public: ec.EllipticCurvePublicKey, content_key: bytes) -> bytes:
    """KeyAgreeRecipientInfo with a key pair that nobody keeps (RFC 5753, section 3.1.1)."""
    once = ec.generate_private_key(public.curve)
    ukm = secrets.token_bytes(16)
    derived = X963KDF(hashes.SHA256(), _WRAP_BYTES, _shared_info(ukm)).derive(
        once.exchange(ec.ECDH(), public)
    )
    point = once.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    originator = der.tlv(
        der.explicit(1),
        der.tlv(der.SEQUENCE, _EC_PUBLIC_KEY),
        der.tlv(0x03, b"\0", point),
    )
    encrypted = der.tlv(der.OCTET_STRING, aes_key_wrap(derived, content_key))
    return der.tlv(
        der.explicit(1),
        der.integer(3),
        der.tlv(der.explicit(0), originator),
        der.tlv(der.explicit(1), der.tlv(der.OCTET_STRING, ukm)),
        der.tlv(der.SEQUENCE, _STD_DH_SHA256, _AES_256_WRAP),
        der.tlv(der.SEQUENCE, der.tlv(der.SEQUENCE, _issuer_and_serial(certificate), encrypted)),
    )


def _shared_info(ukm: bytes) -> bytes:
    """ECC-CMS-SharedInfo (RFC 5753, section 7.2)."""
    bits = (_WRAP_BYTES * 8).to_bytes(4, "big")
    return der.tlv(
        der.SEQUENCE,
        _AES_256_WRAP,
        der.tlv(der.explicit(0), der.tlv(der.OCTET_STRING, ukm)),
        der.tlv(der.explicit(2), der.tlv(der.OCTET_STRING, bits)),
    )


def _issuer_and_serial(certificate: x509.Certificate) -> bytes:
    return der.tlv(der.SEQUENCE, certificate.issuer.public_bytes(), der.integer(certificate.serial_number))

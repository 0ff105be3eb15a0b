"""A recipient's part of a CMS envelope, read strictly (RFC 5652, section 6.2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from asn1crypto import cms
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from ca.envelopes.errors import RecipientMalformed, RecipientUnsupported
from ca.hierarchy import subject_key_id

MAX_RECIPIENT: Final = 4096
"""Most bytes of a RecipientInfo: RSA-4096 with a long issuer's name takes about 1,000."""


@dataclass(frozen=True, slots=True)
class RecipientId:
    """Which certificate is meant: by issuer (DER of its name) and serial number, or by key identifier."""

    issuer: bytes | None = None
    serial: int | None = None
    key_id: bytes | None = None

    def names(self, certificate: x509.Certificate) -> bool:
        """Whether ``certificate`` is meant."""
        if self.key_id is not None:
            return subject_key_id(certificate) == self.key_id
        return self.serial == certificate.serial_number and self.issuer == certificate.issuer.public_bytes()


@dataclass(frozen=True, slots=True)
class KeyTransport:
    """The content key encrypted to an RSA key (section 6.2.1). ``oaep``: digest and mask digest, None for
    PKCS #1 v1.5."""

    recipient: RecipientId
    encrypted_key: bytes
    oaep: tuple[hashes.HashAlgorithm, hashes.HashAlgorithm] | None


@dataclass(frozen=True, slots=True)
class KeyAgreement:
    """The content key wrapped under a key agreed by ECDH (RFC 5753).

    ``originator``: DER SubjectPublicKeyInfo or the bare point. ``wrap``: DER AlgorithmIdentifier of the key
    wrap, whose key has ``wrap_bytes`` bytes. ``ukm``: keying material that both sides put in, if any.
    """

    recipient: RecipientId
    encrypted_key: bytes
    originator: bytes
    kdf: hashes.HashAlgorithm
    wrap: bytes
    wrap_bytes: int
    ukm: bytes | None


Recipient = KeyTransport | KeyAgreement

_DIGESTS: Final[dict[str, hashes.HashAlgorithm]] = {
    "sha1": hashes.SHA1(),  # noqa: S303 - OAEP's default (RFC 8017, A.2.1): no collisions matter there
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}
# RFC 5753, section 7.1.4. The cofactor of the NIST curves is 1, so both primitives agree on the same.
_KDFS: Final[dict[str, hashes.HashAlgorithm]] = {
    "1.3.133.16.840.63.0.2": hashes.SHA1(),  # noqa: S303 - what OpenSSL writes unless told otherwise
    "1.3.133.16.840.63.0.3": hashes.SHA1(),  # noqa: S303
    "1.3.132.1.11.1": hashes.SHA256(),
    "1.3.132.1.14.1": hashes.SHA256(),
    "1.3.132.1.11.2": hashes.SHA384(),
    "1.3.132.1.14.2": hashes.SHA384(),
    "1.3.132.1.11.3": hashes.SHA512(),
    "1.3.132.1.14.3": hashes.SHA512(),
}
_WRAPS: Final = {"aes128_wrap": 16, "aes192_wrap": 24, "aes256_wrap": 32}  # RFC 3565, section 2.3.2


def read_recipient(der: bytes) -> Recipient:
    """A RecipientInfo. Raises RecipientMalformed, RecipientUnsupported."""
    if len(der) > MAX_RECIPIENT:
        raise RecipientMalformed(f"more than {MAX_RECIPIENT} bytes")
    try:
        info = cms.RecipientInfo.load(der, strict=True)
        # asn1crypto is lazy: all of it is read here, so that no fault shows up later.
        info.native  # noqa: B018
        if info.name == "ktri":
            return _transport(info.chosen)
        if info.name == "kari":
            return _agreement(info.chosen)
    except RecipientUnsupported:
        raise
    except Exception as error:  # hostile structures meet a reader's every exception
        raise RecipientMalformed(f"not a RecipientInfo: {type(error).__name__}") from error
    raise RecipientUnsupported(f"a recipient of the kind {info.name}")


def _transport(info: Any) -> KeyTransport:
    algorithm = info["key_encryption_algorithm"]
    name = algorithm["algorithm"].native
    if name in ("rsaes_pkcs1v15", "rsa"):
        oaep = None
    elif name == "rsaes_oaep":
        oaep = _oaep(algorithm["parameters"])
    else:
        raise RecipientUnsupported(f"{name} is no key transport that is known")
    return KeyTransport(_identifier(info["rid"]), info["encrypted_key"].native, oaep)


def _oaep(parameters: Any) -> tuple[hashes.HashAlgorithm, hashes.HashAlgorithm]:
    """Digest and mask digest of RSAES-OAEP-params (RFC 4055, section 4.1); a label is not supported."""
    label = parameters["p_source_algorithm"]["parameters"].native
    mask = parameters["mask_gen_algorithm"]
    if label or mask["algorithm"].native != "mgf1":
        raise RecipientUnsupported("OAEP with a label, or another mask than MGF1")
    return _digest(parameters["hash_algorithm"]), _digest(mask["parameters"])


def _digest(algorithm: Any) -> hashes.HashAlgorithm:
    name = algorithm["algorithm"].native
    if name not in _DIGESTS:
        raise RecipientUnsupported(f"{name} is no digest that is known")
    return _DIGESTS[name]


def _agreement(info: Any) -> KeyAgreement:
    algorithm = info["key_encryption_algorithm"]
    kdf = _KDFS.get(algorithm["algorithm"].dotted)
    if kdf is None:
        raise RecipientUnsupported("no key agreement that is known")
    wrap = cms.KeyEncryptionAlgorithm.load(algorithm["parameters"].dump(), strict=True)
    size = _WRAPS.get(wrap["algorithm"].native)
    if size is None:
        raise RecipientUnsupported("no key wrap that is known")
    keys = info["recipient_encrypted_keys"]
    if len(keys) != 1:
        raise RecipientUnsupported("one recipient's part at a time is expected")
    originator = info["originator"]
    if originator.name != "originator_key":
        raise RecipientUnsupported("the originator's key is not given itself")
    # The algorithm's parameters may be left out, as they are the recipient's (RFC 5753, section 3.1.1).
    point = originator.chosen["public_key"].native
    ukm = info["ukm"].native
    return KeyAgreement(
        _identifier(keys[0]["rid"]), keys[0]["encrypted_key"].native, point, kdf, wrap.dump(), size, ukm
    )


def _identifier(rid: Any) -> RecipientId:
    if rid.name == "issuer_and_serial_number":
        named = rid.chosen
        return RecipientId(named["issuer"].dump(), named["serial_number"].native)
    chosen = rid.chosen
    if rid.name == "r_key_id":
        chosen = chosen["subject_key_identifier"]
    return RecipientId(key_id=chosen.native)

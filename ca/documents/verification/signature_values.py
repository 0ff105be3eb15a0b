"""Whether a signature value is right: every mechanism that pyHanko knows, and SM2 with SM3 by ``ca.sm2``.

Weak digests are checked like others: that a signature is weak and that it is broken are two findings.
"""

from __future__ import annotations

from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from pyhanko_certvalidator.sig_validate import (
    DEFAULT_VALIDATION_CONTEXT,
    DefaultSignatureValidator,
    SignatureValidationContext,
)

from ca import sm2
from ca.errors import SignatureMismatch, SigningKeyRefused

SM2_OIDS: Final = frozenset(
    {
        sm2.WITH_SM3,
        "1.2.156.10197.1.301.1",  # SM2 signature, the digest named elsewhere (GM/T 0006)
        "1.2.156.10197.1.301",  # the curve's own OID, as some implementations of GM/T 0010 write it
    }
)
SM3_OID: Final = "1.2.156.10197.1.401"
_WEAK_DIGESTS: Final = frozenset({"md2", "md5", "sha1"})
_LEAST_RSA_BITS: Final = 2048


class Unknown(Exception):
    """The mechanism or the key is of a kind that cannot be checked here."""


class SignatureValues(DefaultSignatureValidator):
    """For pyHanko's certificate paths too."""

    def validate_signature(
        self,
        signature: bytes,
        signed_data: bytes,
        public_key_info: Any,
        signature_algorithm: Any,
        context: SignatureValidationContext = DEFAULT_VALIDATION_CONTEXT,
    ) -> None:
        """Raises InvalidSignature."""
        if signature_algorithm["algorithm"].dotted not in SM2_OIDS:
            super().validate_signature(signature, signed_data, public_key_info, signature_algorithm, context)
            return
        try:
            sm2.check(public_key_info.dump(), signature, signed_data)
        except (SignatureMismatch, SigningKeyRefused) as error:
            raise InvalidSignature(str(error)) from error


VALUES: Final = SignatureValues()


def is_right(signature: bytes, data: bytes, spki: Any, algorithm: Any, digest: str | None = None) -> bool:
    """Whether ``signature`` over ``data`` was made by the key ``spki``; all of asn1crypto.

    ``digest``: the one in use where the algorithm names none (rsaEncryption). Raises Unknown.
    """
    try:
        VALUES.validate_signature(signature, data, spki, algorithm, SignatureValidationContext(digest))
    except InvalidSignature as error:
        if type(error) is not InvalidSignature and "not supported" in str(error):
            raise Unknown(str(error)) from error
        return False
    except Exception as error:  # a key that no library reads, an algorithm without a digest
        raise Unknown(f"{type(error).__name__}: {error}") from error
    return True


def is_weak(digest: str, spki: Any) -> bool:
    """Whether collisions or the key's size let somebody else make such a signature."""
    if digest in _WEAK_DIGESTS:
        return True
    return spki.algorithm in ("rsa", "rsassa_pss") and spki.bit_size < _LEAST_RSA_BITS


def algorithm_name(algorithm: Any) -> str:
    """What people call a signature algorithm: rsassa_pkcs1v15, ecdsa, sm2 …; its OID where it has no name."""
    if algorithm["algorithm"].dotted in SM2_OIDS:
        return "sm2"
    try:
        return str(algorithm.signature_algo)
    except ValueError:
        return str(algorithm["algorithm"].native)

"""Signing a hash by one of the algorithms of ``rules``."""

from __future__ import annotations

from base64 import b64decode
from dataclasses import dataclass
from typing import Final

from asn1crypto import algos
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, utils
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from api.csc.errors import invalid, missing
from api.csc.rules import LENGTHS, Algorithm, Family, Hashing, chosen_hashing

_HASHES: Final[dict[Hashing, hashes.HashAlgorithm]] = {
    Hashing.SHA256: hashes.SHA256(),
    Hashing.SHA384: hashes.SHA384(),
    Hashing.SHA512: hashes.SHA512(),
}
_PARAMETERS: Final = "signAlgoParams"


@dataclass(frozen=True, slots=True)
class Scheme:
    """How hashes are to be signed. ``salt_length``: of RSASSA-PSS, in octets."""

    family: Family
    hashing: Hashing
    salt_length: int = 0


def scheme_of(
    algorithm: Algorithm, hash_algorithm: str | None, parameters: str | None, name: str, bits: int
) -> Scheme:
    """``parameters``: DER in base64, of RSASSA-PSS; ``name``: of the parameter with ``hash_algorithm``;
    ``bits``: of the key.

    Raises CscRefused.
    """
    if algorithm.family is Family.RSA_PSS:
        return _pss(parameters, bits)
    return Scheme(algorithm.family, chosen_hashing(algorithm, hash_algorithm, name))


def sign_hash(key: RSAPrivateKey | EllipticCurvePrivateKey, scheme: Scheme, digest: bytes) -> bytes:
    """A raw signature: PKCS#1 v1.5 with its DigestInfo or PSS (RFC 8017), or an ECDSA-Sig-Value in DER
    (RFC 3279, section 2.2.3). Raises HsmError."""
    algorithm = _HASHES[scheme.hashing]
    hashed = utils.Prehashed(algorithm)
    if isinstance(key, EllipticCurvePrivateKey):
        return key.sign(digest, ec.ECDSA(hashed))
    if scheme.family is Family.RSA:
        return key.sign(digest, padding.PKCS1v15(), hashed)
    return key.sign(digest, padding.PSS(padding.MGF1(algorithm), scheme.salt_length), hashed)


def _pss(parameters: str | None, bits: int) -> Scheme:
    """RSASSA-PSS-params (RFC 8017, appendix A.2.3); the mask is made with the same hash, the salt has room in
    the block (section 9.1.1)."""
    if parameters is None:
        raise missing(_PARAMETERS)
    try:
        read = algos.RSASSAPSSParams.load(b64decode(parameters, validate=True), strict=True).native
        hashing = Hashing(algos.DigestAlgorithmId.unmap(read["hash_algorithm"]["algorithm"]))
        mask = read["mask_gen_algorithm"]
        same = mask["parameters"]["algorithm"] == read["hash_algorithm"]["algorithm"]
        salt_length = int(read["salt_length"])
    except (ValueError, KeyError, TypeError):
        raise invalid(_PARAMETERS) from None
    fits = mask["algorithm"] == "mgf1" and same and read["trailer_field"] in (1, "trailer_field_bc")
    if not fits or not 0 <= salt_length <= (bits + 6) // 8 - LENGTHS[hashing] - 2:
        raise invalid(_PARAMETERS)
    return Scheme(Family.RSA_PSS, hashing, salt_length)

"""Public keys that nobody should certify, because their private keys can be found.

What is looked for costs little next to a signature. Keys that are known to be public property, from firmware
or documentation, are told by their digest in a file of the operator's.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurve, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ca.errors import CaError
from hsm import PublicKey
from hsm.errors import Kind

_LEAST_EXPONENT: Final = 65537
_MOST_EXPONENT_BITS: Final = 256  # NIST FIPS 186-5, section 5.1
_SMALL_FACTORS_BELOW: Final = 1 << 16
_FERMAT_ROUNDS: Final = 100
_ROCA_PRIMES_BELOW: Final = 168
_SMALL_SCALARS: Final = 256
# y of the eight points whose order divides 8: anybody can sign for such a key (RFC 8032, section 5.1.7).
_ED25519_PRIME: Final = (1 << 255) - 19
_ORDER_8: Final = int("7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7", 16)
_SMALL_ORDER: Final = frozenset({0, 1, _ED25519_PRIME - 1, _ORDER_8, _ED25519_PRIME - _ORDER_8})
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")


class KeyWeak(CaError):
    """The private key can be computed from the public one, or is publicly known."""

    kind = Kind.INVALID
    code = "key_weak"
    zh = "该密钥不安全，请重新生成"


def check_key(public: PublicKey) -> None:
    """Raises KeyWeak. Length and curve are the profile's business."""
    if isinstance(public, RSAPublicKey):
        numbers = public.public_numbers()
        _check_exponent(numbers.e)
        _check_modulus(numbers.n)
    elif isinstance(public, EllipticCurvePublicKey):
        if public.public_numbers().x in _small_multiples(public.curve.name):
            raise KeyWeak("the private key is a small number")
    elif isinstance(public, Ed25519PublicKey):
        _check_order(public.public_bytes(Encoding.Raw, PublicFormat.Raw))


def load_blocked(folder: Path) -> frozenset[str]:
    """Digests from ``*.txt``: one SHA-256 of a SubjectPublicKeyInfo, hexadecimal, at the start of a line."""
    lines = (line for path in sorted(folder.glob("*.txt")) for line in _lines(path))
    return frozenset(line[:64].lower() for line in lines if _DIGEST.match(line.lower()))


def _lines(path: Path) -> Iterable[str]:
    return path.read_text(encoding="utf-8", errors="replace").splitlines()


def _check_exponent(exponent: int) -> None:
    if exponent < _LEAST_EXPONENT or not exponent % 2 or exponent.bit_length() > _MOST_EXPONENT_BITS:
        raise KeyWeak(f"an odd exponent from {_LEAST_EXPONENT} is expected")


def _check_modulus(modulus: int) -> None:
    if math.gcd(modulus, _small_primes_product()) != 1:
        raise KeyWeak("the modulus has a small factor")
    if _is_roca(modulus):
        raise KeyWeak("the modulus was made by a faulty chip (CVE-2017-15361)")
    if _has_close_factors(modulus):
        raise KeyWeak("the factors of the modulus are close together (CVE-2022-26320)")


def _is_roca(modulus: int) -> bool:
    """Whether the modulus is a power of 65537 modulo every small prime, as those of the faulty library are.

    Nemec et al., The Return of Coppersmith's Attack, CCS 2017, section 2.2.
    """
    return all(modulus % prime in powers for prime, powers in _roca_subgroups())


def _has_close_factors(modulus: int) -> bool:
    """Fermat's method: finds p and q that have about the first half of their bits in common."""
    middle = math.isqrt(modulus)
    if middle * middle < modulus:
        middle += 1
    for number in range(middle, middle + _FERMAT_ROUNDS):
        rest = number * number - modulus
        if math.isqrt(rest) ** 2 == rest:
            return True
    return False


def _check_order(encoded: bytes) -> None:
    # The highest bit is the sign of x; y may be written unreduced.
    y = int.from_bytes(encoded, "little") & ((1 << 255) - 1)
    if y % _ED25519_PRIME in _SMALL_ORDER:
        raise KeyWeak("the point has a small order")


@lru_cache(maxsize=8)
def _small_multiples(curve: str) -> frozenset[int]:
    """x of the first multiples of the base point, which stand for their negatives too."""
    known: dict[str, EllipticCurve] = {"secp256r1": ec.SECP256R1(), "secp384r1": ec.SECP384R1()}
    if curve not in known:
        return frozenset()
    keys = (ec.derive_private_key(scalar, known[curve]) for scalar in range(1, _SMALL_SCALARS + 1))
    return frozenset(key.public_key().public_numbers().x for key in keys)


@lru_cache(maxsize=1)
def _small_primes_product() -> int:
    return math.prod(_primes_below(_SMALL_FACTORS_BELOW))


@lru_cache(maxsize=1)
def _roca_subgroups() -> tuple[tuple[int, frozenset[int]], ...]:
    return tuple((prime, _powers(prime)) for prime in _primes_below(_ROCA_PRIMES_BELOW) if prime > 2)


def _powers(prime: int) -> frozenset[int]:
    found, power = set[int](), 1
    while power not in found:
        found.add(power)
        power = power * 65537 % prime
    return frozenset(found)


def _primes_below(limit: int) -> list[int]:
    sieve = bytearray(b"\x01") * limit
    sieve[:2] = b"\0\0"
    for number in range(2, math.isqrt(limit) + 1):
        if sieve[number]:
            sieve[number * number :: number] = bytes(len(range(number * number, limit, number)))
    return [number for number in range(limit) if sieve[number]]

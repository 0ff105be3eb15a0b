"""Keys that nobody should certify."""

from __future__ import annotations

import math
import secrets
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from ca import key_quality
from ca.issuance import IssuanceRequest, Issuer, key_digest
from ca.key_quality import KeyWeak, check_key, load_blocked
from ca.lint import Linter
from ca.profiles import shipped_profiles
from hsm import PublicKey
from tests.ca.conftest import SmallCa

PRIMES = [number for number in range(3, 354) if all(number % other for other in range(2, number))]


def modulus_of(modulus: int, exponent: int = 65537) -> PublicKey:
    return rsa.RSAPublicNumbers(exponent, modulus).public_key()


def next_prime(number: int) -> int:
    number |= 1
    while pow(2, number - 1, number) != 1:
        number += 2
    return number


def faulty_prime() -> int:
    """Of the form that gives the faulty chips away: k * M + 65537^a mod M."""
    primorial = 2 * math.prod(PRIMES)
    most = (1 << 1024) // primorial
    while True:
        residue = pow(65537, secrets.randbelow(primorial), primorial)
        found = (most - 1 - secrets.randbelow(most // 8)) * primorial + residue
        if pow(2, found - 1, found) == 1:
            return found


def test_ordinary_keys_pass() -> None:
    for bits in (2048, 3072):
        for _ in range(3):
            check_key(rsa.generate_private_key(65537, bits).public_key())
    check_key(ec.generate_private_key(ec.SECP256R1()).public_key())


def test_a_key_of_a_faulty_chip_is_refused() -> None:
    with pytest.raises(KeyWeak, match="CVE-2017-15361"):
        check_key(modulus_of(faulty_prime() * faulty_prime()))


@pytest.mark.parametrize("apart", [2, 1 << 200, 1 << 500])
def test_a_key_with_close_factors_is_refused(apart: int) -> None:
    first = next_prime(secrets.randbits(1024) | 1 << 1023)
    with pytest.raises(KeyWeak, match="close together"):
        check_key(modulus_of(first * next_prime(first + apart)))


@pytest.mark.parametrize("factor", [3, 251, 65521])
def test_a_modulus_with_a_small_factor_is_refused(factor: int) -> None:
    with pytest.raises(KeyWeak, match="small factor"):
        check_key(modulus_of(factor * (secrets.randbits(2040) | 1 << 2039 | 1)))


def test_a_small_exponent_is_refused() -> None:
    with pytest.raises(KeyWeak, match="exponent"):
        check_key(modulus_of(rsa.generate_private_key(65537, 2048).public_key().public_numbers().n, 3))


def test_nothing_is_issued_for_a_weak_or_a_public_key(
    small_ca: SmallCa, a_request: IssuanceRequest, tmp_path: Path
) -> None:
    weak = modulus_of(faulty_prime() * faulty_prime())
    with pytest.raises(KeyWeak):
        small_ca.issuer.issue(replace(a_request, public_key=weak))
    digest = key_digest(a_request.public_key)
    (tmp_path / "firmware.txt").write_text(f"# found in a router\n{digest.upper()}  router\nnonsense\n")
    blocked = load_blocked(tmp_path)
    assert blocked == {digest}
    issuer = Issuer(
        small_ca.authorities,
        shipped_profiles(),
        small_ca.ledger,
        Linter(),
        small_ca.clock,
        blocked_keys=blocked,
    )
    with pytest.raises(KeyWeak, match="publicly known"):
        issuer.issue(a_request)
    assert small_ca.ledger.find_by_request(a_request.request_id) is None


def _edwards(one: tuple[int, int], other: tuple[int, int]) -> tuple[int, int]:
    """The sum of two points of Ed25519 (RFC 8032, section 5.1.4, in affine coordinates)."""
    prime = 2**255 - 19
    curve = -121665 * pow(121666, -1, prime)
    (x1, y1), (x2, y2) = one, other
    product = curve * x1 * x2 * y1 * y2
    x3 = (x1 * y2 + x2 * y1) * pow(1 + product, -1, prime)
    y3 = (y1 * y2 + x1 * x2) * pow(1 - product, -1, prime)
    return x3 % prime, y3 % prime


def _decoded(y: int) -> tuple[int, int]:
    prime = 2**255 - 19
    curve = -121665 * pow(121666, -1, prime)
    square = (y * y - 1) * pow(curve * y * y + 1, -1, prime) % prime
    x = pow(square, (prime + 3) // 8, prime)
    if (x * x - square) % prime:
        x = x * pow(2, (prime - 1) // 4, prime) % prime
    assert (x * x - square) % prime == 0
    return x, y


def test_ed25519_points_of_small_order_are_refused() -> None:
    prime = 2**255 - 19
    orders = {}
    for y in key_quality._SMALL_ORDER:
        point, order = _decoded(y), 1
        total = point
        while total != (0, 1):
            total, order = _edwards(total, point), order + 1
        orders[y] = order
    assert sorted(orders.values()) == [1, 2, 4, 8, 8]  # with both signs of x: all eight points
    for y in orders:
        # The sign of x does not matter, nor whether y is written unreduced.
        for written in {y, y | 1 << 255, *({y + prime} if y < 19 else ())}:
            key = ed25519.Ed25519PublicKey.from_public_bytes(written.to_bytes(32, "little"))
            with pytest.raises(KeyWeak, match="small order"):
                check_key(key)
    check_key(ed25519.Ed25519PrivateKey.generate().public_key())


@pytest.mark.parametrize("curve", [ec.SECP256R1(), ec.SECP384R1()], ids=["p-256", "p-384"])
def test_ec_keys_whose_private_key_is_a_small_number_are_refused(curve: ec.EllipticCurve) -> None:
    for scalar in (1, 2, 256, curve.group_order - 1):
        with pytest.raises(KeyWeak, match="small number"):
            check_key(ec.derive_private_key(scalar, curve).public_key())
    check_key(ec.generate_private_key(curve).public_key())

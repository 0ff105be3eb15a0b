"""Keys that nobody should certify."""

from __future__ import annotations

import math
import secrets
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

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

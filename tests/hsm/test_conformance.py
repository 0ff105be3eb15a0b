"""What every key store promises, whatever holds the keys."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, utils
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from hsm import KeyKind, KeyUse, PrivateKey
from hsm.errors import KeyExists, KeyNotFound, KeyUseRefused
from tests.hsm.conftest import Bench

RSA = [KeyKind.RSA_2048, KeyKind.RSA_3072, KeyKind.RSA_4096]
CURVES = [KeyKind.P256, KeyKind.P384]
MESSAGE = "招标文件".encode() * 500


def rsa(bench: Bench, kind: KeyKind, use: KeyUse = KeyUse.SIGN) -> RSAPrivateKey:
    key = bench.key(kind, use)
    assert isinstance(key, RSAPrivateKey)
    return key


def elliptic(bench: Bench, kind: KeyKind, use: KeyUse = KeyUse.SIGN) -> EllipticCurvePrivateKey:
    key = bench.key(kind, use)
    assert isinstance(key, EllipticCurvePrivateKey)
    return key


@pytest.mark.parametrize("kind", RSA)
@pytest.mark.parametrize(
    "algorithm", [hashes.SHA256(), hashes.SHA384(), hashes.SHA512()], ids=lambda a: a.name
)
def test_rsa_pkcs1_signatures(bench: Bench, kind: KeyKind, algorithm: hashes.HashAlgorithm) -> None:
    key = rsa(bench, kind)
    signature = key.sign(MESSAGE, padding.PKCS1v15(), algorithm)
    key.public_key().verify(signature, MESSAGE, padding.PKCS1v15(), algorithm)


@pytest.mark.parametrize("salt", [32, padding.PSS.DIGEST_LENGTH], ids=["32 bytes", "digest length"])
def test_rsa_pss_signatures(bench: Bench, salt: int) -> None:
    key = rsa(bench, KeyKind.RSA_2048)
    scheme = padding.PSS(padding.MGF1(hashes.SHA256()), salt)
    key.public_key().verify(key.sign(MESSAGE, scheme, hashes.SHA256()), MESSAGE, scheme, hashes.SHA256())


@pytest.mark.parametrize("kind", CURVES)
@pytest.mark.parametrize(
    "algorithm", [hashes.SHA256(), hashes.SHA384(), hashes.SHA512()], ids=lambda a: a.name
)
def test_ecdsa_signatures_also_of_longer_digests(
    bench: Bench, kind: KeyKind, algorithm: hashes.HashAlgorithm
) -> None:
    key = elliptic(bench, kind)
    signature = key.sign(MESSAGE, ec.ECDSA(algorithm))
    key.public_key().verify(signature, MESSAGE, ec.ECDSA(algorithm))


def test_ed25519_signatures(bench: Bench) -> None:
    key = bench.key(KeyKind.ED25519)
    assert isinstance(key, Ed25519PrivateKey)
    key.public_key().verify(key.sign(MESSAGE), MESSAGE)


def test_prehashed_input(bench: Bench) -> None:
    digest, prehashed = hashlib.sha256(MESSAGE).digest(), utils.Prehashed(hashes.SHA256())
    rsa_key, ec_key = rsa(bench, KeyKind.RSA_2048), elliptic(bench, KeyKind.P256)
    signature = rsa_key.sign(digest, padding.PKCS1v15(), prehashed)
    rsa_key.public_key().verify(signature, MESSAGE, padding.PKCS1v15(), hashes.SHA256())
    signature = ec_key.sign(digest, ec.ECDSA(prehashed))
    ec_key.public_key().verify(signature, MESSAGE, ec.ECDSA(hashes.SHA256()))


@pytest.mark.parametrize(
    "scheme",
    [
        padding.PKCS1v15(),
        padding.OAEP(padding.MGF1(hashes.SHA1()), hashes.SHA1(), None),
        padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None),
    ],
    ids=["PKCS1v15", "OAEP-SHA1", "OAEP-SHA256"],
)
def test_rsa_decryption(bench: Bench, scheme: padding.AsymmetricPadding) -> None:
    if bench.name != "TPM" and isinstance(scheme, padding.OAEP) and scheme.algorithm.name != "sha1":
        pytest.skip("SoftHSM 2.6.1 does OAEP with SHA-1 only")
    key = rsa(bench, KeyKind.RSA_2048, KeyUse.DECRYPT)
    assert key.decrypt(key.public_key().encrypt(b"content key", scheme), scheme) == b"content key"


@pytest.mark.parametrize("kind", CURVES)
def test_ecdh(bench: Bench, kind: KeyKind) -> None:
    key = elliptic(bench, kind, KeyUse.DECRYPT)
    for _ in range(20):  # a shared secret that begins with zero bytes must stay as wide as the field
        other = ec.generate_private_key(key.curve)
        assert key.exchange(ec.ECDH(), other.public_key()) == other.exchange(ec.ECDH(), key.public_key())


@pytest.mark.parametrize("kind", [KeyKind.RSA_2048, KeyKind.P256, KeyKind.P384, KeyKind.ED25519])
def test_x509_builders_sign_on_the_token(bench: Bench, kind: KeyKind) -> None:
    key = bench.key(kind)
    algorithm = None if kind is KeyKind.ED25519 else hashes.SHA256()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "阳光建设")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=1))
        .sign(key, algorithm)
    )
    certificate.verify_directly_issued_by(certificate)
    assert x509.CertificateSigningRequestBuilder(name).sign(key, algorithm).is_signature_valid
    crl = x509.CertificateRevocationListBuilder(name, now, now + timedelta(days=1)).sign(key, algorithm)
    assert crl.is_signature_valid(key.public_key())


def test_a_key_is_found_again(bench: Bench) -> None:
    label, key = bench.labelled(KeyKind.P256)
    again = bench.reopen().open(label)
    assert again.public_key() == key.public_key()
    assert isinstance(again, EllipticCurvePrivateKey)
    again.public_key().verify(
        again.sign(MESSAGE, ec.ECDSA(hashes.SHA256())), MESSAGE, ec.ECDSA(hashes.SHA256())
    )


def test_an_unknown_label_is_said_so(bench: Bench) -> None:
    with pytest.raises(KeyNotFound):
        bench.store.open("no such key")


def test_a_label_is_never_taken_twice(bench: Bench) -> None:
    label, key = bench.labelled(KeyKind.P256)
    with pytest.raises(KeyExists):
        bench.store.generate(label, KeyKind.P256)
    assert bench.store.open(label).public_key() == key.public_key()


@pytest.mark.parametrize("kind", [KeyKind.RSA_2048, KeyKind.P256])
def test_the_private_key_cannot_be_read(bench: Bench, kind: KeyKind) -> None:
    key: PrivateKey = bench.key(kind)
    assert not isinstance(key, Ed25519PrivateKey)
    with pytest.raises(UnsupportedAlgorithm):
        key.private_numbers()
    with pytest.raises(UnsupportedAlgorithm):
        key.private_bytes(Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


def test_a_signing_key_does_not_decrypt(bench: Bench) -> None:
    key = rsa(bench, KeyKind.RSA_2048)
    if bench.name == "TPM":
        pytest.skip("tpm2-pkcs11 signs PKCS#1 v1.5 by raw decryption")
    with pytest.raises(KeyUseRefused):
        key.decrypt(key.public_key().encrypt(b"x", padding.PKCS1v15()), padding.PKCS1v15())


def test_a_decryption_key_does_not_sign(bench: Bench) -> None:
    key = elliptic(bench, KeyKind.P256, KeyUse.DECRYPT)
    with pytest.raises(KeyUseRefused):
        key.sign(MESSAGE, ec.ECDSA(hashes.SHA256()))


def test_a_signing_key_agrees_on_no_secret(bench: Bench) -> None:
    key = elliptic(bench, KeyKind.P256)
    with pytest.raises(KeyUseRefused):
        key.exchange(ec.ECDH(), key.public_key())

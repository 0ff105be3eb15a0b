"""Pairs made on a person's own lock: found again, certified, cleared away; on SoftHSM2 and on a TPM."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from pkcs11 import Attribute
from pkcs11.constants import ObjectClass

from hsm import (
    EnrolledPairs,
    HsmError,
    KeyKind,
    KeyUse,
    PublicKey,
    Token,
    TokenConfig,
    TokenKeys,
    certify_openly,
    init_token,
    list_tokens,
    public_certificates,
    public_keys,
)
from hsm.errors import (
    CertificateMisplaced,
    KeyCertified,
    KeyExists,
    KeyGenerationMissing,
    KeyNotFound,
    LoginNeeded,
    TokenFull,
    TokenGone,
    TokenReadOnly,
)
from hsm.session import Session
from tests.support.faulty_lock import FaultyLock
from tests.support.tpm import TpmToken

PIN = "lock-pin-1"
LABEL = "临沂阳光建设有限公司 签名密钥"


@pytest.fixture(scope="module")
def lock(softhsm: Path) -> Iterator[Token]:
    label = f"锁-{secrets.token_hex(4)}"
    init_token(softhsm, label, "so-pin-12345", PIN)
    with Token.open(TokenConfig(softhsm, label), lambda: PIN) as token:
        yield token


@pytest.fixture(params=["lock", "tpm"])
def token(request: pytest.FixtureRequest) -> Token:
    found: Token = request.getfixturevalue(request.param)
    return found


def an_id() -> bytes:
    return b"SB" + secrets.token_bytes(18)


def certificate(public: PublicKey) -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "临沂阳光建设有限公司")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, public, x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=1))
        .sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256())
    )
    return made.public_bytes(Encoding.DER)


@pytest.mark.parametrize("kind", [KeyKind.RSA_2048, KeyKind.P256])
def test_a_pair_is_made_once_certified_and_found_by_its_certificate(token: Token, kind: KeyKind) -> None:
    pairs, key_id = EnrolledPairs(token), an_id()
    assert pairs.find(key_id) is None
    made = pairs.ensure(key_id, LABEL, kind, KeyUse.SIGN)
    again = pairs.ensure(key_id, LABEL, kind, KeyUse.SIGN)
    assert again.public_key() == made.public_key()
    assert key_id in pairs.orphans(b"SB")

    der = certificate(made.public_key())
    for _ in range(2):
        pairs.certify(key_id, LABEL, der)
    written = [one for one in token.certificates() if one.id == key_id]
    assert [(one.label, one.der) for one in written] == [(LABEL, der)]
    assert key_id not in pairs.orphans(b"SB")
    with pytest.raises(KeyCertified):
        pairs.destroy(key_id)

    opened = TokenKeys(token).open_by_id(key_id)
    if isinstance(opened, RSAPrivateKey):
        opened.public_key().verify(
            opened.sign(b"m", padding.PKCS1v15(), hashes.SHA256()), b"m", padding.PKCS1v15(), hashes.SHA256()
        )


def test_the_private_half_never_leaves(token: Token) -> None:
    key_id = an_id()
    EnrolledPairs(token).ensure(key_id, LABEL, KeyKind.P256, KeyUse.SIGN)

    def work(session: Session) -> list[bool]:
        private = session.private_key(key_id)
        return [bool(private[one]) for one in (Attribute.SENSITIVE, Attribute.EXTRACTABLE, Attribute.PRIVATE)]

    assert token.run(work) == [True, False, True]


def test_a_key_that_opens_envelopes(token: Token) -> None:
    key = EnrolledPairs(token).ensure(an_id(), "加密密钥", KeyKind.RSA_2048, KeyUse.DECRYPT)
    assert isinstance(key, RSAPrivateKey)
    sealed = key.public_key().encrypt(b"content key", padding.PKCS1v15())
    assert key.decrypt(sealed, padding.PKCS1v15()) == b"content key"


def test_half_a_pair_is_made_anew(token: Token) -> None:
    """A crash between the two objects of a pair."""
    pairs, key_id = EnrolledPairs(token), an_id()
    first = pairs.ensure(key_id, LABEL, KeyKind.P256, KeyUse.SIGN).public_key()
    if token.is_tpm:
        pytest.skip("a TPM makes and keeps both halves as one object")
    token.change(lambda session: session.find(ObjectClass.PUBLIC_KEY, key_id).destroy())
    assert pairs.find(key_id) is None
    again = pairs.ensure(key_id, LABEL, KeyKind.P256, KeyUse.SIGN)
    assert again.public_key() != first
    assert isinstance(again, ec.EllipticCurvePrivateKey)
    again.sign(b"m", ec.ECDSA(hashes.SHA256()))


def test_an_orphan_is_destroyed(token: Token) -> None:
    pairs, key_id = EnrolledPairs(token), an_id()
    pairs.ensure(key_id, LABEL, KeyKind.P256, KeyUse.SIGN)
    pairs.destroy(key_id)
    assert pairs.find(key_id) is None
    with pytest.raises(KeyNotFound):
        pairs.destroy(key_id)


def test_a_certificate_goes_nowhere_but_beside_its_own_key(token: Token) -> None:
    pairs, key_id = EnrolledPairs(token), an_id()
    pairs.ensure(key_id, LABEL, KeyKind.P256, KeyUse.SIGN)
    foreign = certificate(ec.generate_private_key(ec.SECP256R1()).public_key())
    with pytest.raises(CertificateMisplaced):
        pairs.certify(key_id, LABEL, foreign)
    with pytest.raises(KeyNotFound):
        pairs.certify(an_id(), LABEL, foreign)
    assert all(one.der != foreign for one in token.certificates())


def test_an_id_is_one_keys(lock: Token) -> None:
    pairs, key_id = EnrolledPairs(lock), an_id()
    pairs.ensure(key_id, LABEL, KeyKind.P256, KeyUse.SIGN)
    with pytest.raises(KeyExists):
        pairs.ensure(key_id, LABEL, KeyKind.RSA_2048, KeyUse.SIGN)


def test_without_a_pin_certificates_are_written_where_the_token_allows_it(softhsm: Path) -> None:
    label, key_id = f"锁-{secrets.token_hex(4)}", an_id()
    init_token(softhsm, label, "so-pin-12345", PIN)
    config = TokenConfig(softhsm, label)
    with Token.open(config, lambda: PIN) as token:
        public = EnrolledPairs(token).ensure(key_id, LABEL, KeyKind.P256, KeyUse.SIGN).public_key()
    assert public_keys(config) == {key_id: public}
    der = certificate(public)
    with pytest.raises(CertificateMisplaced):
        certify_openly(
            config, key_id, LABEL, certificate(ec.generate_private_key(ec.SECP256R1()).public_key())
        )
    with pytest.raises(LoginNeeded):
        certify_openly(config, an_id(), LABEL, der)
    certify_openly(config, key_id, LABEL, der)
    assert [(one.id, one.der) for one in public_certificates(config)] == [(key_id, der)]


def test_a_tpm_takes_a_certificate_with_or_without_the_pin(tpm: Token, tpm_lock: TpmToken) -> None:
    pairs, key_id = EnrolledPairs(tpm), an_id()
    der = certificate(pairs.ensure(key_id, LABEL, KeyKind.P256, KeyUse.SIGN).public_key())
    try:
        certify_openly(TokenConfig(tpm_lock.module, tpm_lock.label), key_id, LABEL, der)
    except LoginNeeded:
        pairs.certify(key_id, LABEL, der)
    assert [one.der for one in tpm.certificates() if one.id == key_id] == [der]


@pytest.fixture
def faulty(failing: FaultyLock) -> Iterator[tuple[FaultyLock, Callable[[], Token]]]:
    label = f"faulty-{secrets.token_hex(4)}"
    init_token(failing.module, label, "so-pin-12345", PIN)
    opened: list[Token] = []

    def open_token() -> Token:
        opened.append(Token.open(TokenConfig(failing.module, label, pool_size=1), lambda: PIN))
        return opened[-1]

    yield failing, open_token
    failing.now("")
    for token in opened:
        token.close()


@pytest.mark.parametrize(
    ("fault", "refusal"),
    [
        ("full", TokenFull),
        ("read-only", TokenReadOnly),
        ("no-generation", KeyGenerationMissing),
        ("pulled-after-key", TokenGone),
    ],
)
def test_what_a_lock_refuses_is_said_so(
    faulty: tuple[FaultyLock, Callable[[], Token]], fault: str, refusal: type[HsmError]
) -> None:
    lock, open_token = faulty
    lock.now(fault)
    with pytest.raises(refusal):
        EnrolledPairs(open_token()).ensure(an_id(), LABEL, KeyKind.P256, KeyUse.SIGN)


def test_a_full_lock_takes_no_certificate_and_keeps_its_key(
    faulty: tuple[FaultyLock, Callable[[], Token]],
) -> None:
    lock, open_token = faulty
    pairs, key_id = EnrolledPairs(open_token()), an_id()
    der = certificate(pairs.ensure(key_id, LABEL, KeyKind.P256, KeyUse.SIGN).public_key())
    lock.now("full")
    with pytest.raises(TokenFull):
        pairs.certify(key_id, LABEL, der)
    lock.now("")
    pairs.certify(key_id, LABEL, der)


def test_a_lock_pulled_after_its_key_was_made_has_it_when_it_is_put_back(
    faulty: tuple[FaultyLock, Callable[[], Token]],
) -> None:
    lock, open_token = faulty
    token, key_id = open_token(), an_id()
    lock.now("pulled-after-key")
    with pytest.raises(TokenGone):
        EnrolledPairs(token).ensure(key_id, LABEL, KeyKind.P256, KeyUse.SIGN)
    lock.now("")
    token.close()
    pairs = EnrolledPairs(open_token())
    found = pairs.find(key_id)
    assert found is not None
    made = pairs.ensure(key_id, LABEL, KeyKind.P256, KeyUse.SIGN)
    assert made.public_key() == found.public_key()


def test_a_write_protected_lock_still_shows_what_it_has(
    faulty: tuple[FaultyLock, Callable[[], Token]],
) -> None:
    lock, open_token = faulty
    key_id = an_id()
    with open_token() as token:
        EnrolledPairs(token).ensure(key_id, LABEL, KeyKind.P256, KeyUse.SIGN)
    lock.now("read-only")
    assert not any(one.writable for one in list_tokens(lock.module))
    with open_token() as token:
        key = TokenKeys(token).open_by_id(key_id)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        key.sign(b"m", ec.ECDSA(hashes.SHA256()))

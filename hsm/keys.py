"""Private keys in a token, as the key classes of ``cryptography``.

Because a token key *is* such a key, ``CertificateBuilder``, ``CertificateRevocationListBuilder``,
``OCSPResponseBuilder`` and everything else that takes a private key signs on the token unchanged.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NoReturn, Protocol, Self, TypeVar

import pkcs11
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, utils
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from pkcs11 import KDF, Attribute, KeyType, Mechanism

from hsm.cryptoki import CkMechanism, KeyFunctionNotPermitted, PssParameters, mechanism
from hsm.errors import CiphertextRefused, MechanismMissing
from hsm.mechanisms import DIGEST_INFO, DIGESTS, digest_of
from hsm.public_keys import PublicKey
from hsm.session import Session

Result = TypeVar("Result")
PrivateKey = RSAPrivateKey | EllipticCurvePrivateKey | Ed25519PrivateKey
Buffer = bytes | bytearray | memoryview
_RSA_PKCS: Final = mechanism(Mechanism.RSA_PKCS)
_ECDSA: Final = mechanism(Mechanism.ECDSA)
_EDDSA: Final = mechanism(Mechanism.EDDSA)
_PROBE: Final = b"in order"
RsaDigest = utils.Prehashed | hashes.HashAlgorithm | utils.NoDigestInfo


class KeyAccess(Protocol):
    """Gives a private key object of the token for the length of one operation."""

    def use(self, operation: Callable[[Session, Any], Result]) -> Result:
        """Call ``operation`` with a session and the PKCS#11 object in it; raises HsmError."""
        ...

    def sign(self, mechanism: CkMechanism, data: bytes, room: int) -> bytes:
        """A signature of at most ``room`` bytes over what the mechanism takes; raises HsmError."""
        ...


class _StaysInToken:
    """What every token key refuses: to be read."""

    def private_numbers(self) -> NoReturn:
        raise UnsupportedAlgorithm("the private key does not leave its token")

    def private_bytes(
        self,
        encoding: serialization.Encoding,
        format: serialization.PrivateFormat,
        encryption_algorithm: serialization.KeySerializationEncryption,
    ) -> NoReturn:
        raise UnsupportedAlgorithm("the private key does not leave its token")

    def private_bytes_raw(self) -> NoReturn:
        raise UnsupportedAlgorithm("the private key does not leave its token")

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self


class TokenRSAKey(_StaysInToken, RSAPrivateKey):
    """An RSA key in a token: PKCS#1 v1.5 and PSS signatures, PKCS#1 v1.5 and OAEP decryption (RFC 8017)."""

    def __init__(self, access: KeyAccess, public: RSAPublicKey) -> None:
        self._access = access
        self._public = public

    @property
    def key_size(self) -> int:
        """Length of the modulus in bits."""
        return self._public.key_size

    def public_key(self) -> RSAPublicKey:
        """The public half, a software key."""
        return self._public

    def sign(self, data: bytes, padding: padding.AsymmetricPadding, algorithm: RsaDigest) -> bytes:
        """Sign ``data`` (hashed here unless Prehashed). Raises MechanismMissing for other paddings."""
        made, block = _rsa_signature(self._public, bytes(data), padding, algorithm)
        return self._access.sign(made, block, (self.key_size + 7) // 8)

    def decrypt(self, ciphertext: bytes, padding: padding.AsymmetricPadding) -> bytes:
        """Decrypt one block; the padding is taken off by the token.

        Raises CiphertextRefused for a block that does not decrypt, MechanismMissing, HsmError.
        """
        mechanism, parameters = _rsa_encryption(padding)

        def decrypted(key: Any, block: bytes) -> bytes:
            act = _able(key, "decrypt")
            return bytes(act(block, mechanism=mechanism, mechanism_param=parameters))

        def work(_: Session, key: Any) -> bytes:
            try:
                return decrypted(key, bytes(ciphertext))
            except pkcs11.ArgumentsBad as exc:  # SoftHSM 2.6.1 for OAEP with other digests than SHA-1
                raise MechanismMissing("the token does not take these parameters") from exc
            except pkcs11.PKCS11Error as exc:
                # Modules say the same of a broken block and of a broken token; a block of our own tells.
                decrypted(key, self._public.encrypt(_PROBE, padding))
                raise CiphertextRefused("the block does not decrypt with this key") from exc

        return self._access.use(work)


class TokenECKey(_StaysInToken, EllipticCurvePrivateKey):
    """A P-256 or P-384 key in a token: ECDSA signatures (DER) and ECDH."""

    def __init__(self, access: KeyAccess, public: EllipticCurvePublicKey) -> None:
        self._access = access
        self._public = public

    @property
    def curve(self) -> ec.EllipticCurve:
        """The curve the key is on."""
        return self._public.curve

    @property
    def key_size(self) -> int:
        """Length of the curve's order in bits."""
        return self._public.key_size

    def public_key(self) -> EllipticCurvePublicKey:
        """The public half, a software key."""
        return self._public

    def sign(self, data: Buffer, signature_algorithm: ec.EllipticCurveSignatureAlgorithm) -> bytes:
        """ECDSA over ``data``, as a DER SEQUENCE of r and s."""
        if not isinstance(signature_algorithm, ec.ECDSA):
            raise MechanismMissing(f"{type(signature_algorithm).__name__} is not supported")
        size = (self.key_size + 7) // 8
        # FIPS 186-5 section 6.4.1: the leftmost bits of a longer digest; some tokens refuse to cut it.
        digest = _digest(bytes(data), signature_algorithm.algorithm)[:size]
        raw = self._access.sign(_ECDSA, digest, 2 * size)
        middle = len(raw) // 2  # r and s side by side (PKCS#11 v2.40, section 2.3.1)
        return utils.encode_dss_signature(
            int.from_bytes(raw[:middle], "big"), int.from_bytes(raw[middle:], "big")
        )

    def exchange(self, algorithm: ec.ECDH, peer_public_key: EllipticCurvePublicKey) -> bytes:
        """The x coordinate of the shared point, as wide as the field (SEC 1, section 3.3.1)."""
        point = peer_public_key.public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        )
        return self._access.use(lambda _, key: _derive(key, point, (self.key_size + 7) // 8))


class TokenEd25519Key(_StaysInToken, Ed25519PrivateKey):
    """An Ed25519 key in a token (RFC 8032)."""

    def __init__(self, access: KeyAccess, public: Ed25519PublicKey) -> None:
        self._access = access
        self._public = public

    def public_key(self) -> Ed25519PublicKey:
        """The public half, a software key."""
        return self._public

    def sign(self, data: Buffer) -> bytes:
        """A 64-byte signature; the algorithm hashes twice, so the whole of ``data`` travels to the token."""
        return self._access.sign(_EDDSA, bytes(data), 64)


def token_key(access: KeyAccess, public: PublicKey) -> PrivateKey:
    """The key class that fits the public half."""
    if isinstance(public, RSAPublicKey):
        return TokenRSAKey(access, public)
    if isinstance(public, EllipticCurvePublicKey):
        return TokenECKey(access, public)
    return TokenEd25519Key(access, public)


def _digest(data: bytes, algorithm: hashes.HashAlgorithm | utils.Prehashed) -> bytes:
    return data if isinstance(algorithm, utils.Prehashed) else digest_of(algorithm, data)


def _rsa_signature(
    public: RSAPublicKey, data: bytes, scheme: padding.AsymmetricPadding, algorithm: RsaDigest
) -> tuple[CkMechanism, bytes]:
    if isinstance(algorithm, utils.NoDigestInfo):
        return _RSA_PKCS, data
    inner = algorithm._algorithm if isinstance(algorithm, utils.Prehashed) else algorithm
    if inner.name not in DIGESTS:
        raise MechanismMissing(f"{inner.name} is not supported")
    digest = _digest(data, algorithm)
    if isinstance(scheme, padding.PKCS1v15):
        return _RSA_PKCS, DIGEST_INFO[inner.name] + digest
    if isinstance(scheme, padding.PSS):
        # Always in full: modules disagree about what a missing parameter means.
        hashing, mask = DIGESTS[inner.name][0], DIGESTS[scheme.mgf._algorithm.name][1]
        parameters = PssParameters(hashing, mask, _salt_length(public, scheme, inner))
        return mechanism(Mechanism.RSA_PKCS_PSS, parameters), digest
    raise MechanismMissing(f"{scheme.name} is not a signature padding")


def _salt_length(public: RSAPublicKey, scheme: padding.PSS, algorithm: hashes.HashAlgorithm) -> int:
    asked = scheme._salt_length
    if isinstance(asked, int):
        return asked
    if asked is padding.PSS.MAX_LENGTH:
        return padding.calculate_max_pss_salt_length(public, algorithm)
    return algorithm.digest_size


def _rsa_encryption(scheme: padding.AsymmetricPadding) -> tuple[Mechanism, Any]:
    if isinstance(scheme, padding.PKCS1v15):
        return Mechanism.RSA_PKCS, None
    if isinstance(scheme, padding.OAEP) and scheme.algorithm.name in DIGESTS:
        mechanism, mask = DIGESTS[scheme.algorithm.name][0], DIGESTS[scheme.mgf._algorithm.name][1]
        return Mechanism.RSA_PKCS_OAEP, (mechanism, mask, scheme._label or None)
    raise MechanismMissing(f"{scheme.name} is not a supported encryption padding")


def _able(key: Any, act: str) -> Callable[..., Any]:
    # The binding leaves out the methods of what a key may not do.
    found: Callable[..., Any] | None = getattr(key, act, None)
    if found is None:
        raise KeyFunctionNotPermitted(f"the key may not {act}")
    return found


def _derive(key: Any, point: bytes, length: int) -> bytes:
    shared = _able(key, "derive_key")(
        KeyType.GENERIC_SECRET,
        length * 8,
        mechanism=Mechanism.ECDH1_DERIVE,
        mechanism_param=(KDF.NULL, None, point),
        # The secret is the caller's to use: it is read once and the object destroyed.
        template={Attribute.SENSITIVE: False, Attribute.EXTRACTABLE: True},
    )
    try:
        return bytes(shared[Attribute.VALUE]).rjust(length, b"\0")
    finally:
        shared.destroy()

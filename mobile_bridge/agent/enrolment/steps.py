"""The steps of one enrolment, as the page and the terminal walk them.

    enrolment = LockEnrolment(client, locks)     # enrolment.wanted: for whom, which keys
    enrolment.make(lock, pin)                    # pairs on the lock, offered with proof; enrolment.keys.check
    enrolment.fetch()                            # False until the phone has confirmed
    enrolment.write(lock, pin)                   # checked, on the lock, and the server knows

Nothing is kept on this PC. A pair is found again on the lock by its id, which follows from the enrolment; a
certificate is at the server. Killed anywhere, the same steps go on with the same pair and certificate.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import AttributeOID, NameOID

from hsm import EnrolledPairs, KeyKind, KeyUse, PrivateKey, Token, TokenConfig, certify_openly, public_keys
from hsm.errors import KeyNotFound, LoginNeeded
from mobile_bridge import wire
from mobile_bridge.agent.enrolment.pairs import PairName, Purpose, pair_name
from mobile_bridge.agent.enrolment.returned import Returned, check_returned
from mobile_bridge.agent.errors import KeyNotOnLock, KeyUnsupported
from mobile_bridge.agent.lock import Locks, LockToken
from mobile_bridge.agent.logs import log
from mobile_bridge.agent.server_client import ServerClient
from mobile_bridge.errors import SessionNotReady
from mobile_bridge.possession import EnrolledKeys, open_challenge, proof_of, spki

Pin = Callable[[], str]


@dataclass(frozen=True, slots=True)
class _Pair:
    name: PairName
    key: PrivateKey


class LockEnrolment:
    """One claimed session in which a lock gets its certificates. ``same_key``: a renewal goes on with the
    pair of the present certificate instead of making one."""

    def __init__(self, client: ServerClient, locks: Locks, *, same_key: bool = False) -> None:
        self._client = client
        self._locks = locks
        self._same_key = same_key
        self.wanted = client.enrolment()
        self.keys: EnrolledKeys | None = None
        self.returned: Returned | None = None

    @property
    def server(self) -> str:
        """The server that gives."""
        return self._client.origin.text

    @property
    def is_issued(self) -> bool:
        """Whether the certificates are there already, so that only the writing is left."""
        return bool(self.wanted.issued)

    def locks(self) -> list[LockToken]:
        """The locks to choose from. Raises NoDriver, NoToken."""
        return self._locks.tokens()

    def make(self, lock: LockToken, pin: Pin) -> EnrolledKeys:
        """Make the pairs on the lock, unless they are there, and offer them with proof.

        Raises PinIncorrect, PinLocked, KeyGenerationMissing, MechanismMissing, TokenFull, TokenReadOnly,
        TokenGone, KeyNotOnLock (the pair of the present certificate is on another lock), ServerRefused.
        """

        def work(token: Token) -> EnrolledKeys:
            signing = self._pair(token, Purpose.SIGNING, KeyUse.SIGN)
            encryption = self._pair(token, Purpose.ENCRYPTION, KeyUse.DECRYPT) if self._is_dual else None
            second = spki(encryption.key.public_key()) if encryption else b""
            keys = EnrolledKeys(self.wanted.reference, spki(signing.key.public_key()), second)
            challenge = self._client.offer_keys(
                _request(signing.key, self.wanted), second, lock.info.label, lock.info.serial
            )
            if encryption is not None and challenge:
                self._client.prove(proof_of(open_challenge(encryption.key, challenge), keys))
            return keys

        self.keys = self._locks.work_on(lock, pin, work)
        log.info("enrolment: keys offered, digest %s", self.keys.digest[:16])
        return self.keys

    def fetch(self) -> bool:
        """Ask for the certificates, and check them. False while the phone has not confirmed.

        Raises CertificateUnexpected, ServerRefused, ServerUnreachable.
        """
        given = self._client.certificates()
        if not given.signing_certificate:
            return False
        self.returned = check_returned(given, self.wanted, self.keys, datetime.now(UTC))
        return True

    def write(self, lock: LockToken, pin: Pin | None) -> None:
        """Write the certificates on the lock and tell the server; may be done again.

        ``pin``: None to try without; not every lock lets anybody write a certificate. Raises LoginNeeded,
        KeyNotOnLock, TokenFull, TokenReadOnly, TokenGone, ServerRefused.
        """
        returned = self.returned
        if returned is None:
            raise SessionNotReady("no certificate has come yet")
        try:
            if pin is None:
                self._locks.openly(lock, lambda config: self._write_openly(config, returned))
            else:
                self._locks.work_on(lock, pin, lambda token: self._write(token, returned))
        except KeyNotFound as error:
            raise KeyNotOnLock("the certificate's key is not on this lock") from error
        self._client.written(_digest(returned.signing), _digest(returned.encryption))
        log.info("enrolment: certificates on the lock")

    def decline(self) -> None:
        """Tell the server no; pairs that were made stay on the lock for another time."""
        self._client.refuse("")

    @property
    def _is_dual(self) -> bool:
        return bool(self.wanted.encryption_subject)

    def _name(self, purpose: Purpose) -> PairName:
        return pair_name(self.wanted.reference, purpose, self.wanted.enterprise_name)

    def _pair(self, token: Token, purpose: Purpose, use: KeyUse) -> _Pair:
        pairs, name = EnrolledPairs(token), self._name(purpose)
        present = self._present(purpose)
        if self._same_key and present:
            name = PairName(_id_of(token, present), name.label)
            found = pairs.find(name.key_id)
            if found is None:
                raise KeyNotOnLock("the present certificate is here without its key")
            return _Pair(name, found)
        return _Pair(name, pairs.ensure(name.key_id, name.label, _kind(self.wanted.key_kind), use))

    def _present(self, purpose: Purpose) -> str:
        wanted = self.wanted
        return wanted.present_signing if purpose is Purpose.SIGNING else wanted.present_encryption

    def _certificates(self, returned: Returned) -> list[tuple[PairName, bytes]]:
        pairs = [(self._name(Purpose.SIGNING), returned.signing)]
        if returned.encryption:
            pairs.append((self._name(Purpose.ENCRYPTION), returned.encryption))
        return pairs

    def _write(self, token: Token, returned: Returned) -> None:
        pairs = EnrolledPairs(token)
        for name, der in self._certificates(returned):
            key_id = name.key_id if pairs.find(name.key_id) else _id_with_key(pairs, token, der)
            pairs.certify(key_id, name.label, der)

    def _write_openly(self, config: TokenConfig, returned: Returned) -> None:
        shown = {spki(key): key_id for key_id, key in public_keys(config).items()}
        for name, der in self._certificates(returned):
            key_id = shown.get(_key_of(der))
            if key_id is None:
                raise LoginNeeded("the public key does not show itself without a login")
            certify_openly(config, key_id, name.label, der)


def _request(key: PrivateKey, wanted: wire.Enrolment) -> bytes:
    """PKCS#10 with the session's challenge password; the server believes nothing in it but the key."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, wanted.reference)])
    builder = x509.CertificateSigningRequestBuilder(name)
    builder = builder.add_attribute(AttributeOID.CHALLENGE_PASSWORD, wanted.nonce.encode())
    if isinstance(key, Ed25519PrivateKey):
        return builder.sign(key, None).public_bytes(Encoding.DER)
    digest = hashes.SHA384() if wanted.key_kind == KeyKind.P384 else hashes.SHA256()
    return builder.sign(key, digest).public_bytes(Encoding.DER)


def _kind(name: str) -> KeyKind:
    try:
        return KeyKind(name)
    except ValueError:
        raise KeyUnsupported(f"keys of the kind {name[:32]!r}") from None


def _id_of(token: Token, fingerprint: str) -> bytes:
    """The id of the certificate with this SHA-256."""
    for one in token.certificates():
        if _digest(one.der) == fingerprint:
            return one.id
    raise KeyNotOnLock("the present certificate is not on this lock")


def _id_with_key(pairs: EnrolledPairs, token: Token, der: bytes) -> bytes:
    """The id of the pair whose public half a certificate has: of the pair that a renewal goes on with."""
    wanted = _key_of(der)
    for key_id in {one.id for one in token.certificates() if _key_of(one.der) == wanted}:
        if pairs.find(key_id) is not None:
            return key_id
    raise KeyNotFound("no key of this certificate")


def _key_of(der: bytes) -> bytes:
    try:
        return spki(x509.load_der_x509_certificate(der).public_key())
    except Exception:  # another CA's, of a form or with a key that is not understood here
        return b""


def _digest(der: bytes) -> str:
    return hashlib.sha256(der).hexdigest() if der else ""

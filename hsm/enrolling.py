"""Key pairs made on a person's own token, and the certificates that are written back beside them.

A pair is known by a CKA_ID that its maker chooses before it is made. Whoever starts again after a crash
names the same id and finds the same pair, whole; half a pair, which nobody can have been told of, is made
anew. The id that the certificate is written under is the same, which is how other software finds its key.
"""

from __future__ import annotations

from typing import Any, Final

import pkcs11
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pkcs11 import Attribute
from pkcs11.constants import ObjectClass

from hsm import certificates, generation
from hsm.config import TokenConfig
from hsm.errors import (
    CertificateMisplaced,
    KeyCertified,
    KeyExists,
    KeyNotFound,
    LoginNeeded,
    MechanismMissing,
    TokenReadOnly,
)
from hsm.keys import PrivateKey
from hsm.mechanisms import KeyKind, KeyUse, kind_of
from hsm.module import Module
from hsm.public_keys import PublicKey, public_half, read
from hsm.session import Session
from hsm.slots import find_slot, token_info
from hsm.store import TokenKeys
from hsm.token import Token
from hsm.translation import translated

_PAIR: Final = (ObjectClass.PRIVATE_KEY, ObjectClass.PUBLIC_KEY)


class EnrolledPairs:
    """The pairs of one logged-in token, by CKA_ID."""

    def __init__(self, token: Token) -> None:
        self._token = token

    def find(self, key_id: bytes) -> PrivateKey | None:
        """The pair with this id; None when there is none, or half of one. Raises KeyExists for several."""

        def work(session: Session) -> bool:
            found = session.named(ObjectClass.PRIVATE_KEY, key_id)
            if len(found) > 1:
                raise KeyExists(f"{len(found)} private keys have the id {key_id.hex()}")
            return bool(found) and _has_public_half(session, found[0])

        return TokenKeys(self._token).open_by_id(key_id) if self._token.run(work) else None

    def ensure(self, key_id: bytes, label: str, kind: KeyKind, use: KeyUse) -> PrivateKey:
        """The pair with this id, made now unless it is there: sensitive, not extractable, for one use.

        Raises KeyGenerationMissing, MechanismMissing, TokenReadOnly, TokenFull, KeyExists (the id is another
        kind of key's), KeyCertified (a certificate has the id and its key is not there), TokenGone.
        """
        found = self.find(key_id)
        if found is not None:
            if kind_of(found.public_key()) != kind:
                raise KeyExists(f"the id {key_id.hex()} is a key's of another kind")
            return found
        generation.require(self._token, kind, use)
        self._refuse_certified(key_id)
        token = self._token
        token.change(lambda session: generation.stored_pair(token, session, label, key_id, kind, use))
        return TokenKeys(token).open_by_id(key_id)

    def certify(self, key_id: bytes, label: str, der: bytes) -> None:
        """Write a certificate beside its key, once however often it is asked, and read it back.

        Raises CertificateMisplaced when the certificate is another key's, KeyNotFound without a key.
        """
        key = self.find(key_id)
        if key is None:
            raise KeyNotFound(f"no pair with the id {key_id.hex()}")
        _require_own(key.public_key(), der)
        self._token.import_certificate(label, key_id, der)
        if not any((one.id, one.der) == (key_id, der) for one in self._token.certificates()):
            raise KeyNotFound("the certificate that was written is not there")

    def orphans(self, prefix: bytes) -> list[bytes]:
        """Ids that begin with ``prefix``, of private keys for which the token has no certificate; sorted."""
        certified = {one.id for one in self._token.certificates()}
        ids = TokenKeys(self._token).ids()
        return sorted(one for one in ids if one.startswith(prefix) and one not in certified)

    def destroy(self, key_id: bytes) -> None:
        """Destroy a pair for good. Raises KeyNotFound, and KeyCertified when a certificate names it."""
        self._refuse_certified(key_id)

        def work(session: Session) -> int:
            left = [one for kind in _PAIR for one in session.named(kind, key_id)]
            for one in left:
                one.destroy()
            session.forget()
            return len(left)

        if not self._token.change(work):
            raise KeyNotFound(f"no pair with the id {key_id.hex()}")

    def _refuse_certified(self, key_id: bytes) -> None:
        if any(one.id == key_id for one in self._token.certificates()):
            raise KeyCertified(f"a certificate has the id {key_id.hex()}")


def certify_openly(config: TokenConfig, key_id: bytes, label: str, der: bytes) -> None:
    """``EnrolledPairs.certify`` without a PIN, on tokens that let anybody write public objects.

    Raises LoginNeeded where the token wants the PIN for it, and what ``certify`` raises.
    """
    module = Module.load(config.module)
    with translated():
        slot = find_slot(module, config)
        if not token_info(slot).writable:
            raise TokenReadOnly(f"{config.label} is write-protected")
        session = slot.get_token().open(rw=True)
        try:
            _require_own(_public(session, key_id), der)
            certificates.write(session, label, key_id, der)
        except (pkcs11.UserNotLoggedIn, pkcs11.SessionReadOnly, pkcs11.FunctionFailed) as error:
            raise LoginNeeded(f"the token answered {type(error).__name__}") from error
        finally:
            module.cryptoki.close_session(session.handle)


def public_keys(config: TokenConfig) -> dict[bytes, PublicKey]:
    """Public keys that a token shows before any PIN is given, by CKA_ID; of algorithms known here."""
    module = Module.load(config.module)
    with translated():
        session = find_slot(module, config).get_token().open()
        try:
            return {bytes(one[Attribute.ID]): key for one in _publics(session) if (key := _read(one))}
        finally:
            module.cryptoki.close_session(session.handle)


def _publics(session: Any, **wanted: Any) -> list[Any]:
    template = {Attribute.CLASS: ObjectClass.PUBLIC_KEY} | {Attribute[k]: v for k, v in wanted.items()}
    return list(session.get_objects(template))


def _public(session: Any, key_id: bytes) -> PublicKey:
    found = _publics(session, ID=key_id)
    if len(found) != 1:
        raise LoginNeeded("the public key does not show itself without a login")
    return read(found[0])


def _read(public: Any) -> PublicKey | None:
    try:
        return read(public)
    except (MechanismMissing, ValueError, pkcs11.PKCS11Error):  # of an algorithm, or a form, that is not ours
        return None


def _has_public_half(session: Session, private: Any) -> bool:
    try:
        public_half(session, private)
    except KeyNotFound:
        return False
    return True


def _require_own(public: PublicKey, der: bytes) -> None:
    certified: Any = x509.load_der_x509_certificate(der).public_key()
    if _spki(certified) != _spki(public):
        raise CertificateMisplaced("the certificate is another key's")


def _spki(public: Any) -> bytes:
    made: bytes = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return made

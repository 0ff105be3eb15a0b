"""Certificates and requests of SM2 keys, which the builders of ``cryptography`` do not take (GM/T 0015).

A certificate is built like any other, by a profile and under filler keys; ``certified`` puts the SM2 keys and
the algorithm in their places and has the bytes signed by the token.
"""

from __future__ import annotations

import hashlib
from typing import Any, Final

from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from ca import der
from ca.hierarchy import SM2_WITH_SM3, algorithm_identifier
from hsm import Sm2PublicKey, TokenSm2Key

_ATTRIBUTES: Final = 0xA0
_BITS: Final = 65  # of the key: the point, which identifiers are hashes of


def request(key: TokenSm2Key, subject: x509.Name) -> bytes:
    """A request for a certificate (PKCS#10, RFC 2986), DER. Raises HsmError."""
    public = key.public_key()
    info = der.sequence(der.integer(0), subject.public_bytes(), public.spki, der.element(_ATTRIBUTES, b""))
    return der.sequence(info, algorithm_identifier(public), der.bits(key.sign(info)))


def certified(
    made: x509.Certificate, issuer: TokenSm2Key, public: Sm2PublicKey | None = None
) -> x509.Certificate:
    """``made`` as a certificate of ``issuer``, with ``public`` for its key unless it keeps the one it has.

    Key identifiers are those of the keys. Raises HsmError.
    """
    encoded = asn1.Certificate.load(made.public_bytes(Encoding.DER))
    to_sign = encoded["tbs_certificate"]
    to_sign["signature"] = {"algorithm": SM2_WITH_SM3}
    if public is not None:
        to_sign["subject_public_key_info"] = asn1.PublicKeyInfo.load(public.spki)
    for extension in to_sign["extensions"]:
        kind = extension["extn_id"].native
        if kind == "authority_key_identifier":
            extension["extn_value"] = asn1.AuthorityKeyIdentifier(
                {"key_identifier": _id(issuer.public_key())}
            )
        elif kind == "key_identifier" and public is not None:
            extension["extn_value"] = asn1.OctetString(_id(public))
    tbs = _dumped(to_sign)
    algorithm = algorithm_identifier(issuer.public_key())
    return x509.load_der_x509_certificate(der.sequence(tbs, algorithm, der.bits(issuer.sign(tbs))))


def _id(public: Sm2PublicKey) -> bytes:
    return hashlib.sha1(public.spki[-_BITS:], usedforsecurity=False).digest()


def _dumped(to_sign: Any) -> bytes:
    return bytes(to_sign.dump(force=True))

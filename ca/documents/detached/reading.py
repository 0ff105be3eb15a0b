"""Taking a detached signature apart (RFC 5652; GB/T 35275 has the same structure under other names)."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from asn1crypto import cms, core, crl
from cryptography import x509

from ca.chains import readable
from ca.documents.errors import SignatureUnreadable
from ca.documents.seal_attribute import SEAL_OID
from ca.signatures import DIGEST_NAMES

MAX_BYTES: Final = 16 * 1024 * 1024
MOST_SIGNERS: Final = 50
_SIGNED_DATA: Final = ("1.2.840.113549.1.7.2", "1.2.156.10197.6.1.4.2.2")
_DATA: Final = ("1.2.840.113549.1.7.1", "1.2.156.10197.6.1.4.2.1")
_PEM: Final = re.compile(rb"-----BEGIN (PKCS7|CMS)-----\s+([A-Za-z0-9+/=\s]+?)-----END \1-----")
_SET_OF: Final = b"\x31"


@dataclass(frozen=True, slots=True)
class Signer:
    """One SignerInfo as it was read; nothing is verified.

    ``digest``: its name in hashlib, or the OID of one that is not known; ``algorithm``: OID; ``signed``: the
    very bytes that were signed, empty without signed attributes; ``reference``: digest algorithm and digest
    of the certificate that was signed with (RFC 5035); ``time_stamp``: a TimeStampToken, DER.
    """

    certificate: x509.Certificate | None
    digest: str
    algorithm: str
    signature: bytes
    signed: bytes
    content_type: str
    message_digest: bytes
    reference: tuple[str, bytes] | None
    signed_at: datetime | None
    seal: bytes | None
    time_stamp: bytes | None


@dataclass(frozen=True, slots=True)
class Detached:
    """Signers, and what the message carries for judging them."""

    signers: tuple[Signer, ...]
    certificates: tuple[x509.Certificate, ...]
    lists: tuple[x509.CertificateRevocationList, ...]
    ocsp_answers: int


def read_detached(encoded: bytes) -> Detached:
    """A detached signature, in DER, BER or PEM. Raises SignatureUnreadable."""
    if len(encoded) > MAX_BYTES:
        raise SignatureUnreadable(f"{len(encoded)} bytes, at most {MAX_BYTES}")
    with _refusing():
        signed = _signed_data(_unarmoured(encoded))
        certificates = _certificates(signed)
        lists, answers = _lists(signed)
        signers = tuple(_signer(one, certificates) for one in signed["signer_infos"])
        return Detached(signers, tuple(certificates), lists, answers)


@contextmanager
def _refusing() -> Iterator[None]:
    """Broken structures meet a reader's every exception."""
    try:
        yield
    except SignatureUnreadable:
        raise
    except Exception as error:
        raise SignatureUnreadable(f"not a signature: {type(error).__name__}") from error


def _unarmoured(encoded: bytes) -> bytes:
    found = _PEM.search(encoded)
    return b64decode(found[2]) if found else encoded


def _signed_data(encoded: bytes) -> Any:
    outer = cms.ContentInfo.load(encoded, strict=True)
    _require(outer["content_type"].dotted in _SIGNED_DATA, "not SignedData")
    signed = outer["content"]
    if isinstance(signed, core.Any):
        signed = signed.parse(cms.SignedData)
    content = signed["encap_content_info"]
    _require(content["content_type"].dotted in _DATA, "content of another type")
    _require(isinstance(content["content"], core.Void) or content["content"].native is None, "not detached")
    _require(0 < len(signed["signer_infos"]) <= MOST_SIGNERS, "no signer, or too many")
    return signed


def _certificates(signed: Any) -> list[x509.Certificate]:
    carried = [] if isinstance(signed["certificates"], core.Void) else signed["certificates"]
    found = (readable(one.chosen.dump()) for one in carried if one.name == "certificate")
    return [one for one in found if one is not None]


def _lists(signed: Any) -> tuple[tuple[x509.CertificateRevocationList, ...], int]:
    carried = [] if isinstance(signed["crls"], core.Void) else list(signed["crls"])
    lists = [one.chosen.dump() for one in carried if isinstance(one.chosen, crl.CertificateList)]
    return tuple(x509.load_der_x509_crl(one) for one in lists), len(carried) - len(lists)


def _signer(signer: Any, certificates: list[x509.Certificate]) -> Signer:
    attributes = _attributes(signer["signed_attrs"])
    unsigned = _attributes(signer["unsigned_attrs"])
    digest: str = signer["digest_algorithm"]["algorithm"].dotted
    content_type, message_digest = attributes.get("content_type"), attributes.get("message_digest")
    claimed, stamp = attributes.get("signing_time"), unsigned.get("signature_time_stamp_token")
    seal = attributes.get(SEAL_OID)
    return Signer(
        certificate=next((one for one in certificates if _names(signer["sid"], one)), None),
        digest=DIGEST_NAMES.get(digest, digest),
        algorithm=signer["signature_algorithm"]["algorithm"].dotted,
        signature=signer["signature"].native,
        # Signed under their SET OF tag, not the [0] they travel with (RFC 5652, section 5.4).
        signed=_SET_OF + signer["signed_attrs"].dump()[1:] if attributes else b"",
        content_type=content_type.dotted if content_type is not None else "",
        message_digest=message_digest.native if message_digest is not None else b"",
        reference=_reference(attributes.get("signing_certificate_v2")),
        signed_at=claimed.native if claimed is not None else None,
        seal=seal.dump() if seal is not None else None,
        time_stamp=stamp.dump() if stamp is not None else None,
    )


def _attributes(attributes: Any) -> dict[str, Any]:
    """Each attribute by type; of one value, and once."""
    found: dict[str, Any] = {}
    for one in [] if isinstance(attributes, core.Void) else attributes:
        kind = one["type"].native
        _require(kind not in found and len(one["values"]) == 1, f"{kind} has several values")
        found[kind] = one["values"][0]
    return found


def _reference(value: Any) -> tuple[str, bytes] | None:
    if value is None:
        return None
    first = value["certs"][0]
    digest = first["hash_algorithm"]["algorithm"].dotted
    return DIGEST_NAMES.get(digest, digest), first["cert_hash"].native


def _names(sid: Any, certificate: x509.Certificate) -> bool:
    if sid.name == "subject_key_identifier":
        try:
            own = certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
        except x509.ExtensionNotFound:
            return False
        return bool(own == sid.chosen.native)
    same_issuer = sid.chosen["issuer"].dump() == certificate.issuer.public_bytes()
    return bool(same_issuer and sid.chosen["serial_number"].native == certificate.serial_number)


def _require(condition: bool, otherwise: str) -> None:
    if not condition:
        raise SignatureUnreadable(otherwise)

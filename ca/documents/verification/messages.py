"""Reading the CMS of a signature or a time stamp (RFC 5652, GM/T 0010), and whether it holds.

Tolerant where it is only form: BER, zeros behind it, SHA-1 references to the certificate, no attributes at
all. What it means is checked strictly: one signer, whose certificate is inside and is the one signed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hmac import compare_digest
from typing import Any, ClassVar, Final

from asn1crypto import cms, core, x509

from ca.documents.verification import signature_values
from ca.documents.verification.model import Problem

_SIGNED_DATA: Final = frozenset({"1.2.840.113549.1.7.2", "1.2.156.10197.6.1.4.2.2"})
_DATA: Final = frozenset({"1.2.840.113549.1.7.1", "1.2.156.10197.6.1.4.2.1"})
_TST_INFO: Final = "1.2.840.113549.1.9.16.1.4"
DIGESTS: Final = {
    "1.2.840.113549.2.5": "md5",
    "1.3.14.3.2.26": "sha1",
    "2.16.840.1.101.3.4.2.4": "sha224",
    "2.16.840.1.101.3.4.2.1": "sha256",
    "2.16.840.1.101.3.4.2.2": "sha384",
    "2.16.840.1.101.3.4.2.3": "sha512",
    "2.16.840.1.101.3.4.2.8": "sha3_256",
    "2.16.840.1.101.3.4.2.9": "sha3_384",
    "2.16.840.1.101.3.4.2.10": "sha3_512",
    "1.2.156.10197.1.401": "sm3",
    "1.2.156.10197.1.401.1": "sm3",
}
"""Names are hashlib's."""
_SET_OF: Final = b"\x31"
_CONTENT_TYPE: Final = "1.2.840.113549.1.9.3"
_MESSAGE_DIGEST: Final = "1.2.840.113549.1.9.4"
_SIGNING_TIME: Final = "1.2.840.113549.1.9.5"
_ESS_V1: Final = "1.2.840.113549.1.9.16.2.12"
_ESS_V2: Final = "1.2.840.113549.1.9.16.2.47"
_STAMP: Final = "1.2.840.113549.1.9.16.2.14"
_ADOBE_REVOCATION: Final = "1.2.840.113583.1.1.8"
_OCSP: Final = "1.3.6.1.5.5.7.16.2"
_MOST_SIGNERS: Final = 50

DigestOf = Callable[[str], bytes]
"""The digest of what was signed, by a digest's name in hashlib."""


class _Envelope(core.Sequence):  # type: ignore[misc]  # asn1crypto has no types
    """ContentInfo, read by its structure: asn1crypto does not know the content types of GM/T 0010."""

    _fields: ClassVar[Any] = [
        ("content_type", core.ObjectIdentifier),
        ("content", cms.SignedData, {"explicit": 0}),
    ]


class Flaw(Exception):
    """Why a signature cannot be checked further."""

    def __init__(self, problem: Problem, detail: str) -> None:
        super().__init__(detail)
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Message:
    """One signer of a CMS. ``certificate`` is the signer's, of ``certificates``; all of asn1crypto."""

    signed: Any
    signer: Any
    certificate: Any
    certificates: tuple[Any, ...]
    digest: str
    attributes: dict[str, list[Any]]
    content: bytes | None  # what is inside; None for a detached one

    @property
    def algorithms(self) -> tuple[str, str]:
        """Digest and signature."""
        return self.digest, signature_values.algorithm_name(self.signer["signature_algorithm"])

    @property
    def is_baseline(self) -> bool:
        """Whether its attributes are those of PAdES B-B (ETSI EN 319 142-1, 6.3)."""
        return _MESSAGE_DIGEST in self.attributes and bool({_ESS_V1, _ESS_V2} & self.attributes.keys())

    @property
    def claimed_at(self) -> Any:
        """The attribute signing-time, where it is."""
        values = self.attributes.get(_SIGNING_TIME, ())
        return values[0].native if values else None

    @property
    def stamps(self) -> list[Any]:
        """Time stamp tokens over the signature value."""
        return [value for kind, value in _unsigned(self.signer) if kind == _STAMP]

    @property
    def revocation(self) -> tuple[list[bytes], list[bytes]]:
        """Lists and OCSP answers (DER): in Adobe's signed attribute, from before there was a DSS, and where
        CAdES has them (RFC 5652, section 10.2.1; RFC 5940)."""
        values = self.attributes.get(_ADOBE_REVOCATION, ())
        lists = [one.dump() for value in values for one in _optional(value, "crl")]
        answers = [one.dump() for value in values for one in _optional(value, "ocsp")]
        for one in _optional(self.signed, "crls"):
            if one.name != "other":
                lists.append(one.chosen.dump())
            elif one.chosen["other_rev_info_format"].dotted == _OCSP:
                answers.append(one.chosen["other_rev_info"].dump())
        return lists, answers


def read(encoded: bytes) -> Message:
    """A CMS of one signer, zeros behind it or not. Raises Flaw."""
    with _refusing():
        signed = _signed_data(encoded)
        if len(signed["signer_infos"]) != 1:
            raise Flaw(Problem.UNREADABLE, f"{len(signed['signer_infos'])} signers")
        return _message(signed, signed["signer_infos"][0])


def read_all(encoded: bytes) -> list[Message | Flaw]:
    """A CMS signer by signer; a Flaw for each that cannot be read. Raises Flaw for what is no CMS at all."""
    with _refusing():
        signed = _signed_data(encoded)
        signers = list(signed["signer_infos"])
        if not 0 < len(signers) <= _MOST_SIGNERS:
            raise Flaw(Problem.UNREADABLE, f"{len(signers)} signers")
    return [_message_or_flaw(signed, one) for one in signers]


@contextmanager
def _refusing() -> Iterator[None]:
    """Broken structures meet a reader's every exception."""
    try:
        yield
    except Flaw:
        raise
    except Exception as error:
        raise Flaw(Problem.UNREADABLE, f"not a readable CMS: {type(error).__name__}") from error


def _message_or_flaw(signed: Any, signer: Any) -> Message | Flaw:
    try:
        with _refusing():
            return _message(signed, signer)
    except Flaw as flaw:
        return flaw


def faults(
    message: Message, content_type: str, digest_of: DigestOf, data: Callable[[], bytes]
) -> list[Problem]:
    """What speaks against a message over content of ``content_type`` (``data`` or ``tst_info``).

    ``data``: the content itself, asked for only where a signature is without attributes.
    """
    try:
        return [*_faults(message, content_type, digest_of, data)]
    except Exception:  # as above
        return [Problem.UNREADABLE]


def _signed_data(encoded: bytes) -> Any:
    envelope = _Envelope.load(encoded)
    if envelope["content_type"].dotted not in _SIGNED_DATA:
        raise Flaw(Problem.FORMAT_UNKNOWN, "not SignedData")
    return envelope["content"]


def _message(signed: Any, signer: Any) -> Message:
    certificates = tuple(one.chosen for one in signed["certificates"] or () if one.name == "certificate")
    digest = DIGESTS.get(signer["digest_algorithm"]["algorithm"].dotted)
    if digest is None:
        raise Flaw(Problem.ALGORITHM_UNKNOWN, "a digest that is not known")
    return Message(
        signed,
        signer,
        _signers(signer["sid"], certificates),
        certificates,
        digest,
        _attributes(signer),
        _content(signed),
    )


def _content(signed: Any) -> bytes | None:
    content = signed["encap_content_info"]["content"]
    if isinstance(content, core.Void) or content.native is None:
        return None
    if isinstance(content, core.OctetString | core.ParsableOctetString):
        return bytes(content)
    inner: bytes = content.parsed.contents  # PKCS#7 before CMS had other types than OCTET STRING
    return inner


def _attributes(signer: Any) -> dict[str, list[Any]]:
    """Values by type. RFC 5652, section 5.3: each type once; what comes twice is a trap for readers."""
    found: dict[str, list[Any]] = {}
    if isinstance(signer["signed_attrs"], core.Void):
        return found
    for one in signer["signed_attrs"]:
        kind = one["type"].dotted
        if kind in found:
            raise Flaw(Problem.UNREADABLE, f"attribute {kind} comes twice")
        found[kind] = list(one["values"])
    return found


def _unsigned(signer: Any) -> list[tuple[str, Any]]:
    if isinstance(signer["unsigned_attrs"], core.Void):
        return []
    return [(one["type"].dotted, value) for one in signer["unsigned_attrs"] for value in one["values"]]


def _optional(value: Any, name: str) -> Any:
    return () if isinstance(value[name], core.Void) else value[name]


def _signers(sid: Any, certificates: tuple[x509.Certificate, ...]) -> x509.Certificate:
    found = {one.dump(): one for one in certificates if _names(sid, one)}
    if not found:
        raise Flaw(Problem.CERTIFICATE_MISSING, "the signer's certificate is not inside")
    if len(found) > 1:
        raise Flaw(Problem.CERTIFICATE_DIFFERS, "several certificates are named as the signer's")
    return next(iter(found.values()))


def _names(sid: Any, certificate: x509.Certificate) -> bool:
    if sid.name == "subject_key_identifier":
        return bool(sid.chosen.native == certificate.key_identifier)
    issuer, serial = sid.chosen["issuer"], sid.chosen["serial_number"].native
    return bool(issuer.dump() == certificate.issuer.dump() or issuer == certificate.issuer) and bool(
        serial == certificate.serial_number
    )


def _faults(
    message: Message, content_type: str, digest_of: DigestOf, data: Callable[[], bytes]
) -> list[Problem]:
    found: list[Problem] = []
    kind = message.signed["encap_content_info"]["content_type"].dotted
    if kind not in ({_TST_INFO} if content_type == "tst_info" else _DATA):
        return [Problem.FORMAT_UNKNOWN]
    spki = message.certificate.public_key
    if message.attributes:
        found += _attribute_faults(message, kind, digest_of)
        signed = _SET_OF + message.signer["signed_attrs"].dump()[1:]
    else:
        signed = data()
    algorithm, value = message.signer["signature_algorithm"], message.signer["signature"].native
    try:
        if not signature_values.is_right(value, signed, spki, algorithm, message.digest):
            found.append(Problem.SIGNATURE_BROKEN if message.attributes else Problem.DIGEST_DIFFERS)
    except signature_values.Unknown:
        found.append(Problem.ALGORITHM_UNKNOWN)
    if signature_values.is_weak(message.digest, spki):
        found.append(Problem.ALGORITHM_WEAK)
    return found


def _attribute_faults(message: Message, kind: str, digest_of: DigestOf) -> list[Problem]:
    found: list[Problem] = []
    types = message.attributes.get(_CONTENT_TYPE, ())
    if [one.dotted for one in types] != [kind]:
        return [Problem.UNREADABLE]
    digests = [one.native for one in message.attributes.get(_MESSAGE_DIGEST, ())]
    if len(digests) != 1 or not compare_digest(digests[0], digest_of(message.digest)):
        found.append(Problem.DIGEST_DIFFERS)
    if not _is_referred_to(message):
        found.append(Problem.CERTIFICATE_DIFFERS)
    return found


def _is_referred_to(message: Message) -> bool:
    """Whether the certificate is the first that signing-certificate names (RFC 5035), where that is."""
    der = message.certificate.dump()
    for kind in (_ESS_V2, _ESS_V1):
        for value in message.attributes.get(kind, ()):
            reference = value["certs"][0]
            name = "sha1"
            if kind == _ESS_V2:
                name = DIGESTS.get(reference["hash_algorithm"]["algorithm"].dotted, "")
            if not name or not compare_digest(
                reference["cert_hash"].native, hashlib.new(name, der, usedforsecurity=False).digest()
            ):
                return False
    return True

"""What a seal, or a signature made with one, is worth.

In the order of GB/T 38540, 7.5: the holder's signature, the holder among those whom the seal names, the
maker's signature, the certificates and the seal at the time, the document. All of it is looked at, so that a
report can say all that is wrong.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from hmac import compare_digest
from typing import Final

from cryptography import x509

from ca.errors import SignatureMismatch, SigningKeyRefused
from ca.seals.objects.model import Holders, SealObject, StampObject
from ca.signatures import ALGORITHMS, DIGEST_NAMES, DIGEST_OIDS, check, spki_of

IssuedByTrusted = Callable[[x509.Certificate, datetime], bool]
"""Whether a certificate leads to somebody whom the verifier trusts, at a time."""


class Fault(StrEnum):
    """What is wrong, as stable codes; ``FAULT_NAMES`` says it to people."""

    SIGNATURE = "stamp_signature_wrong"
    HOLDER = "stamp_by_stranger"
    DOCUMENT = "stamp_of_other_document"
    HOLDER_TIME = "stamp_certificate_not_in_force"
    HOLDER_UNTRUSTED = "stamp_certificate_untrusted"
    MAKER_SIGNATURE = "seal_signature_wrong"
    MAKER_TIME = "seal_maker_not_in_force"
    MAKER_UNTRUSTED = "seal_maker_untrusted"
    SEAL_TIME = "seal_not_in_force"
    EXTENSION = "seal_extension_unknown"
    ALGORITHM = "seal_algorithm_unknown"


FAULT_NAMES: Final = {
    Fault.SIGNATURE: "签章签名值不正确",
    Fault.HOLDER: "签章者不在印章授权的证书列表中",
    Fault.DOCUMENT: "文件在签章后被修改",
    Fault.HOLDER_TIME: "签章时签章者证书不在有效期内",
    Fault.HOLDER_UNTRUSTED: "签章者证书的颁发机构不受信任",
    Fault.MAKER_SIGNATURE: "印章的制章签名不正确",
    Fault.MAKER_TIME: "制章时制章者证书不在有效期内",
    Fault.MAKER_UNTRUSTED: "制章者证书的颁发机构不受信任",
    Fault.SEAL_TIME: "签章时印章不在有效期内",
    Fault.EXTENSION: "印章含有无法识别的关键扩展",
    Fault.ALGORITHM: "签名算法不受支持",
}


def seal_faults(seal: SealObject, at: datetime, trusted: IssuedByTrusted) -> list[Fault]:
    """What speaks against a seal that is used at ``at``; nothing for a good one."""
    faults = [] if not seal.critical else [Fault.EXTENSION]
    faults += _signature_faults(
        seal.maker, seal.algorithm, seal.signature, seal.signed, Fault.MAKER_SIGNATURE
    )
    faults += _certificate_faults(seal.maker, seal.created, trusted, Fault.MAKER_TIME, Fault.MAKER_UNTRUSTED)
    if not seal.starts <= at <= seal.ends:
        faults.append(Fault.SEAL_TIME)
    return faults


def stamp_faults(stamp: StampObject, digest: bytes, trusted: IssuedByTrusted) -> list[Fault]:
    """What speaks against a signature made with a seal; ``digest`` is of the document as it is now.

    The time is what the signature says: whoever needs proof of it looks at its time stamp first.
    """
    faults = _signature_faults(
        stamp.certificate, stamp.algorithm, stamp.signature, stamp.signed, Fault.SIGNATURE
    )
    if not is_holder(stamp.certificate, stamp.seal.holders):
        faults.append(Fault.HOLDER)
    if stamp.critical:
        faults.append(Fault.EXTENSION)
    faults += seal_faults(stamp.seal, stamp.at, trusted)
    faults += _certificate_faults(
        stamp.certificate, stamp.at, trusted, Fault.HOLDER_TIME, Fault.HOLDER_UNTRUSTED
    )
    if not compare_digest(stamp.digest, digest):
        faults.append(Fault.DOCUMENT)
    return list(dict.fromkeys(faults))


def _signature_faults(
    certificate: bytes, algorithm: str, signature: bytes, signed: bytes, wrong: Fault
) -> list[Fault]:
    if algorithm not in ALGORITHMS:
        return [Fault.ALGORITHM]
    try:
        check(spki_of(certificate), algorithm, signature, signed)
    except (SignatureMismatch, SigningKeyRefused):
        return [wrong]
    return []


def _certificate_faults(
    encoded: bytes, at: datetime, trusted: IssuedByTrusted, outside: Fault, stranger: Fault
) -> list[Fault]:
    try:
        certificate = x509.load_der_x509_certificate(encoded)
    except ValueError:
        return [stranger]
    faults = [] if trusted(certificate, at) else [stranger]
    if not certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc:
        faults.append(outside)
    return faults


def is_holder(certificate: bytes, holders: Holders) -> bool:
    """Whether a seal may be used with the key of ``certificate`` (DER)."""
    if certificate in holders.certificates:
        return True
    return any(_is_digest(certificate, name, value) for name, value in holders.digests)


def _is_digest(certificate: bytes, name: str, value: bytes) -> bool:
    plain = DIGEST_NAMES.get(name, name.lower().replace("-", ""))
    return plain in DIGEST_OIDS and compare_digest(hashlib.new(plain, certificate).digest(), value)

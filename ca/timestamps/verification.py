"""Checking time stamps (RFC 3161): those that our own stampers gave, and what those of others say."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from hmac import compare_digest
from typing import Any, Final

from asn1crypto import cms
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.x509.oid import ExtendedKeyUsageOID

from ca.documents import signer_info
from ca.errors import SignatureMismatch, SigningKeyRefused
from ca.signatures import verify

_STAMPING: Final = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])


@dataclass(frozen=True, slots=True)
class Stamp:
    """A time, who stamped it, and what certificates the token carries beside. Nobody is trusted yet."""

    at: datetime
    certificate: x509.Certificate
    carried: tuple[x509.Certificate, ...]


def check_token(token: bytes, data: bytes, authorities: Sequence[x509.Certificate]) -> datetime:
    """The time at which ``data`` was stamped by a stamper that one of ``authorities`` certified.

    Raises ValueError for a token that does not prove it. Revocation is the caller's question.
    """
    stamp = read_token(token, data)
    _require(any(_issued(stamp.certificate, one) for one in authorities), "another CA's stamper")
    return stamp.at


def read_token(token: bytes, data: bytes) -> Stamp:
    """The stamp over ``data``, by a stamper's certificate that was in force then.

    Raises ValueError for a token that is none. Whether its authority is trusted is the caller's question.
    """
    with _refusing():
        stamp, imprint = _read(token)
        _check_imprint(imprint, data)
        return stamp


def check_issuer(token: bytes, authorities: Sequence[x509.Certificate]) -> None:
    """Whether a token was signed by a stamper that one of ``authorities`` certified, whatever it is over.

    Raises ValueError.
    """
    with _refusing():
        stamp, _ = _read(token)
        _require(any(_issued(stamp.certificate, one) for one in authorities), "another CA's stamper")


@contextmanager
def _refusing() -> Iterator[None]:
    try:
        yield
    except (SignatureMismatch, SigningKeyRefused) as error:
        raise ValueError(str(error)) from error
    except ValueError:
        raise
    except Exception as error:  # broken structures meet a reader's every exception
        raise ValueError(f"not a readable token: {type(error).__name__}") from error


def _read(token: bytes) -> tuple[Stamp, Any]:
    """A stamp whose signature holds, and the MessageImprint that it is over."""
    signed = cms.ContentInfo.load(token, strict=True)["content"]
    (signer,) = signed["signer_infos"]
    content = signed["encap_content_info"]
    _require(content["content_type"].native == "tst_info", "no TSTInfo")
    attributes = signer_info.attributes(signer)
    digest = signer_info.digest(signer)
    encoded: bytes = content["content"].contents
    of_content = hashlib.new(digest.name, encoded).digest()
    _require(attributes["content_type"].native == "tst_info", "another content type is signed")
    _require(compare_digest(attributes["message_digest"].native, of_content), "other content is signed")
    certificate = signer_info.certificate(signed, signer)
    signer_info.check_reference(attributes, certificate)
    verify(
        certificate,
        signer["signature_algorithm"].signature_algo,
        digest,
        signer["signature"].native,
        signer_info.signed_bytes(signer),
    )
    info = content["content"].parsed
    at: datetime = info["gen_time"].native
    _check_certificate(certificate, at)
    return Stamp(at, certificate, _carried(signed["certificates"])), info["message_imprint"]


def _carried(certificates: Iterable[Any]) -> tuple[x509.Certificate, ...]:
    found = (one.chosen.dump() for one in certificates if one.name == "certificate")
    return tuple(x509.load_der_x509_certificate(one) for one in found)


def _check_certificate(certificate: x509.Certificate, at: datetime) -> None:
    usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    _require(usage.critical and usage.value == _STAMPING, "not a time stamper's certificate")
    inside = certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc
    _require(inside, "stamped outside the certificate's validity")


def _check_imprint(imprint: cms.Asn1Value, data: bytes) -> None:
    name = imprint["hash_algorithm"]["algorithm"].native
    _require(name in ("sha256", "sha384", "sha512"), f"the digest {name} is not accepted")
    expected = hashlib.new(name, data).digest()
    _require(compare_digest(imprint["hashed_message"].native, expected), "other data was stamped")


def _issued(certificate: x509.Certificate, authority: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _require(condition: bool, otherwise: str) -> None:
    if not condition:
        raise ValueError(otherwise)

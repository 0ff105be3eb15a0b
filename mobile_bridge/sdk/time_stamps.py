"""Verifying a time stamp (RFC 3161) offline: over these very bytes, by a stamper of a trusted root."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any, Final

from asn1crypto import cms
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID
from pyhanko.sign.general import extract_certificate_info
from pyhanko.sign.validation.generic_cms import validate_tst_signed_data

from mobile_bridge.sdk.errors import NotVerified
from mobile_bridge.sdk.trust import SIGNING, Trust, run

_DIGESTS: Final = frozenset({"sha256", "sha384", "sha512"})


def verify_time_stamp(token: bytes, data: bytes, trust: Trust) -> datetime:
    """When ``data`` was stamped; the stamper's certificate is judged at that very moment.

    Raises NotVerified: malformed, algorithm_refused, signature_invalid, wrong_signer, and those of the chain.
    """
    try:
        return _verified(token, data, trust)
    except NotVerified:
        raise
    except Exception as error:  # hostile structures meet a reader's every exception
        raise NotVerified("malformed", f"not a time stamp: {type(error).__name__}") from error


def _verified(token: bytes, data: bytes, trust: Trust) -> datetime:
    signed = cms.ContentInfo.load(token, strict=True)["content"]
    at: datetime = signed["encap_content_info"]["content"].parsed["gen_time"].native
    certificate, between = _certificates(signed)
    trust.check(certificate, between, SIGNING, at)
    usages = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    if not usages.critical or list(usages.value) != [ExtendedKeyUsageOID.TIME_STAMPING]:
        raise NotVerified("wrong_signer", "not a time stamper's certificate")
    context = trust.context(certificate, between, at)
    status = run(validate_tst_signed_data(signed, context, lambda name: _digest(name, data)))
    if not (status["intact"] and status["valid"]):
        raise NotVerified("signature_invalid", "the time stamp does not hold for these bytes")
    return at


def _digest(name: str, data: bytes) -> bytes:
    if name not in _DIGESTS:
        raise NotVerified("algorithm_refused", f"a digest by {name}")
    return hashlib.new(name, data).digest()


def _certificates(signed: Any) -> tuple[x509.Certificate, list[x509.Certificate]]:
    found = extract_certificate_info(signed)
    between = [x509.load_der_x509_certificate(one.dump()) for one in found.other_certs]
    return x509.load_der_x509_certificate(found.signer_cert.dump()), between

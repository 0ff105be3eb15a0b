"""What EST carries: certs-only CMS and CSR attributes, in base64 (RFC 7030, section 4; RFC 8951)."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import ClassVar, Final

from asn1crypto import core
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

from ca.profiles import CertificateProfile

CERTIFICATES: Final = "application/pkcs7-mime; smime-type=certs-only"
ATTRIBUTES: Final = "application/csrattrs"
REQUEST: Final = "application/pkcs10"

_EC_PUBLIC_KEY: Final = "1.2.840.10045.2.1"
_CURVES: Final = {"p-256": "1.2.840.10045.3.1.7", "p-384": "1.3.132.0.34"}
_SIGNATURES: Final = {
    "rsa": "1.2.840.113549.1.1.11",
    "p-256": "1.2.840.10045.4.3.2",
    "p-384": "1.2.840.10045.4.3.3",
}


class _Identifiers(core.SetOf):  # type: ignore[misc]
    _child_spec = core.ObjectIdentifier


class _Attribute(core.Sequence):  # type: ignore[misc]
    _fields: ClassVar = [("type", core.ObjectIdentifier), ("values", _Identifiers)]


class _AttrOrOid(core.Choice):  # type: ignore[misc]
    _alternatives: ClassVar = [("oid", core.ObjectIdentifier), ("attribute", _Attribute)]


class _CsrAttributes(core.SequenceOf):  # type: ignore[misc]
    _child_spec = _AttrOrOid


def certs_only(certificates: Sequence[x509.Certificate]) -> bytes:
    """Certificates in a CMS without signature, base64."""
    return _lines(pkcs7.serialize_certificates(list(certificates), Encoding.DER))


def csr_attributes(profile: CertificateProfile) -> bytes:
    """Which keys and signature algorithms requests for ``profile`` may have (RFC 7030, section 4.5.2)."""
    curves = [_CURVES[name] for name in sorted(profile.key_algorithms) if name in _CURVES]
    told = [_AttrOrOid("attribute", _Attribute({"type": _EC_PUBLIC_KEY, "values": [one]})) for one in curves]
    families = {name if name in _CURVES else name.partition("-")[0] for name in profile.key_algorithms}
    told += [_AttrOrOid("oid", _SIGNATURES[name]) for name in sorted(families) if name in _SIGNATURES]
    return _lines(bytes(_CsrAttributes(told).dump()))


def _lines(der: bytes) -> bytes:
    return base64.encodebytes(der)

"""Certificate requests (PKCS#10, RFC 2986) from outside; nothing in them is believed but the key."""

from __future__ import annotations

import base64
import binascii
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from ca.errors import CaError
from hsm.errors import Kind

_MAX_BYTES: Final = 64 * 1024
_DIGESTS: Final = (hashes.SHA256, hashes.SHA384, hashes.SHA512)


class RequestRefused(CaError):
    """Not a certificate request, or one whose signature, key or algorithm cannot be accepted."""

    kind = Kind.INVALID
    code = "csr_invalid"
    zh = "证书请求无效：{reason}"


def read_request(content: bytes) -> x509.CertificateSigningRequest:
    """A request in DER, PEM or bare base64, signed by its own key. Raises RequestRefused."""
    if len(content) > _MAX_BYTES:
        raise RequestRefused(f"longer than {_MAX_BYTES} bytes", reason="内容过长")
    try:
        request = x509.load_der_x509_csr(_der(content))
        digest = request.signature_hash_algorithm
        signed = request.is_signature_valid
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm) as exc:
        raise RequestRefused("not a PKCS#10 request", reason="格式不正确") from exc
    if digest is not None and not isinstance(digest, _DIGESTS):
        raise RequestRefused(f"signed with {digest.name}", reason="签名算法不安全")
    if not signed:
        raise RequestRefused("not signed by its own key", reason="签名验证失败")
    return request


def _der(content: bytes) -> bytes:
    if content.lstrip().startswith(b"-----"):
        return x509.load_pem_x509_csr(content).public_bytes(Encoding.DER)
    if content[:1] == b"\x30":
        return content
    try:
        return base64.b64decode(b"".join(content.split()), validate=True)
    except binascii.Error as exc:
        raise ValueError("neither DER, PEM nor base64") from exc

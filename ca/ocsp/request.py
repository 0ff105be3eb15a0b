"""Reading an OCSP request (RFC 6960, section 4.1). A signature on it is not asked for and not looked at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ca import der
from ca.der import Element, Malformed

HASHES: Final = {
    der.identifier("1.3.14.3.2.26"): "sha1",
    der.identifier("2.16.840.1.101.3.4.2.1"): "sha256",
    der.identifier("2.16.840.1.101.3.4.2.2"): "sha384",
    der.identifier("2.16.840.1.101.3.4.2.3"): "sha512",
}
_NONCE: Final = der.identifier("1.3.6.1.5.5.7.48.1.2")
# They ask for what every answer of ours is: signed in the basic form, by the key of our choice.
_HARMLESS: Final = frozenset(
    {der.identifier("1.3.6.1.5.5.7.48.1.4"), der.identifier("1.3.6.1.5.5.7.48.1.8"), _NONCE}
)
_MAX_NONCE: Final = 128  # RFC 9654, section 2.1
_MAX_CERTIFICATES: Final = 16

_VERSION, _NAME, _EXTENSIONS = 0xA0, 0xA1, 0xA2
_SIGNATURE = _SINGLE_EXTENSIONS = 0xA0


@dataclass(frozen=True, slots=True)
class CertId:
    """Which certificate is meant. ``whole``: the DER as it was asked, which the answer repeats.

    ``hash_name``: None for an algorithm that nobody's answer is known by.
    """

    whole: bytes
    hash_name: str | None
    name_hash: bytes
    key_hash: bytes
    serial: int


@dataclass(frozen=True, slots=True)
class OcspRequest:
    """What is asked. ``nonce``: to be repeated (RFC 9654)."""

    certificates: tuple[CertId, ...]
    nonce: bytes | None

    @property
    def plain(self) -> bytes:
        """The shortest request for the first certificate."""
        return plain_request(self.certificates[0].whole)


def plain_request(cert_id: bytes) -> bytes:
    """The request for one certificate without anything else (RFC 5019, section 2.1.1)."""
    return der.sequence(der.sequence(der.sequence(der.sequence(cert_id))))


def read_request(data: bytes) -> OcspRequest:
    """Raises Malformed."""
    tbs, *signature = _sequence(der.read(data))
    if len(signature) > 1 or any(one.tag != _SIGNATURE for one in signature):
        raise Malformed("nothing but a signature follows the request")
    parts = _sequence(tbs)
    parts = _without(_without(parts, _VERSION), _NAME)
    if not parts:
        raise Malformed("a list of requests is expected")
    asked, *rest = parts
    certificates = tuple(_cert_id(one) for one in _sequence(asked))
    if not 1 <= len(certificates) <= _MAX_CERTIFICATES:
        raise Malformed(f"1 to {_MAX_CERTIFICATES} certificates are expected")
    if len(rest) > 1 or any(one.tag != _EXTENSIONS for one in rest):
        raise Malformed("nothing but extensions follows the list")
    return OcspRequest(certificates, _nonce(rest[0]) if rest else None)


def _sequence(found: Element) -> list[Element]:
    if found.tag != der.SEQUENCE:
        raise Malformed("a SEQUENCE is expected")
    children = found.children()
    if not children:
        raise Malformed("an empty SEQUENCE")
    return children


def _without(parts: list[Element], tag: int) -> list[Element]:
    return parts[1:] if parts and parts[0].tag == tag else parts


def _cert_id(request: Element) -> CertId:
    cert_id, *extensions = _sequence(request)
    if len(extensions) > 1 or any(one.tag != _SINGLE_EXTENSIONS for one in extensions):
        raise Malformed("nothing but extensions follows a certificate's identifier")
    parts = _sequence(cert_id)
    if len(parts) != 4:
        raise Malformed("an identifier of four parts is expected")
    algorithm, name, key, serial = parts
    if name.tag != der.OCTET_STRING or key.tag != der.OCTET_STRING:
        raise Malformed("hashes are expected")
    hash_name = HASHES.get(_sequence(algorithm)[0].whole)
    return CertId(cert_id.whole, hash_name, name.content, key.content, serial.number())


def _nonce(wrapped: Element) -> bytes | None:
    nonce = None
    for extension in _sequence(der.read(wrapped.content)):
        identifier, *middle, value = _sequence(extension)
        if middle and middle[0].whole == der.TRUE and identifier.whole not in _HARMLESS:
            raise Malformed("an unknown critical extension")
        if identifier.whole == _NONCE:
            nonce = _nonce_value(value)
    return nonce


def _nonce_value(value: Element) -> bytes:
    inner = der.read(value.content) if value.tag == der.OCTET_STRING else value
    if inner.tag != der.OCTET_STRING or not 1 <= len(inner.content) <= _MAX_NONCE:
        raise Malformed(f"a nonce of 1 to {_MAX_NONCE} octets is expected")
    return inner.content

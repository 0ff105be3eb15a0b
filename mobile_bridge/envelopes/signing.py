"""A signature inside the envelope: SignedData (RFC 5652, section 5) around a file of any size.

The file is read twice: once for its digest, which is signed, and once to be encrypted, when all that stands
before and after it is known. So lengths are definite; ``openssl cms -verify`` reads what is in the envelope.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from asn1crypto import cms
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from mobile_bridge.envelopes import der
from mobile_bridge.envelopes.ber import BerReader, End
from mobile_bridge.envelopes.errors import (
    EnvelopeError,
    EnvelopeMalformed,
    EnvelopeUnsupported,
    RecipientUnfit,
    SignatureWrong,
)
from mobile_bridge.envelopes.forms import CHUNK, DATA, SIGNED_DATA
from mobile_bridge.envelopes.landing import landing

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey

_SHA256: Final = der.tlv(der.SEQUENCE, der.oid("2.16.840.1.101.3.4.2.1"))
_ECDSA_SHA256: Final = der.tlv(der.SEQUENCE, der.oid("1.2.840.10045.4.3.2"))
_RSA_SHA256: Final = der.tlv(der.SEQUENCE, der.oid("1.2.840.113549.1.1.11"), der.NULL)
_CONTENT_TYPE: Final = der.oid("1.2.840.113549.1.9.3")
_MESSAGE_DIGEST: Final = der.oid("1.2.840.113549.1.9.4")
_SIGNING_TIME: Final = der.oid("1.2.840.113549.1.9.5")
_DIGESTS: Final[dict[str, hashes.HashAlgorithm]] = {
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}
_MOST: Final = 256 * 1024
"""Most bytes of certificates, of lists and of signers."""


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signs: a key of ``cryptography``, in a token or not. ``chain``: up to a root, without it."""

    certificate: x509.Certificate
    key: PrivateKey = field(repr=False)
    chain: tuple[x509.Certificate, ...] = ()


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands before and after a file. ``sha256``: of the file as it was signed; empty: not signed."""

    before: bytes = b""
    after: bytes = b""
    sha256: bytes = b""


@dataclass(frozen=True, slots=True)
class SignedBy:
    """A signature that holds. Whether its certificate is to be believed is another question.

    ``others``: certificates that came along. ``size``: bytes of the content.
    """

    certificate: x509.Certificate
    others: tuple[x509.Certificate, ...]
    size: int


def frame_of(source: Path, signer: Signer) -> Frame:
    """Sign a file. Raises RecipientUnfit for a key of another kind, OSError."""
    with source.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").digest()
        size = file.tell()
    attributes = _attributes(digest)
    own = signer.certificate
    info = der.tlv(
        der.SEQUENCE,
        der.integer(1),
        der.tlv(der.SEQUENCE, own.issuer.public_bytes(), der.integer(own.serial_number)),
        _SHA256,
        bytes((der.explicit(0),)) + attributes[1:],
        *_signature(signer.key, attributes),
    )
    certificates = sorted(one.public_bytes(Encoding.DER) for one in (own, *signer.chain))
    after = der.tlv(der.explicit(0), *certificates) + der.tlv(der.SET, info)
    return Frame(_before(size, len(after)), after, digest)


def open_signed(source: Path, target: Path) -> SignedBy:
    """Take the content out of SignedData into ``target``, which appears only if its one signature holds.

    Raises EnvelopeMalformed, EnvelopeUnsupported, SignatureWrong, OSError.
    """
    with source.open("rb") as stream, landing(target) as file:
        ber, digests, size = BerReader(stream), {name: hashlib.new(name) for name in _DIGESTS}, 0
        ends = _entered(ber)
        for piece in _content(ber):
            size += file.write(piece)
            for one in digests.values():
                one.update(piece)
        for _ in range(2):  # [0] and EncapsulatedContentInfo
            ber.leave(ends.pop())
        certificates = ber.element(_MOST) if ber.look().tag == der.explicit(0) else b""
        if ber.look().tag == der.explicit(1):
            ber.element(_MOST)
        signers = ber.element(_MOST)
        while ends:
            ber.leave(ends.pop())
        ber.finish()
        found = {name: one.digest() for name, one in digests.items()}
        return _verified(signers, certificates, found, size)


def _before(size: int, after: int) -> bytes:
    """From the outermost head to that of the content, the lengths reckoned from inside out."""
    content = der.head(der.OCTET_STRING, size)
    content = der.head(der.explicit(0), len(content) + size) + content
    encapsulated = DATA + content
    encapsulated = der.head(der.SEQUENCE, len(encapsulated) + size) + encapsulated
    body = der.integer(1) + der.tlv(der.SET, _SHA256) + encapsulated
    signed = der.head(der.SEQUENCE, len(body) + size + after) + body
    info = SIGNED_DATA + der.head(der.explicit(0), len(signed) + size + after) + signed
    return der.head(der.SEQUENCE, len(info) + size + after) + info


def _attributes(digest: bytes) -> bytes:
    """SignedAttributes as the SET that is signed (section 5.4)."""
    now = datetime.now(UTC)
    # UTCTime until 2049 (section 11.3).
    tag, text = (0x17, f"{now:%y%m%d%H%M%S}Z") if now.year < 2050 else (0x18, f"{now:%Y%m%d%H%M%S}Z")
    values = (
        (_CONTENT_TYPE, DATA),
        (_SIGNING_TIME, der.tlv(tag, text.encode())),
        (_MESSAGE_DIGEST, der.tlv(der.OCTET_STRING, digest)),
    )
    encoded = (der.tlv(der.SEQUENCE, name, der.tlv(der.SET, one)) for name, one in values)
    return der.tlv(der.SET, *sorted(encoded))


def _signature(key: PrivateKey, attributes: bytes) -> tuple[bytes, bytes]:
    if isinstance(key, rsa.RSAPrivateKey):
        signature = key.sign(attributes, padding.PKCS1v15(), hashes.SHA256())
        return _RSA_SHA256, der.tlv(der.OCTET_STRING, signature)
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return _ECDSA_SHA256, der.tlv(der.OCTET_STRING, key.sign(attributes, ec.ECDSA(hashes.SHA256())))
    raise RecipientUnfit(f"a key of the kind {type(key).__name__}")


def _entered(ber: BerReader) -> list[End]:
    """Step in as far as the content."""
    ends = [ber.enter(der.SEQUENCE)]
    if ber.element(32) != SIGNED_DATA:
        raise EnvelopeUnsupported("not SignedData")
    ends += [ber.enter(der.explicit(0)), ber.enter(der.SEQUENCE)]
    ber.primitive(der.INTEGER, 1)
    ber.element(1024)  # digestAlgorithms; the signer says its own
    ends.append(ber.enter(der.SEQUENCE))
    ber.element(32)
    ends.append(ber.enter(der.explicit(0)))
    return ends


def _content(ber: BerReader) -> Iterator[bytes]:
    """The OCTET STRING, or those of which a constructed one is put together."""
    if ber.look().tag == der.OCTET_STRING:
        yield from _pieces(ber)
        return
    end = ber.enter(der.OCTET_STRING | 0x20)
    while not ber.is_at(end):
        yield from _pieces(ber)
    ber.leave(end)


def _pieces(ber: BerReader) -> Iterator[bytes]:
    left = ber.begin(der.OCTET_STRING)
    while left:
        piece = ber.read(min(left, CHUNK))
        left -= len(piece)
        yield piece


def _verified(signers: bytes, certificates: bytes, digests: dict[str, bytes], size: int) -> SignedBy:
    try:
        (info,) = cms.SignerInfos.load(signers, strict=True)
        set_of = bytes((der.SET,)) + certificates[1:] if certificates else der.tlv(der.SET)
        known = [
            x509.load_der_x509_certificate(one.chosen.dump())
            for one in cms.CertificateSet.load(set_of, strict=True)
            if one.name == "certificate"
        ]
        signer = next(one for one in known if _is_meant(info["sid"], one))
        _check(info, signer, digests)
    except EnvelopeError:
        raise
    except InvalidSignature as error:
        raise SignatureWrong("the signature does not hold") from error
    except Exception as error:  # hostile structures meet a reader's every exception
        raise EnvelopeMalformed(f"not one signature with its certificate: {type(error).__name__}") from error
    return SignedBy(signer, tuple(one for one in known if one != signer), size)


def _is_meant(sid: Any, certificate: x509.Certificate) -> bool:
    if sid.name == "issuer_and_serial_number":
        issuer, serial = sid.chosen["issuer"].dump(), sid.chosen["serial_number"].native
        return bool(serial == certificate.serial_number and issuer == certificate.issuer.public_bytes())
    own = certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    return bool(sid.chosen.native == own)


def _check(info: Any, signer: x509.Certificate, digests: dict[str, bytes]) -> None:
    """The attributes name this content, and the signature is over the attributes."""
    name = info["digest_algorithm"]["algorithm"].native
    if name not in _DIGESTS:
        raise EnvelopeUnsupported(f"a signature with {name}")
    told = {one["type"].native: one["values"] for one in info["signed_attrs"]}
    if [one.native for one in told["message_digest"]] != [digests[name]]:
        raise SignatureWrong("signed was something else")
    if [one.dump() for one in told["content_type"]] != [DATA]:
        raise SignatureWrong("another type of content was signed")
    attributes, signature = info["signed_attrs"].untag().dump(), info["signature"].native
    digest, public = _DIGESTS[name], signer.public_key()
    algorithm = info["signature_algorithm"]["algorithm"].native
    if isinstance(public, ec.EllipticCurvePublicKey) and algorithm == f"{name}_ecdsa":
        public.verify(signature, attributes, ec.ECDSA(digest))
    elif isinstance(public, rsa.RSAPublicKey) and algorithm in ("rsassa_pkcs1v15", f"{name}_rsa"):
        public.verify(signature, attributes, padding.PKCS1v15(), digest)
    else:
        raise EnvelopeUnsupported(f"a signature with {algorithm}")

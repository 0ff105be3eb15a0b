"""Making a seal (制章): the CA as seal maker signs what the order says, with its key on a token."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from asn1crypto import core
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from ca import der
from ca.hierarchy import sign_with
from ca.seals.errors import SealOrderRefused
from ca.seals.objects import structures
from ca.seals.objects.model import Holders, Picture, SealObject, SealOrder, StampObject
from ca.seals.objects.reading import read_stamp
from ca.signatures import algorithm_of
from hsm import PrivateKey, TokenSm2Key

VERSION: Final = 4
_UTF8, _IA5 = 0x0C, 0x16
_LONGEST: Final = 128


def make_seal(order: SealOrder, key: PrivateKey, maker: x509.Certificate) -> SealObject:
    """A seal of version 4, signed with the maker's ``key``.

    Raises SealOrderRefused, and what the key raises.
    """
    _check(order)
    info, algorithm = _info(order), algorithm_of(key.public_key())
    certificate, signature = maker.public_bytes(Encoding.DER), sign_with(key, info)
    seal = (info, der.octets(certificate), der.identifier(algorithm), der.bits(signature))
    return SealObject(
        der=der.sequence(*seal),
        version=VERSION,
        vendor=order.vendor,
        id=order.id,
        type=order.type,
        name=order.name,
        holders=Holders(certificates=tuple(order.holders)),
        created=_time(order.created),
        starts=_time(order.starts),
        ends=_time(order.ends),
        picture=replace(order.picture, format=order.picture.format.upper()),
        critical=(),
        maker=certificate,
        algorithm=algorithm,
        signature=signature,
        signed=info,
        time_stamp=None,
    )


def make_stamp(
    seal: SealObject,
    digest: bytes,
    document_property: str,
    at: datetime,
    key: PrivateKey | TokenSm2Key,
    holder: bytes,
    stamped: Callable[[bytes], bytes] | None = None,
) -> StampObject:
    """A signature made with a seal (签章) over the digest of a document, by the ``key`` of ``holder`` (DER).

    ``document_property``: which bytes the digest is of, as the kind of document has it (in OFD the path of
    Signature.xml); ASCII. ``stamped``: gives a time stamp (DER) over a signature. Raises what the key raises.
    """
    to_sign = structures.ToSign(
        {
            "version": VERSION,
            "seal": core.Any(core.Sequence.load(seal.der)),
            "time": _time(at),
            "digest": digest,
            "property": document_property,
        }
    )
    signature = sign_with(key, to_sign.dump())
    stamp = {
        "to_sign": to_sign,
        "certificate": holder,
        "algorithm": algorithm_of(key.public_key()),
        "signature": signature,
    }
    if stamped is not None:
        stamp["time_stamp"] = stamped(signature)
    return read_stamp(structures.Stamp(stamp).dump())


def _info(order: SealOrder) -> bytes:
    """SES_SealInfo, by hand: a general library takes many times as long as the token."""
    return der.sequence(
        der.sequence(_ia5("ES"), der.integer(VERSION), _ia5(order.vendor)),
        _ia5(order.id),
        der.sequence(
            der.integer(order.type),
            der.element(_UTF8, order.name.encode()),
            der.integer(structures.CERTIFICATES),
            der.sequence(*(der.octets(one) for one in order.holders)),
            *(der.generalized_time(_time(at)) for at in (order.created, order.starts, order.ends)),
        ),
        _picture(order.picture),
    )


def _picture(picture: Picture) -> bytes:
    return der.sequence(
        _ia5(picture.format.upper()),
        der.octets(picture.data),
        der.integer(picture.width),
        der.integer(picture.height),
    )


def _ia5(text: str) -> bytes:
    return der.element(_IA5, text.encode("ascii"))


def _check(order: SealOrder) -> None:
    _require(0 < len(order.name.strip()) <= _LONGEST, "a name has 1 to 128 characters")
    _require(order.id.isascii() and 0 < len(order.id) <= _LONGEST, "an identifier is ASCII, at most 128")
    _require(order.vendor.isascii() and 0 < len(order.vendor) <= _LONGEST, "a vendor is ASCII, at most 128")
    _require(len(order.holders) > 0, "nobody could use it")
    _require(order.starts < order.ends, "it ends before it starts")
    _require(
        order.picture.format.isascii() and 0 < len(order.picture.format) <= 8, "an unknown kind of picture"
    )
    _require(len(order.picture.data) > 0, "there is no picture")
    _require(min(order.picture.width, order.picture.height) > 0, "the picture has no size")


def _time(at: datetime) -> datetime:
    """To the second: DER's GeneralizedTime has no fraction that all readers know."""
    return at.astimezone(UTC).replace(microsecond=0)


def _require(condition: bool, otherwise: str) -> None:
    if not condition:
        raise SealOrderRefused(otherwise)

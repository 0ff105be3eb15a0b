"""Making a seal (制章): the CA as seal maker signs what the order says, with its key on a token."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

from asn1crypto import core
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from ca.hierarchy import sign_with
from ca.seals.errors import SealOrderRefused
from ca.seals.objects import structures
from ca.seals.objects.model import Picture, SealObject, SealOrder, StampObject
from ca.seals.objects.reading import read_seal, read_stamp
from ca.signatures import algorithm_of
from hsm import PrivateKey, TokenSm2Key

VERSION: Final = 4
_LONGEST: Final = 128


def make_seal(order: SealOrder, key: PrivateKey | TokenSm2Key, maker: x509.Certificate) -> SealObject:
    """A seal of version 4, signed with the maker's ``key``.

    Raises SealOrderRefused, and what the key raises.
    """
    _check(order)
    info = _info(order)
    algorithm = algorithm_of(key.public_key())
    seal = {
        "info": info,
        "maker": maker.public_bytes(Encoding.DER),
        "algorithm": algorithm,
        "signature": sign_with(key, info.dump()),
    }
    return read_seal(structures.Seal(seal).dump())


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


def _info(order: SealOrder) -> structures.SealInfo:
    told = {
        "type": order.type,
        "name": order.name,
        "holders_kind": structures.CERTIFICATES,
        "holders": structures.Certificates(list(order.holders)),
        "created": _time(order.created),
        "starts": _time(order.starts),
        "ends": _time(order.ends),
    }
    return structures.SealInfo(
        {
            "header": {"id": "ES", "version": VERSION, "vendor": order.vendor},
            "id": order.id,
            "property": structures.Property(told),
            "picture": _picture(order.picture),
        }
    )


def _picture(picture: Picture) -> dict[str, Any]:
    return {
        "format": picture.format.upper(),
        "data": picture.data,
        "width": picture.width,
        "height": picture.height,
    }


def _check(order: SealOrder) -> None:
    _require(0 < len(order.name.strip()) <= _LONGEST, "a name has 1 to 128 characters")
    _require(order.id.isascii() and 0 < len(order.id) <= _LONGEST, "an identifier is ASCII, at most 128")
    _require(order.vendor.isascii() and 0 < len(order.vendor) <= _LONGEST, "a vendor is ASCII, at most 128")
    _require(len(order.holders) > 0, "nobody could use it")
    _require(order.starts < order.ends, "it ends before it starts")
    _require(len(order.picture.data) > 0, "there is no picture")
    _require(min(order.picture.width, order.picture.height) > 0, "the picture has no size")


def _time(at: datetime) -> datetime:
    """To the second: DER's GeneralizedTime has no fraction that all readers know."""
    return at.astimezone(UTC).replace(microsecond=0)


def _require(condition: bool, otherwise: str) -> None:
    if not condition:
        raise SealOrderRefused(otherwise)

"""Taking seals and stamps apart. Strict about structure, tolerant where known implementations differ."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final

from asn1crypto import cms, core, tsp

from ca.seals.errors import SealMalformed
from ca.seals.objects import structures
from ca.seals.objects.model import Holders, Picture, SealObject, StampObject

MAX_BYTES: Final = 8 * 1024 * 1024
"""A seal holds a picture of a few centimetres; more is not one."""
_EARLY_PARTS: Final = 2  # of a signature in GM/T 0031-2014; later ones have four or five
_CHINA: Final = timezone(timedelta(hours=8))
_FIRST_NEW: Final = 4  # the first version whose structure is that of GB/T 38540


def read_seal(encoded: bytes) -> SealObject:
    """A seal from DER. Raises SealMalformed."""
    with _Refusing():
        _check_size(encoded)
        if _version(encoded) >= _FIRST_NEW:
            return _seal(encoded, structures.Seal.load(encoded, strict=True))
        return _early_seal(encoded, structures.EarlySeal.load(encoded, strict=True))


def read_stamp(encoded: bytes) -> StampObject:
    """A signature made with a seal, from DER, also as GM/T 0031-2014 wrote it. Raises SealMalformed."""
    with _Refusing():
        _check_size(encoded)
        if len(core.Sequence.load(encoded, strict=True)) == _EARLY_PARTS:
            return _early_stamp(encoded, structures.EarlyStamp.load(encoded, strict=True))
        stamp = structures.Stamp.load(encoded, strict=True)
        to_sign = stamp["to_sign"]
        return StampObject(
            der=encoded,
            version=to_sign["version"].native,
            seal=read_seal(to_sign["seal"].dump()),
            at=_time(to_sign["time"]),
            digest=to_sign["digest"].native,
            property=to_sign["property"].native,
            critical=_critical(to_sign["extensions"]),
            certificate=stamp["certificate"].native,
            algorithm=stamp["algorithm"].dotted,
            signature=stamp["signature"].native,
            signed=to_sign.dump(),
            time_stamp=stamp["time_stamp"].native,
        )


def _early_stamp(encoded: bytes, stamp: Any) -> StampObject:
    to_sign = stamp["to_sign"]
    return StampObject(
        der=encoded,
        version=to_sign["version"].native,
        seal=read_seal(to_sign["seal"].dump()),
        at=_early_time(to_sign["time"].native),
        digest=to_sign["digest"].native,
        property=to_sign["property"].native,
        critical=(),
        certificate=to_sign["certificate"].native,
        algorithm=to_sign["algorithm"].dotted,
        signature=stamp["signature"].native,
        signed=to_sign.dump(),
        # Whatever stood in its place was there before the signature, and proves nothing of it.
        time_stamp=None,
    )


def _early_time(told: bytes) -> datetime:
    """Text in China's time, an ASN.1 time, or what a time stamp says."""
    if told[:1] in (b"1", b"2"):  # of a year; "0" would be the first byte of a SEQUENCE
        return datetime.fromisoformat(told.decode("ascii").strip()).replace(tzinfo=_CHINA).astimezone(UTC)
    if told[:1] == b"\x30":
        content = cms.ContentInfo.load(told, strict=True)["content"]["encap_content_info"]["content"]
        return _time(tsp.TSTInfo.load(bytes(content))["gen_time"])
    found = core.UTCTime if told[:1] == b"\x17" else core.GeneralizedTime
    return _time(found.load(told, strict=True))


class _Refusing:
    """asn1crypto meets broken structures with ValueError, TypeError, KeyError and others."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, SealMalformed) or not isinstance(error, Exception):
            return
        raise SealMalformed(f"not the structure of a seal: {type(error).__name__}") from error


def _check_size(encoded: bytes) -> None:
    if len(encoded) > MAX_BYTES:
        raise SealMalformed(f"{len(encoded)} bytes, at most {MAX_BYTES}")


def _version(encoded: bytes) -> int:
    """From the header, which is the same in all versions: the first of the first of the outer SEQUENCE."""
    outer = core.Sequence.load(encoded, strict=True)
    header = structures.Header.load(outer[0][0].dump(), strict=True)
    if header["id"].native != "ES":
        raise SealMalformed("the header is not of a seal")
    return int(header["version"].native)


def _seal(encoded: bytes, seal: Any) -> SealObject:
    info = seal["info"]
    kind, listed = info["property"]["holders_kind"].native, info["property"]["holders"]
    if kind == structures.CERTIFICATES:
        holders = Holders(certificates=tuple(listed.native))
    elif kind == structures.DIGESTS:
        pairs = ((one["algorithm"].native, one["value"].native) for one in listed)
        holders = Holders(digests=tuple(pairs))
    else:
        raise SealMalformed(f"a list of holders of kind {kind}")
    signed, time_stamp = info.dump(), seal["time_stamp"].native
    return _common(encoded, info, seal, holders, signed, time_stamp)


def _early_seal(encoded: bytes, seal: Any) -> SealObject:
    info, sign_info = seal["info"], seal["sign_info"]
    holders = Holders(certificates=tuple(info["property"]["holders"].native))
    signed = structures.EarlySigned(
        {"info": info, "maker": sign_info["maker"], "algorithm": sign_info["algorithm"]}
    )
    return _common(encoded, info, sign_info, holders, signed.dump(), None)


def _common(
    encoded: bytes, info: Any, signer: Any, holders: Holders, signed: bytes, time_stamp: bytes | None
) -> SealObject:
    told, picture = info["property"], info["picture"]
    return SealObject(
        der=encoded,
        version=info["header"]["version"].native,
        vendor=info["header"]["vendor"].native,
        id=info["id"].native,
        type=told["type"].native,
        name=told["name"].native,
        holders=holders,
        created=_time(told["created"]),
        starts=_time(told["starts"]),
        ends=_time(told["ends"]),
        picture=Picture(
            picture["format"].native.upper(),
            picture["data"].native,
            picture["width"].native,
            picture["height"].native,
        ),
        critical=_critical(info["extensions"]) + _critical(info["tagged_extensions"]),
        maker=signer["maker"].native,
        algorithm=signer["algorithm"].dotted,
        signature=signer["signature"].native,
        signed=signed,
        time_stamp=time_stamp,
    )


def _critical(extensions: Any) -> tuple[str, ...]:
    listed = [] if isinstance(extensions, core.Void) else extensions
    return tuple(one["id"].dotted for one in listed if one["critical"].native)


def _time(value: Any) -> datetime:
    at: datetime = value.native
    return at.astimezone(UTC)

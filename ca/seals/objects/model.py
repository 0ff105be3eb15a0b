"""A seal as it is used in Python, whatever version it was written in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum


class SealType(IntEnum):
    """What a seal is of, as numbers that GB/T 38540 leaves to profiles and makers agree on."""

    UNIT = 1
    PERSONAL = 2


@dataclass(frozen=True, slots=True)
class Picture:
    """``format``: OFD, PNG, PDF …, capitals; ``data``: the file; sizes on paper in mm, whole ones."""

    format: str
    data: bytes
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Holders:
    """Who may use a seal: certificates in DER, or digests of them with the algorithm as it was written."""

    certificates: tuple[bytes, ...] = ()
    digests: tuple[tuple[str, bytes], ...] = ()


@dataclass(frozen=True, slots=True)
class SealOrder:
    """What a seal is to say.

    ``id``: unique among all of its maker's; ``vendor``: the maker's short name; both ASCII.
    ``holders``: certificates (DER) that may use it. Times are aware, to the second; ``starts`` < ``ends``.
    """

    id: str
    vendor: str
    type: int
    name: str
    holders: tuple[bytes, ...]
    created: datetime
    starts: datetime
    ends: datetime
    picture: Picture


@dataclass(frozen=True, slots=True)
class SealObject:
    """A seal as it was read; nothing is verified. ``signed``: the very bytes that the maker signed.

    ``algorithm``: OID of the signature; ``critical``: OIDs of critical extensions, of which we know none.
    """

    der: bytes
    version: int
    vendor: str
    id: str
    type: int
    name: str
    holders: Holders
    created: datetime
    starts: datetime
    ends: datetime
    picture: Picture
    critical: tuple[str, ...]
    maker: bytes
    algorithm: str
    signature: bytes
    signed: bytes
    time_stamp: bytes | None


@dataclass(frozen=True, slots=True)
class StampObject:
    """A signature made with a seal, as it was read. ``property``: which bytes of a document ``digest`` is of.

    ``signed``: the very bytes that the holder signed; ``certificate``: the holder's, DER.
    """

    der: bytes
    version: int
    seal: SealObject
    at: datetime
    digest: bytes
    property: str
    critical: tuple[str, ...]
    certificate: bytes
    algorithm: str
    signature: bytes
    signed: bytes
    time_stamp: bytes | None

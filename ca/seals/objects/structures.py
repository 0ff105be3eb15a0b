"""The ASN.1 of seals and of what is signed with them.

Written as version 4 (GB/T 38540-2020, 6.2 and 7.2). Read as well: version 1 to 3, whose times are UTCTime
and whose maker signed certificate and algorithm too (GM/T 0031-2014), and version 5, which has a time stamp
in the seal (GM/T 0031-2025). Names of types are the standard's, those of fields ours.
"""

from __future__ import annotations

from typing import Any, ClassVar, Final

from asn1crypto import core

CERTIFICATES: Final = 1
DIGESTS: Final = 2
"""certListType: whole certificates of the holders, or digests of them."""


class Header(core.Sequence):
    """SES_Header."""

    _fields: ClassVar[Any] = [("id", core.IA5String), ("version", core.Integer), ("vendor", core.IA5String)]


class CertificateDigest(core.Sequence):
    """CertDigestObj: the digest algorithm by name, or by OID in text, and the digest of a certificate."""

    _fields: ClassVar[Any] = [("algorithm", core.PrintableString), ("value", core.OctetString)]


class Certificates(core.SequenceOf):
    """CertInfoList."""

    _child_spec = core.OctetString


class CertificateDigests(core.SequenceOf):
    """CertDigestList."""

    _child_spec = CertificateDigest


class Property(core.Sequence):
    """SES_ESPropertyInfo. Both kinds of list have one tag: ``holders_kind`` before them tells which it is."""

    _fields: ClassVar[Any] = [
        ("type", core.Integer),
        ("name", core.UTF8String),
        ("holders_kind", core.Integer),
        ("holders", core.Any),
        ("created", core.GeneralizedTime),
        ("starts", core.GeneralizedTime),
        ("ends", core.GeneralizedTime),
    ]

    def _holders(self) -> type[core.SequenceOf]:
        return CertificateDigests if self["holders_kind"].native == DIGESTS else Certificates

    _spec_callbacks: ClassVar[Any] = {"holders": _holders}


class EarlyProperty(core.Sequence):
    """SES_ESPropertyInfo of GM/T 0031-2014."""

    _fields: ClassVar[Any] = [
        ("type", core.Integer),
        ("name", core.UTF8String),
        ("holders", Certificates),
        ("created", core.UTCTime),
        ("starts", core.UTCTime),
        ("ends", core.UTCTime),
    ]


class Picture(core.Sequence):
    """SES_ESPictrueInfo (so spelt): the kind of file, the file, and its size on paper in mm."""

    _fields: ClassVar[Any] = [
        ("format", core.IA5String),
        ("data", core.OctetString),
        ("width", core.Integer),
        ("height", core.Integer),
    ]


class Extension(core.Sequence):
    """ExtData."""

    _fields: ClassVar[Any] = [
        ("id", core.ObjectIdentifier),
        ("critical", core.Boolean),
        ("value", core.OctetString),
    ]


class Extensions(core.SequenceOf):
    """ExtensionDatas."""

    _child_spec = Extension


# The standard's text leaves open whether the extensions are tagged; implementations differ.
_EXTENSIONS: Final = [
    ("extensions", Extensions, {"optional": True}),
    ("tagged_extensions", Extensions, {"explicit": 0, "optional": True}),
]


class SealInfo(core.Sequence):
    """SES_SealInfo: what the maker signs in version 4."""

    _fields: ClassVar[Any] = [
        ("header", Header),
        ("id", core.IA5String),
        ("property", Property),
        ("picture", Picture),
        *_EXTENSIONS,
    ]


class EarlySealInfo(core.Sequence):
    """SES_SealInfo of GM/T 0031-2014."""

    _fields: ClassVar[Any] = [
        ("header", Header),
        ("id", core.IA5String),
        ("property", EarlyProperty),
        ("picture", Picture),
        *_EXTENSIONS,
    ]


class Seal(core.Sequence):
    """SESeal of versions 4 and 5."""

    _fields: ClassVar[Any] = [
        ("info", SealInfo),
        ("maker", core.OctetString),
        ("algorithm", core.ObjectIdentifier),
        ("signature", core.OctetBitString),
        ("time_stamp", core.OctetBitString, {"explicit": 0, "optional": True}),
    ]


class EarlySignInfo(core.Sequence):
    """SES_SignInfo of GM/T 0031-2014."""

    _fields: ClassVar[Any] = [
        ("maker", core.OctetString),
        ("algorithm", core.ObjectIdentifier),
        ("signature", core.OctetBitString),
    ]


class EarlySeal(core.Sequence):
    """SESeal of GM/T 0031-2014."""

    _fields: ClassVar[Any] = [("info", EarlySealInfo), ("sign_info", EarlySignInfo)]


class EarlySigned(core.Sequence):
    """What the maker signed in GM/T 0031-2014: the information, the certificate and the algorithm."""

    _fields: ClassVar[Any] = [
        ("info", EarlySealInfo),
        ("maker", core.OctetString),
        ("algorithm", core.ObjectIdentifier),
    ]


class ToSign(core.Sequence):
    """TBS_Sign: what the holder signs."""

    _fields: ClassVar[Any] = [
        ("version", core.Integer),
        ("seal", core.Any),
        ("time", core.GeneralizedTime),
        ("digest", core.OctetBitString),
        ("property", core.IA5String),
        ("extensions", Extensions, {"explicit": 0, "optional": True}),
    ]


class EarlyToSign(core.Sequence):
    """TBS_Sign of GM/T 0031-2014; ``time``: text, a time or a time stamp, whatever the maker put there."""

    _fields: ClassVar[Any] = [
        ("version", core.Integer),
        ("seal", core.Any),
        ("time", core.OctetBitString),
        ("digest", core.OctetBitString),
        ("property", core.IA5String),
        ("certificate", core.OctetString),
        ("algorithm", core.ObjectIdentifier),
    ]


class EarlyStamp(core.Sequence):
    """SES_Signature of GM/T 0031-2014."""

    _fields: ClassVar[Any] = [("to_sign", EarlyToSign), ("signature", core.OctetBitString)]


class Stamp(core.Sequence):
    """SES_Signature."""

    _fields: ClassVar[Any] = [
        ("to_sign", ToSign),
        ("certificate", core.OctetString),
        ("algorithm", core.ObjectIdentifier),
        ("signature", core.OctetBitString),
        ("time_stamp", core.OctetBitString, {"explicit": 0, "optional": True}),
    ]

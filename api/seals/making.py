"""制章: the CA signs seals as their maker, with a key of its own on the token."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from math import ceil
from typing import Any, Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import Encoding

from api.errors import InternalError
from ca.ledger import Ledger
from ca.own_certificates import OwnIdentity
from ca.seals.errors import SealOrderRefused
from ca.seals.objects.making import make_seal
from ca.seals.objects.model import Picture, SealOrder, SealType
from ca.seals.objects.reading import read_seal
from ca.seals.objects.verification import seal_faults
from ca.seals.picture import SealPicture
from ca.seals.rules import SealKind
from ca.status import Standing, standing

VENDOR: Final = "SealBridge"
_OF_PEOPLE: Final = frozenset({SealKind.PERSONAL, SealKind.LEGAL_PERSON})


@dataclass(frozen=True, slots=True)
class MadeSeal:
    """A SESeal and how long it holds: from now until its certificate ends."""

    der: bytes
    made_at: datetime
    valid_until: datetime

    @property
    def columns(self) -> dict[str, Any]:
        """What of a registered seal it fills."""
        return {
            "der": self.der,
            "made_at": self.made_at,
            "valid_from": self.made_at,
            "valid_until": self.valid_until,
        }


class SealMaker:
    """Makes SESeals of version 4 (GB/T 38540-2020), and looks at each before it gives it out."""

    def __init__(
        self, maker: Callable[[], OwnIdentity], ledger: Ledger, clock: Callable[[], datetime]
    ) -> None:
        self._maker = maker
        self._ledger = ledger
        self._clock = clock

    def make(self, seal_id: str, kind: SealKind, name: str, serial: str, picture: SealPicture) -> MadeSeal:
        """The seal of the certificate ``serial``, which alone may use it.

        Raises HsmError, SealOrderRefused (the certificate has ended or is revoked), and what a missing
        maker's certificate does.
        """
        now, entry, maker = (
            self._clock().replace(microsecond=0),
            self._ledger.find(int(serial, 16)),
            self._maker(),
        )
        if standing(entry.revocation) is Standing.REVOKED:
            raise SealOrderRefused("the certificate is revoked")
        made = make_seal(
            SealOrder(
                id=seal_id,
                vendor=VENDOR,
                type=SealType.PERSONAL if kind in _OF_PEOPLE else SealType.UNIT,
                name=name,
                holders=(entry.certificate.public_bytes(Encoding.DER),),
                created=now,
                starts=now,
                ends=entry.not_after,
                picture=Picture("PNG", picture.png, ceil(picture.width_mm), ceil(picture.height_mm)),
            ),
            maker.key,
            maker.certificate,
        )
        if faults := seal_faults(read_seal(made.der), now, lambda certificate, _: _is_of(maker, certificate)):
            raise InternalError(f"a seal was made that does not hold: {', '.join(faults)}")
        return MadeSeal(made.der, now, entry.not_after)


def _is_of(maker: OwnIdentity, certificate: x509.Certificate) -> bool:
    """Whether the certificate is the maker's, and each is signed by the next one up to the root."""
    chain = (certificate, *maker.chain)
    try:
        for one, issuer in pairwise(chain):
            one.verify_directly_issued_by(issuer)
    except (InvalidSignature, ValueError, TypeError):
        return False
    return certificate == maker.certificate

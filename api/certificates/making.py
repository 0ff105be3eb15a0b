"""What an approved application is to be given: which certificates over which keys, for which subject."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from api.applications.identities import opened_holder_id
from api.applications.kinds import ApplicationKind
from api.applications.model import Application
from api.catalogue.queries import Product
from api.certificates.custody import NewKey
from api.certificates.queries import Holding
from api.certificates.rules import Custody, Purpose
from api.realname.id_numbers import IdNumbers
from ca.distinguished import SubjectFacts
from ca.issuance import IssuanceRequest
from ca.profiles import CertificateProfile
from hsm import KeyKind, KeyUse, PublicKey

ENCRYPTION: Final = "/encryption"
"""What the request id of an encryption certificate ends in."""


def request_id(application_id: str) -> str:
    """How the CA knows the request of an application's signing certificate; the label of its key too."""
    return f"application/{application_id}"


@dataclass(frozen=True, slots=True)
class Half:
    """One certificate to be made: its profile, its key, and the serial of what it follows."""

    purpose: Purpose
    profile: str
    key: NewKey
    replaces: str | None = None


@dataclass(frozen=True, slots=True)
class Making:
    """What one download makes.

    ``before``: the halves of the certificate that the application is about, the signing one first; none for
    a first certificate. ``kept``: the encryption half that goes on under a new PIN.
    """

    known: Application
    product: Product
    halves: tuple[Half, ...]
    before: tuple[Holding, ...] = ()
    kept: Holding | None = None

    @property
    def custody(self) -> Custody:
        """Where the keys are kept."""
        return Custody(self.product.custody)


def planned(
    known: Application,
    product: Product,
    profiles: Mapping[str, CertificateProfile],
    before: tuple[Holding, ...],
    kept: Holding | None = None,
) -> Making:
    """The halves that the product has; without the encryption one where one goes on (``kept``)."""
    label, kind = request_id(known.id), KeyKind(product.key_kind)
    former = {one.purpose: one.serial for one in before}
    signing = NewKey(label, kind)
    halves = [Half(Purpose.SIGNING, product.profile, signing, former.get(Purpose.SIGNING))]
    if product.encryption_profile is not None and kept is None:
        escrow = profiles[product.encryption_profile].escrow
        key = NewKey(label + ENCRYPTION, kind, KeyUse.DECRYPT, escrow)
        follows = former.get(Purpose.ENCRYPTION)
        halves.append(Half(Purpose.ENCRYPTION, product.encryption_profile, key, follows))
    return Making(known, product, tuple(halves), before, kept)


def requested(making: Making, half: Half, public_key: PublicKey, id_numbers: IdNumbers) -> IssuanceRequest:
    """What the CA is asked for. The profile says which of the facts a certificate tells."""
    return IssuanceRequest(
        request_id=half.key.label,
        profile=half.profile,
        subject=subject_facts(making.known, id_numbers),
        public_key=public_key,
        validity_days=making.product.validity_days,
        replaces=None if half.replaces is None else int(half.replaces, 16),
    )


def subject_facts(known: Application, id_numbers: IdNumbers) -> SubjectFacts:
    """What is known of the holder; the profile says which of it a certificate tells."""
    return SubjectFacts(
        enterprise_name=known.enterprise_name,
        credit_code=known.credit_code,
        department=known.department,
        person_name=known.holder_name,
        person_number=f"{known.person_id:08d}",
        id_number=opened_holder_id(id_numbers, known),
    )


FIRST: Final = frozenset({ApplicationKind.CLAIM, ApplicationKind.JOIN, ApplicationKind.PERSONAL})
"""Kinds that give a first certificate; all others are about one that is there."""

"""Whether the CA can issue what a product promises, asked before anybody can apply for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from api.catalogue.errors import (
    EscrowMissing,
    KeyKindRefused,
    ProfileDoesNotSign,
    ProfileUnfit,
    ProfileUnknown,
    ValidityRefused,
)
from api.catalogue.rules import CertificateKind
from ca.profiles import CertificateProfile
from ca.profiles.model import Source
from ca.typesetting.errors import GlyphsMissing
from ca.typesetting.fonts import Face

_ENTERPRISE: Final = frozenset({Source.ENTERPRISE_NAME, Source.CREDIT_CODE})
_MEMBER: Final = _ENTERPRISE | {Source.PERSON_NAME, Source.PERSON_NUMBER, Source.DEPARTMENT}

# What the registration authority knows of each kind of subscriber.
_KNOWN: Final = {
    CertificateKind.ENTERPRISE: _ENTERPRISE,
    CertificateKind.CLERK: _MEMBER,
    CertificateKind.LEGAL_PERSON: _MEMBER,
    CertificateKind.PERSONAL: frozenset({Source.PERSON_NAME, Source.PERSON_NUMBER, Source.ID_DIGEST}),
}
# And what a certificate of that kind must say, or it would speak for somebody else.
_SAID: Final = {
    CertificateKind.ENTERPRISE: _ENTERPRISE,
    CertificateKind.CLERK: _ENTERPRISE | {Source.PERSON_NAME},
    CertificateKind.LEGAL_PERSON: _ENTERPRISE | {Source.PERSON_NAME},
    CertificateKind.PERSONAL: frozenset({Source.PERSON_NAME}),
}


def check_profiles(
    profiles: Mapping[str, CertificateProfile],
    kind: CertificateKind,
    profile: str,
    encryption_profile: str | None,
    key_kind: str,
    validity_days: int,
    *,
    escrow: bool = True,
) -> None:
    """``escrow``: an encryption key must have a second copy, as one on the holder's own lock cannot.

    Raises ProfileUnknown, ProfileUnfit, ProfileDoesNotSign, EscrowMissing, KeyKindRefused,
    ValidityRefused."""
    signing = _fit(profiles, kind, profile, key_kind, validity_days)
    if not signing.signs:
        raise ProfileDoesNotSign(f"{profile} makes no signatures", profile=profile)
    if encryption_profile is None:
        return
    if not _fit(profiles, kind, encryption_profile, key_kind, validity_days).escrow and escrow:
        raise EscrowMissing(f"{encryption_profile} has no escrow", profile=encryption_profile)


def check_printable(*texts: str) -> None:
    """What forms will print. Raises GlyphsMissing for a character that the font of forms lacks."""
    if missing := Face.SONG.coverage.missing("".join(texts)):
        raise GlyphsMissing(missing)


def _fit(
    profiles: Mapping[str, CertificateProfile], kind: CertificateKind, name: str, key_kind: str, days: int
) -> CertificateProfile:
    found = profiles.get(name)
    if found is None:
        raise ProfileUnknown(f"no profile {name!r}", profile=name)
    needed = {field.source for field in found.subject if field.source is not None and field.required}
    told = {field.source for field in found.subject}
    if found.is_ca or found.host_names or not needed <= _KNOWN[kind] or not _SAID[kind] <= told:
        raise ProfileUnfit(f"{name} does not fit a subscriber of kind {kind}", profile=name)
    if key_kind not in found.key_algorithms:
        raise KeyKindRefused(f"{name} allows no {key_kind}", profile=name, key_kind=key_kind)
    if not found.min_days <= days <= found.max_days:
        least, most = found.min_days, found.max_days
        raise ValidityRefused(f"{least} to {most} days", profile=name, least=least, most=most)
    return found

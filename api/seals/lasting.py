"""How signatures are made to last: whose time stamps they carry, and who speaks for the signers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from api.authority import CertificationAuthority
from api.outside.tsa import OutsideTsa
from api.settings import Settings
from ca.documents.levels import Lasting, Level
from ca.documents.time_stamping import Answer
from ca.outside_proofs import OutsideProofs
from ca.own_proofs import OwnProofs
from ca.trust import LockTrust


def open_lasting(
    settings: Settings, authority: CertificationAuthority, clock: Callable[[], datetime]
) -> Lasting:
    """Our own authority, asked in this process; the folder of others; the TSA that is configured, or ours."""
    pki = authority.pki

    def kept() -> LockTrust:
        return LockTrust.load(settings.folder.outside_cas)

    own = OwnProofs(authority.authorities, authority.ocsp, pki.root, pki.root_list.read_bytes)
    stamps: Answer = authority.stamper.answer
    if settings.tsa_url:
        stamps = OutsideTsa(settings.tsa_url, lambda: kept().cas).answer
    return Lasting(stamps, (own, OutsideProofs(kept, clock)), settings.signature_level or Level.B_LT)

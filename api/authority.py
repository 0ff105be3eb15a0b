"""The certification authority of one running application, put together from its settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from api.db import Database
from api.metrics.meters import Meters
from api.outside.ntp import time_server
from api.pki.service import Pki
from api.settings import Settings
from api.statements.signing import Statements
from api.tokens import OpenTokens, read_certificate
from api.upkeep.chores import chores
from api.upkeep.deadlines import Deadlines
from api.upkeep.runner import Chore
from ca.audit.checkpoints import Checkpointer
from ca.audit.event import Action, Event
from ca.audit.journal import Journal
from ca.authorities import IssuingAuthority, StoredAuthorities
from ca.crl import CrlLibrary, Published
from ca.issuance import Issuer
from ca.key_quality import load_blocked
from ca.ledger import Entry, Ledger
from ca.lint import Linter
from ca.ocsp import Presigner, Responder
from ca.own_certificates import OwnCertificates, OwnIdentity, Role
from ca.profile_trial import try_out
from ca.profiles import CertificateProfile, load_profiles
from ca.revocation import Revoker
from ca.status import Act
from ca.timestamps import ClockGuard, TimeStamper
from hsm import TokenKeys


@dataclass(frozen=True, slots=True)
class CertificationAuthority:
    """What issues, revokes, answers for and records certificates. ``chores``: what it has to do regularly."""

    journal: Journal
    ledger: Ledger
    authorities: StoredAuthorities
    profiles: Mapping[str, CertificateProfile]
    issuer: Issuer
    revoker: Revoker
    ocsp: Responder
    stamper: TimeStamper
    statements: Statements
    seal_maker: Callable[[], OwnIdentity]
    lists: CrlLibrary
    pki: Pki
    deadlines: Deadlines
    chores: list[Chore]


def open_authority(
    settings: Settings, db: Database, tokens: OpenTokens, meters: Meters, clock: Callable[[], datetime]
) -> CertificationAuthority:
    """Raises ConfigurationRefused and CaError: a profile or a list of blocked keys that cannot be read."""
    journal = Journal(db.engine, settings.node, clock)
    ledger = Ledger(db.engine, journal)
    keys = TokenKeys(tokens.issuing)
    authorities = StoredAuthorities(db.engine, keys.open, settings.pki_url)
    profiles = load_profiles(settings.folder.profiles, try_out)
    blocked = load_blocked(settings.folder.blocked_keys)
    issuer = Issuer(
        authorities, profiles, ledger, Linter(), clock, settings.id_salt(), meters.issued, blocked, journal
    )
    own = OwnCertificates(
        db.engine, authorities, issuer, keys, clock, settings.ca_organization, settings.own_key_kind
    )

    def responder(issuing: IssuingAuthority) -> OwnIdentity:
        return own.current(Role.OCSP, issuing)

    ocsp = Responder(db.engine, authorities, responder, clock)

    def status_changed(entry: Entry, act: Act) -> None:
        ocsp.changed()
        meters.status_changed(act)

    def published(name: str, made: Published) -> None:
        journal.record(Event(Action.LIST_PUBLISHED, name, detail={"number": made.number}))

    lists = CrlLibrary(db.engine, authorities, clock, settings.crl_policy, published)
    guard = ClockGuard(db.engine, clock, [time_server(one) for one in settings.time_servers])
    stamper = TimeStamper(lambda: own.current(Role.TIME_STAMPING), guard, settings.tsa_policy, meters.stamped)
    root = read_certificate(settings.folder.root_certificate)
    pki = Pki(root=root, root_list=settings.folder.root_crl, authorities=authorities, lists=lists)
    deadlines = Deadlines(pki.root, pki.root_list, authorities, own.all, lists, clock)
    return CertificationAuthority(
        journal=journal,
        ledger=ledger,
        authorities=authorities,
        profiles=profiles,
        issuer=issuer,
        revoker=Revoker(ledger, clock, status_changed, journal),
        ocsp=ocsp,
        stamper=stamper,
        statements=Statements(lambda: own.current(Role.STATEMENT), settings.public_url, clock),
        seal_maker=lambda: own.current(Role.SEAL_MAKER),
        lists=lists,
        pki=pki,
        deadlines=deadlines,
        chores=chores(
            lists,
            settings.folder.pki,
            Presigner(db.engine, authorities, responder, clock),
            own,
            authorities,
            issuer,
            guard,
            Checkpointer(db.engine, lambda: own.current(Role.AUDIT), clock, stamper.token),
            deadlines,
            clock,
        ),
    )

"""The services of scanning, put together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from api.certificates.custody import SubscriberKeys
from api.certificates.decryption import Decryption
from api.certificates.pins import PinTries
from api.certificates.service import Certificates
from api.db import Database
from api.enterprises.service import Enterprises
from api.jobs.handlers import Handlers
from api.openings.service import Openings
from api.realname.service import RealName
from api.scanning.acts.bind import Bind
from api.scanning.acts.decrypt import Decrypt
from api.scanning.acts.deposit import Deposit
from api.scanning.acts.generate import Generate
from api.scanning.acts.login import Login, ToolLogin
from api.scanning.acts.outcome import Act
from api.scanning.acts.record import Record
from api.scanning.acts.sign import Sign
from api.scanning.acts.telling import CertificatesTold
from api.scanning.acts.unwrapping import Unwrapping
from api.scanning.approving import Approvals
from api.scanning.asking import Asking
from api.scanning.bindings.service import Bindings
from api.scanning.choosing import Choices
from api.scanning.holders import Pseudonyms
from api.scanning.looking import Looking
from api.scanning.sealed import SealedDocuments
from api.seals.service import Sealing
from api.statements.signing import Statements
from ca.audit.journal import Journal
from ca.ledger import Ledger
from ca.timestamps import TimeStamper
from mobile_bridge.server.rules import SessionKind
from mobile_bridge.server.scans import ScanService

_HOUR: Final = 3600


@dataclass(frozen=True, slots=True)
class Scanning:
    """What the routes of this slice reach."""

    asking: Asking
    looking: Looking
    approvals: Approvals
    bindings: Bindings
    public_url: str


@dataclass(frozen=True, slots=True)
class Below:
    """What scanning stands upon."""

    db: Database
    clock: Callable[[], datetime]
    journal: Journal
    ledger: Ledger
    keys: SubscriberKeys
    tries: PinTries
    certificates: Certificates
    sealing: Sealing
    enterprises: Enterprises
    real_name: RealName
    statements: Statements
    scans: ScanService
    openings: Openings
    stamper: TimeStamper


def scanning(below: Below, server_key: bytes, public_url: str, handlers: Handlers) -> Scanning:
    """``server_key``: 32 bytes. ``handlers``: are given what has to be done regularly."""
    sealed = SealedDocuments(below.db, below.clock)
    choices = Choices(below.db, below.certificates)
    pseudonyms = Pseudonyms(server_key)
    decryption = Decryption(below.db, below.ledger, below.keys, below.tries, below.clock)
    approvals = Approvals(
        below.db,
        below.scans,
        choices,
        _acts(below, sealed, pseudonyms, decryption),
        below.statements,
        pseudonyms,
        below.clock,
        below.journal,
    )
    handlers.every("scans.sealed.clear", _HOUR, sealed.clear)
    return Scanning(
        asking=Asking(below.db, below.scans, sealed, below.statements, below.openings, below.clock),
        looking=Looking(below.db, below.scans, choices, decryption, below.real_name, below.clock),
        approvals=approvals,
        bindings=Bindings(below.db, below.clock, below.journal),
        public_url=public_url.rstrip("/"),
    )


def _acts(
    below: Below, sealed: SealedDocuments, pseudonyms: Pseudonyms, decryption: Decryption
) -> Mapping[SessionKind, Act]:
    db, certificates = below.db, below.certificates
    told = CertificatesTold(db, below.ledger, below.clock)
    bids = (db, certificates, decryption, Unwrapping(db, decryption, below.ledger), below.openings)
    return {
        SessionKind.BIND: Bind(db, certificates, told, pseudonyms, below.clock),
        SessionKind.LOGIN: Login(),
        SessionKind.TOOL_LOGIN: ToolLogin(certificates),
        SessionKind.SIGN: Sign(db, below.sealing, sealed),
        SessionKind.GENERATE: Generate(certificates),
        SessionKind.RECORD: Record(db, certificates, below.enterprises, told),
        SessionKind.DEPOSIT: Deposit(*bids, below.stamper, below.clock),
        SessionKind.DECRYPT: Decrypt(*bids),
    }

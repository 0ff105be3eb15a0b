"""The services of one running application, put together from its settings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509

from api import migrations
from api.accounts.operator_policy import OperatorPolicy
from api.accounts.service import Accounts
from api.applications.lock_signing import LockSigning
from api.applications.sending import SendToComputer
from api.applications.service import Applications, applications
from api.authority import open_authority
from api.catalogue.service import Catalogue
from api.certificates.at_hand import IssuedCertificates
from api.certificates.blobs import NewKeyBlobs
from api.certificates.custody import SubscriberKeys
from api.certificates.download import CertificateDownload
from api.certificates.endings import EndedMemberships
from api.certificates.issuing import Ca, Issuing
from api.certificates.on_lock.service import LockDownload
from api.certificates.on_lock.trust import AcceptedLocks
from api.certificates.on_lock.wiring import on_lock
from api.certificates.pin_change import PinChanges
from api.certificates.pins import PinTries
from api.certificates.reminding import Reminders
from api.certificates.restoring import EscrowedKeys
from api.certificates.revoking import Revoking
from api.certificates.service import Certificates
from api.certificates.sold import SoldCertificates
from api.certificates.suspension import Suspensions
from api.csc.service import RemoteSigning, remote_signing
from api.db import Database, make_engine
from api.enterprises.handover.service import Handovers
from api.enterprises.leaving import end_memberships
from api.enterprises.lookup import Lookups
from api.enterprises.service import Enterprises
from api.errors import ConfigurationRefused
from api.est.service import Est
from api.idempotency.calls import Calls
from api.job_handlers import job_handlers, slow_handlers
from api.jobs.supervision import QueueCollector
from api.jobs.worker import Worker
from api.journal.search import JournalSearch
from api.messages.account_news import AccountMessages
from api.metrics.meters import Meters
from api.metrics.state import StateCollector
from api.openings.wiring import OpeningServices, opening_services
from api.outside.alipay.client import Alipay
from api.outside.alipay.sandbox.routes import AlipaySandbox
from api.outside.aliyun.client import AliyunClient
from api.outside.aliyun.cloudauth_sandbox import CloudauthSandbox
from api.outside.sms_sandbox import SmsSandbox
from api.paging import Cursors
from api.payments.service import Payments
from api.payments.settling import Settling
from api.pki.service import Pki
from api.platforms.webhooks.scans import telling_ends
from api.platforms.wiring import PlatformServices, platform_services
from api.providers import (
    identity_providers,
    open_alipay,
    open_alipay_sandbox,
    open_cashier,
    open_cloudauth,
    open_cloudauth_sandbox,
    open_sms,
    open_sms_sandbox,
    realname_policy,
)
from api.realname.data_keys import ensure_data_key
from api.realname.desk import RealNameDesk
from api.realname.id_numbers import IdNumbers
from api.realname.service import RealName
from api.recovery.service import Recoveries
from api.registry.search import CertificateSearch
from api.registry.service import Registry
from api.review.decisions import wanted_of
from api.review.service import Review, review
from api.review.signatures import Judge
from api.scanning.holders import Pseudonyms
from api.scanning.wiring import Below, Scanning, scanning
from api.seals.lasting import open_lasting
from api.seals.letters import EnterpriseLetters
from api.seals.wiring import Seals, seals
from api.settings import Settings
from api.tokens import OpenTokens, read_certificate
from api.upkeep.runner import Chore, Upkeep
from api.verification.service import Verifier
from api.verification.wiring import verifier
from ca.audit.journal import Journal
from ca.issuance import Issuer
from ca.ocsp import Responder
from ca.renewal import Renewals
from ca.timestamps import TimeStamper
from ca.trust import LockTrust
from hsm import open_escrow
from mobile_bridge.server.enrolling import Enrolments
from mobile_bridge.server.scans import ScanService
from mobile_bridge.server.scans.waiting import WaitingRoom
from mobile_bridge.server.service import BridgeService

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Services:
    """What the routes reach through ``app.state.services``."""

    db: Database
    tokens: OpenTokens
    sms_sandbox: SmsSandbox | None
    accounts: Accounts
    catalogue: Catalogue
    enterprises: Enterprises
    lookups: Lookups
    handovers: Handovers
    applications: Applications
    sending: SendToComputer
    review: Review
    download: CertificateDownload
    lock_download: LockDownload
    lock_enrolments: Enrolments
    certificates: Certificates
    pin_changes: PinChanges
    suspensions: Suspensions
    seals: Seals
    remote_signing: RemoteSigning
    pki: Pki
    verifier: Verifier
    ocsp: Responder
    bridge: BridgeService
    scans: ScanService
    waiting: WaitingRoom
    scanning: Scanning
    opening: OpeningServices
    issuer: Issuer
    registry: Registry
    certificate_search: CertificateSearch
    recoveries: Recoveries
    journal_search: JournalSearch
    est: Est
    meters: Meters
    journal: Journal
    stamper: TimeStamper
    upkeep: Upkeep
    real_name: RealName
    real_name_desk: RealNameDesk
    alipay: Alipay
    alipay_sandbox: AlipaySandbox | None
    cloudauth: AliyunClient | None
    cloudauth_sandbox: CloudauthSandbox | None
    sandbox_upkeep: Upkeep
    worker: Worker
    inspector: Worker
    payments: Payments
    settling: Settling
    platforms: PlatformServices
    metrics_token: str
    client_certificate_header: str | None
    cursors: Cursors
    calls: Calls

    def settle(self) -> int:
        """Finish or give up what a crash interrupted; returns how many certificates were given up."""
        self.bridge.settle()
        return len(self.issuer.settle())

    def close(self) -> None:
        """End upkeep and jobs, log out of the tokens and close the database."""
        self.inspector.stop()
        self.platforms.messenger.stop()
        self.worker.stop()
        self.upkeep.stop()
        self.sandbox_upkeep.stop()
        if self.alipay_sandbox is not None:
            self.alipay_sandbox.close()
        self.alipay.close()
        if self.cloudauth is not None:
            self.cloudauth.close()
        self.tokens.close()
        self.db.engine.dispose()


def open_services(settings: Settings) -> Services:
    """Open database and tokens. Raises ConfigurationRefused, HsmError, CaError."""
    read_certificate(settings.folder.issuing_certificate)  # what setup makes last
    db = Database(make_engine(settings.database))
    try:
        _check_schema(settings, db)
        meters = Meters()
        tokens = OpenTokens.open(settings, meters)
    except BaseException:
        db.engine.dispose()
        raise
    try:
        return _wired(settings, db, tokens, meters)
    except BaseException:
        tokens.close()
        db.engine.dispose()
        raise


def _check_schema(settings: Settings, db: Database) -> None:
    if settings.is_embedded:
        migrations.upgrade(db.engine)
    elif not migrations.is_current(db.engine):
        raise ConfigurationRefused(
            "the database has another schema; run `sealbridge setup`",
            reason="数据库结构不是当前版本，请先运行 sealbridge setup",
        )


def _wired(settings: Settings, db: Database, tokens: OpenTokens, meters: Meters) -> Services:
    authority = open_authority(settings, db, tokens, meters, _now)
    journal, ledger, authorities = authority.journal, authority.ledger, authority.authorities
    issuer, revoker, profiles = authority.issuer, authority.revoker, authority.profiles
    meters.registry.register(StateCollector(db, authority.lists, authority.deadlines, _now))
    data_key = ensure_data_key(db, tokens.subscribers, _now())
    id_numbers = IdNumbers(data_key, settings.data_secret())
    sms = open_sms(settings, _now)
    accounts = Accounts(
        db,
        sms,
        settings.server_secret(),
        _now,
        journal,
        OperatorPolicy(
            settings.public_url,
            timedelta(minutes=settings.operator_idle_minutes),
            settings.operator_passkeys == "required",
        ),
        AccountMessages(),
    )
    vault, blobs = tokens.vault(), NewKeyBlobs(db, _now)
    tries = PinTries(db, _now, journal)
    keys = SubscriberKeys(vault, open_escrow(vault.token), blobs, tries)
    alipay = open_alipay(settings, _now)
    cloudauth = open_cloudauth(settings, _now)
    alipay_sandbox = open_alipay_sandbox(settings, db, _now)
    certificates = Certificates(db, ledger, keys, authorities, _now, max(settings.reminder_days))
    lasting, known = open_lasting(settings, authority, _now), settings.operator_identities == "required"
    sealing = seals(db, certificates, ledger, authority.seal_maker, lasting, _now, journal, known=known)
    remote = remote_signing(settings, db, accounts, certificates, keys, authority.stamper, _now, journal)
    revoking = Revoking(db, ledger, revoker, _now)
    memberships = EndedMemberships(db, revoking)
    at_hand = IssuedCertificates(ledger, _now)
    handovers = Handovers(db, EnterpriseLetters(db, at_hand, sealing.sealing), _now, journal)
    applied = applications(db, id_numbers, at_hand, sealing.sealing, revoker, _now, journal, wanted_of)
    cashier = open_cashier(settings, alipay)
    settling = Settling(db, cashier, _now, journal)
    calls = Calls(db, settings.server_secret(), _now)
    reminders = Reminders(db, _now, settings.reminder_days)
    escrowed = EscrowedKeys(keys, blobs, ledger)
    ca = Ca(issuer, Renewals(issuer, ledger, revoker, _now), ledger, authorities, profiles)
    issuing = Issuing(db, ca, id_numbers, applied.carrying_out.carry_out, _now, journal)
    known_as = Pseudonyms(settings.server_secret()).number
    opening = opening_services(db, authority.statements, authority.stamper, known_as, _now)
    scans = ScanService(
        db.engine,
        _now,
        settings.server_secret(),
        settings.public_url,
        telling_ends(_now),
        opening.scan_log.step,
    )
    waiting = WaitingRoom(scans, opening.scan_log.shown)
    meters.count_waiting(lambda: waiting.seated)
    meters.registry.register(QueueCollector(db, _now))
    enterprises = Enterprises(db, _now, journal)
    identities = identity_providers(alipay, cloudauth)
    real_name = RealName(db, id_numbers, identities, realname_policy(settings), _now, journal)

    def trust() -> LockTrust:
        return LockTrust.load(settings.folder.lock_cas)

    def own_cas() -> list[x509.Certificate]:
        return [one.authority.certificate for one in authorities.all()]

    judge = Judge(trust, own_cas, at_hand)
    reviewing = review(
        db,
        id_numbers,
        judge,
        at_hand,
        _now,
        journal,
        identities_required=known,
    )
    signing = LockSigning(db, AcceptedLocks(db, ledger, trust), settings.site_name)
    bridge = BridgeService(db.engine, _now, signing, settings.public_url)
    handlers = job_handlers(
        db, _now, calls, applied, memberships, handovers, settling, reminders, revoking, scans, bridge
    )
    sealing.register(handlers)
    locks = on_lock(db, bridge, issuing, _now, journal, settings.site_name)
    return Services(
        db=db,
        tokens=tokens,
        sms_sandbox=open_sms_sandbox(settings, db, _now),
        accounts=accounts,
        catalogue=Catalogue(db, profiles, _now, journal),
        enterprises=enterprises,
        lookups=Lookups(db, _now),
        handovers=handovers,
        applications=applied,
        sending=SendToComputer(db, bridge, at_hand),
        review=reviewing,
        download=CertificateDownload(keys, escrowed, issuing),
        lock_download=locks.download,
        lock_enrolments=locks.enrolments,
        certificates=certificates,
        pin_changes=PinChanges(db, keys, tries, blobs, _now, journal),
        suspensions=Suspensions(db, ledger, revoker, keys, _now),
        seals=sealing,
        remote_signing=remote,
        pki=authority.pki,
        verifier=verifier(settings.folder, db, settings.server_secret(), _now, authority.pki),
        stamper=authority.stamper,
        upkeep=Upkeep(
            [
                Chore("accounts", 3600.0, accounts.forget),
                Chore("csc", 300.0, remote.forget),
                *authority.chores,
            ],
            meters.chore_failed,
        ),
        real_name=real_name,
        real_name_desk=RealNameDesk(db, id_numbers, _now, journal, end_memberships),
        alipay=alipay,
        alipay_sandbox=alipay_sandbox,
        cloudauth=cloudauth,
        cloudauth_sandbox=open_cloudauth_sandbox(settings, _now),
        sandbox_upkeep=_sandbox_upkeep(alipay_sandbox, meters),
        payments=Payments(db, cashier, SoldCertificates(), _now, journal),
        settling=settling,
        worker=Worker(db, handlers, _now, meters.job_failed),
        inspector=Worker(
            db, slow_handlers(reviewing), _now, meters.job_failed, settings.inspection_threads, patience=2.0
        ),
        journal=journal,
        ocsp=authority.ocsp,
        bridge=bridge,
        scans=scans,
        waiting=waiting,
        opening=opening,
        scanning=scanning(
            Below(
                db=db,
                clock=_now,
                journal=journal,
                ledger=ledger,
                keys=keys,
                tries=tries,
                certificates=certificates,
                sealing=sealing.sealing,
                enterprises=enterprises,
                real_name=real_name,
                statements=authority.statements,
                scans=scans,
                openings=opening.openings,
                stamper=authority.stamper,
            ),
            settings.server_secret(),
            settings.public_url,
            handlers,
        ),
        issuer=issuer,
        registry=Registry(db, ledger, revoker, _now),
        certificate_search=CertificateSearch(db, ledger, id_numbers),
        journal_search=JournalSearch(db, journal),
        recoveries=Recoveries(db, escrowed, _now, journal),
        platforms=platform_services(settings, db, _now, journal, authority.statements, handlers, meters),
        meters=meters,
        metrics_token=settings.metrics_secret(),
        est=Est(db, issuer, ledger, authorities, profiles, _now, journal),
        client_certificate_header=settings.client_certificate_header,
        cursors=Cursors(settings.server_secret()),
        calls=calls,
    )


def _sandbox_upkeep(alipay: AlipaySandbox | None, meters: Meters) -> Upkeep:
    """A thread of its own: what it does calls this server, and must keep nothing else waiting."""
    notices = [] if alipay is None else [Chore("alipay_sandbox_notices", 0.5, alipay.notices.deliver_due)]
    return Upkeep(notices, meters.chore_failed, tick=0.5)


def _now() -> datetime:
    return datetime.now(UTC)

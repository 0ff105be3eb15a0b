"""Whose lock may sign which form: locks of other CAs by their CAs, our own by what we know of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from api.applications.kinds import ApplicationKind
from api.applications.model import Application
from api.catalogue.rules import CertificateKind, Custody
from api.certificates import queries
from api.certificates.queries import Holding
from api.certificates.rules import CertificateState, Purpose, state
from api.db import Database
from api.errors import NotFound
from ca.errors import (
    CertificateUnknown,
    LockCertificateDiffers,
    LockExpired,
    LockIssuerUnknown,
    LockNotForSigning,
    LockOfOtherEnterprise,
    LockRefused,
    LockRevoked,
)
from ca.ledger import Ledger
from ca.trust import LockTrust

_NOT_ACTIVE: Final[dict[CertificateState, type[LockRefused]]] = {
    CertificateState.EXPIRED: LockExpired,
    CertificateState.SUSPENDED: LockRevoked,
    CertificateState.REVOKED: LockRevoked,
}


class AcceptedLocks:
    """Implements ``LockJudge`` of ``api.applications``.

    A certificate of ours needs no file in ``lock-cas``: ledger and holdings know it, its standing at this
    moment included. ``trust``: the CAs of other locks as they are configured now, lists included.
    """

    def __init__(self, db: Database, ledger: Ledger, trust: Callable[[], LockTrust]) -> None:
        self._db = db
        self._ledger = ledger
        self._trust = trust

    def check(self, certificate: x509.Certificate, at: datetime, known: Application) -> None:
        """Raises the subclasses of LockRefused."""
        renews = known.kind is ApplicationKind.RENEWAL
        held = self._own(certificate, at)
        if renews and (held is None or held.serial != known.serial):
            raise LockCertificateDiffers("a renewal is signed with the certificate that it is about")
        if held is None:
            self._trust().check(certificate, at, known.enterprise.credit_code)
        elif not renews:
            _check_speaks_for(held, known.enterprise.credit_code)

    def _own(self, certificate: x509.Certificate, at: datetime) -> Holding | None:
        """The holding of a certificate that we issued, None of any other. Raises what it lacks."""
        try:
            entry = self._ledger.find(certificate.serial_number)
            if entry.der != certificate.public_bytes(Encoding.DER):
                return None
            with self._db.read() as tx:
                held = queries.find(tx, f"{certificate.serial_number:x}")
        except CertificateUnknown:
            return None
        except NotFound:  # a machine's: trusted only where its CA is among those of locks
            return None
        if Custody(held.custody) is not Custody.LOCK:
            raise LockIssuerUnknown("the certificate's key is on no lock")
        if held.purpose is not Purpose.SIGNING:
            raise LockNotForSigning("the certificate is for encryption")
        if (refusal := _NOT_ACTIVE.get(state(entry.not_after, entry.revocation, at))) is not None:
            raise refusal("the certificate is not in force")
        return held


def _check_speaks_for(held: Holding, credit_code: str) -> None:
    """An enterprise's own: a clerk's certificate names the same code, and does not found an administrator."""
    if held.credit_code != credit_code or held.kind is not CertificateKind.ENTERPRISE:
        raise LockOfOtherEnterprise("the certificate is not the enterprise's own")

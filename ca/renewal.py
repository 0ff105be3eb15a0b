"""A subscriber's next certificate, with the same key or a new one."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from datetime import datetime

from ca.distinguished import Subject
from ca.errors import AlreadyRevoked, RenewalHeld, RenewalRefused
from ca.issuance import IssuanceRequest, IssuedCertificate, Issuer
from ca.ledger import Entry, Ledger
from ca.revocation import Revoker
from ca.status import Standing, standing
from hsm import PublicKey


class Renewals:
    """Renews and replaces certificates. Each verb may be repeated under its request id."""

    def __init__(
        self, issuer: Issuer, ledger: Ledger, revoker: Revoker, clock: Callable[[], datetime]
    ) -> None:
        self._issuer = issuer
        self._ledger = ledger
        self._revoker = revoker
        self._clock = clock

    def renew(
        self, serial: int, request_id: str, public_key: PublicKey | None = None, days: int | None = None
    ) -> IssuedCertificate:
        """续期: a new certificate beside the present one, which goes on until its end.

        ``public_key``: None for the same key again. Raises CertificateUnknown, RenewalRefused (revoked,
        suspended, or expired), and what ``Issuer.issue`` raises.
        """
        known = self._ledger.find(serial)
        self._check_in_force(known)
        return self._issue(known, request_id, public_key, days)

    def renew_together(self, requests: Sequence[IssuanceRequest]) -> list[IssuedCertificate]:
        """The two halves of a dual certificate at once, or one; subject and terms may be others than before.

        The first request names what it ``replaces``, which must be in force unless it was served before.
        Raises as ``renew`` does.
        """
        first = requests[0]
        if first.replaces is not None and self._ledger.find_by_request(first.request_id) is None:
            self._check_in_force(self._ledger.find(first.replaces))
        return self._issuer.issue_together(requests)

    def replace(
        self, serial: int, request_id: str, public_key: PublicKey, reason: str = "superseded"
    ) -> IssuedCertificate:
        """A certificate over a new key instead of one whose key cannot be used any more (PIN forgotten, lock
        lost); the old one is revoked as soon as the new one is recorded. It ends when the old one would have.

        Killed in between, the same call finishes it. Raises as ``renew`` does.
        """
        known = self._ledger.find(serial)
        days = None
        if self._ledger.find_by_request(request_id) is None:
            days = self._days_left(known)
        issued = self._issue(known, request_id, public_key, days)
        if standing(self._ledger.find(serial).revocation) is not Standing.REVOKED:
            with contextlib.suppress(AlreadyRevoked):  # by the same call in another thread
                self._revoker.revoke(serial, reason)
        return issued

    def _check_in_force(self, known: Entry) -> None:
        stands = standing(known.revocation)
        if stands is Standing.SUSPENDED:
            raise RenewalHeld("a suspended certificate is not renewed")
        if stands is Standing.REVOKED:
            raise RenewalRefused("a revoked certificate is not renewed")
        if known.not_after < self._clock():
            raise RenewalRefused("an expired certificate is not renewed but applied for again")

    def _days_left(self, known: Entry) -> int:
        if standing(known.revocation) is Standing.REVOKED:
            raise RenewalRefused("a revoked certificate is not replaced but applied for again")
        days = (known.not_after - self._clock()).days
        if days < 1:
            raise RenewalRefused("an expired certificate is not replaced but applied for again")
        return days

    def _issue(
        self, known: Entry, request_id: str, public_key: PublicKey | None, days: int | None
    ) -> IssuedCertificate:
        certificate = known.certificate
        same: PublicKey = certificate.public_key()  # type: ignore[assignment]
        return self._issuer.issue(
            IssuanceRequest(
                request_id,
                known.profile,
                Subject.of_certificate(certificate),
                public_key or same,
                days,
                replaces=known.serial,
            )
        )

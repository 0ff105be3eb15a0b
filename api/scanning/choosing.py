"""Which certificate and which of the platform's users an approval is for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from api.certificates import queries as holdings
from api.certificates.power import require_power
from api.certificates.queries import Holding
from api.certificates.rules import CertificateUnusable, require_kept_here
from api.certificates.service import Certificates, HeldCertificate
from api.db import Database
from api.realname.access import VerifiedPerson
from api.scanning.bindings import queries as bindings
from api.scanning.bindings.queries import Binding
from api.scanning.errors import (
    BindingNeeded,
    CertificateNeeded,
    EnterpriseDiffers,
    NotBound,
    PinNeeded,
)
from api.scanning.kinds import KINDS, KindRule
from mobile_bridge.server.scans import Scan


@dataclass(frozen=True, slots=True)
class Said:
    """What the holder chose and typed. ``pins``: of retired encryption certificates that have another PIN
    than the one chosen, by serial number."""

    certificate: str | None = None
    binding: str | None = None
    pin: str | None = field(default=None, repr=False)
    pins: dict[str, str] = field(default_factory=dict, repr=False)
    seal: str | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """One act that a person is about to approve.

    ``certificate``: opened by the PIN, or, where there is none, what the binding stands upon today;
    ``binding``: None for the act that makes one.
    """

    scan: Scan
    rule: KindRule
    person: VerifiedPerson
    certificate: Holding
    binding: Binding | None
    pin: str = field(repr=False)
    pins: dict[str, str] = field(repr=False)
    seal: str | None = None

    @property
    def request(self) -> dict[str, Any]:
        """What the platform asked for."""
        return self.scan.request


class Choices:
    """What a person may choose from, and whether a choice holds."""

    def __init__(self, db: Database, certificates: Certificates) -> None:
        self._db = db
        self._certificates = certificates

    def bindings(self, scan: Scan, person: VerifiedPerson) -> list[Binding]:
        """The platform's users that the person is, newest first; none where the act makes one."""
        if not KINDS[scan.kind].needs_binding:
            return []
        with self._db.read() as tx:
            return bindings.in_force(tx, scan.platform, person.id)

    def certificates(self, scan: Scan, person: VerifiedPerson, bound: list[Binding]) -> list[HeldCertificate]:
        """Certificates that the act can be approved with, newest first."""
        rule = KINDS[scan.kind]
        if not rule.asks_pin:
            return []
        usable = self._certificates.to_choose_from(person, rule.permission)
        if rule.needs_binding:
            codes = {one.credit_code for one in bound}
            return [one for one in usable if one.holding.credit_code in codes]
        wanted = scan.request.get("credit_code")
        return [one for one in usable if wanted is None or one.holding.credit_code == wanted]

    def made(self, scan: Scan, person: VerifiedPerson, said: Said) -> Asked:
        """The choice, as far as it can be judged before the PIN.

        Raises CertificateNeeded, PinNeeded, BindingNeeded, NotFound, NotBound, EnterpriseDiffers,
        CustodyIsLock, NotPermitted, AdministratorNeeded, CertificateUnusable.
        """
        rule = KINDS[scan.kind]
        with self._db.read() as tx:
            held = self._held(tx, rule, person, said)
            bound = bindings.in_force(tx, scan.platform, person.id) if rule.needs_binding else []
        chosen = _chosen(bound, held, said, scan) if rule.needs_binding else None
        if held is None:
            held = self._in_force(person, chosen, rule)
        if chosen is None:
            _check_enterprise(scan, held)
        return Asked(scan, rule, person, held, chosen, said.pin or "", said.pins, said.seal)

    def check_still(self, asked: Asked) -> None:
        """The certificate is as it was when its key was opened: suspended meanwhile, it gives nothing out.

        Raises CertificateUnusable, and what a lost power does.
        """
        self._certificates.usable(asked.person, asked.certificate.serial, asked.rule.permission)

    def _held(self, tx: Connection, rule: KindRule, person: VerifiedPerson, said: Said) -> Holding | None:
        if not rule.asks_pin:
            return None
        if said.certificate is None:
            raise CertificateNeeded("certificate: the serial number of one")
        if not said.pin:
            raise PinNeeded("pin: of the certificate")
        held = holdings.find_own(tx, said.certificate, person.id)
        require_kept_here(held.custody)
        return held

    def _in_force(self, person: VerifiedPerson, chosen: Binding | None, rule: KindRule) -> Holding:
        """Without a PIN too, a binding stands upon a certificate in force and upon the power of today."""
        if chosen is None:
            raise CertificateNeeded("certificate: the serial number of one")
        for one in self._certificates.to_choose_from(person, rule.permission):
            if one.holding.credit_code == chosen.credit_code:
                return one.holding
        with self._db.read() as tx:
            require_power(tx, holdings.find(tx, chosen.serial), rule.permission)
        raise CertificateUnusable("no certificate in force for the enterprise of the binding")


def _chosen(bound: list[Binding], held: Holding | None, said: Said, scan: Scan) -> Binding:
    if said.binding is not None:
        bound = [one for one in bound if one.id == said.binding]
    if not bound:
        raise NotBound("no user of the platform is bound to the person", scan=scan.id)
    if held is not None:
        bound = [one for one in bound if one.credit_code == held.credit_code]
        if not bound:
            raise EnterpriseDiffers("the binding is for another enterprise than the certificate")
    if len(bound) > 1:
        raise BindingNeeded("binding: several are possible")
    return bound[0]


def _check_enterprise(scan: Scan, held: Holding) -> None:
    wanted = scan.request.get("credit_code")
    if wanted is not None and held.credit_code != wanted:
        raise EnterpriseDiffers("the platform's user belongs to another enterprise")

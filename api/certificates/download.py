"""下载证书: from an approved application of any kind to key pairs in custody and their certificates.

Every step may be the last before a crash: see ``api.certificates.issuing``. The keys are found again by
their labels.
"""

from __future__ import annotations

from contextlib import suppress

from api.accounts.sessions import Person
from api.applications.kinds import ApplicationKind
from api.applications.model import Application
from api.applications.rules import Action, Actor, Status, move
from api.certificates.custody import SubscriberKeys
from api.certificates.issuing import Approved, Downloaded, Issuing
from api.certificates.queries import Holding
from api.certificates.restoring import EscrowedKeys
from api.certificates.rules import Custody, NotEscrowed, check_pin, require_kept_here


class CertificateDownload:
    """Issues certificates to the persons whose applications were approved, over keys in our custody."""

    def __init__(self, keys: SubscriberKeys, escrowed: EscrowedKeys, issuing: Issuing) -> None:
        self._keys = keys
        self._escrowed = escrowed
        self._issuing = issuing

    def download(self, person: Person, application_id: str, pin: str) -> Downloaded:
        """The certificates of an approved application; the keys are made now and guarded by ``pin``.

        May be repeated with the same PIN. What is refused for good ends the application. Raises NotFound,
        CustodyIsLock (下载到 CA 锁 instead), WrongMove, PinWeak, PinIncorrect (the key was made with another
        PIN), PinLocked, and what ``Issuing.issue`` raises.
        """
        check_pin(pin)
        approved = self._issuing.of_person(person.id, application_id)
        require_kept_here(approved.product.custody)
        known = approved.known
        if known.status is Status.ISSUED:
            return self._again(approved, pin)
        move(known.kind, known.status, Action.ISSUE, Actor.APPLICANT)
        with self._issuing.ending(known):
            return self._first_time(approved, pin)

    def _again(self, approved: Approved, pin: str) -> Downloaded:
        for one in approved.given:
            self._keys.open(Custody(one.custody), one.key_label, pin)
        return self._issuing.again(approved.given)

    def _first_time(self, approved: Approved, pin: str) -> Downloaded:
        before = self._issuing.before(approved)
        making = self._issuing.plan(approved, before, self._kept(approved.known, before))
        keys = [self._keys.ensure(making.custody, half.key, pin).public_key() for half in making.halves]
        restored = None if making.kept is None else self._escrowed.restored(making.kept, pin)
        return self._issuing.issue(making, keys, restored)

    def _kept(self, known: Application, before: tuple[Holding, ...]) -> Holding | None:
        """The encryption half whose key is brought back under the new PIN; what has no copy is replaced."""
        if known.kind is not ApplicationKind.PIN_RESET:
            return None
        for one in before:
            with suppress(NotEscrowed):
                self._escrowed.check(one)
                return one
        return None

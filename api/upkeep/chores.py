"""Which chores there are."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Final

from api.logs import log
from api.upkeep.deadlines import Deadlines
from api.upkeep.runner import Chore
from ca.audit.checkpoints import Checkpointer
from ca.authorities import Authorities
from ca.crl import CrlLibrary
from ca.crl.files import write_lists
from ca.deadlines import due
from ca.issuance import Issuer
from ca.ocsp import Presigner
from ca.own_certificates import OwnCertificates, Role
from ca.timestamps import ClockGuard

_MINUTE: Final = 60.0
_HOUR: Final = 60 * _MINUTE


def chores(
    lists: CrlLibrary,
    folder: Path,
    presigner: Presigner,
    own: OwnCertificates,
    authorities: Authorities,
    issuer: Issuer,
    guard: ClockGuard,
    checkpointer: Checkpointer,
    deadlines: Deadlines,
    clock: Callable[[], datetime],
) -> list[Chore]:
    """All of them. A change of status is on the lists within a quarter of a minute; it is known to the
    responder at once."""

    def publish() -> None:
        lists.publish_due()
        write_lists(folder, lists)

    def renew_own() -> None:
        for issuing in authorities.all():
            if clock() < issuing.authority.certificate.not_valid_after_utc:
                own.current(Role.OCSP, issuing)
        own.current(Role.TIME_STAMPING)
        own.current(Role.AUDIT)
        own.current(Role.STATEMENT)
        own.current(Role.SEAL_MAKER)
        own.destroy_expired()

    def answers() -> None:
        presigner.renew()
        presigner.fill()

    def warn() -> None:
        for one in due(deadlines.all(), clock()):
            log.warning("deadline", name=one.name, ends=one.ends.isoformat(timespec="seconds"))

    def settle() -> None:
        given_up = issuer.settle()
        if given_up:
            log.warning("intents_given_up", count=len(given_up))

    def sign_journal() -> None:
        for node, sequence, digest in checkpointer.sign_due():
            # The log is kept elsewhere: what it noted shows a journal that was cut off with its checkpoints.
            log.info("journal_end", end=f"{node}:{sequence}:{digest}")

    return [
        Chore("clock", 5 * _MINUTE, guard.confirm),
        Chore("own_certificates", 10 * _MINUTE, renew_own),
        Chore("lists", 15.0, publish),
        Chore("answers", _MINUTE, answers),
        Chore("old_answers", _HOUR, presigner.forget),
        Chore("intents", _MINUTE, settle),
        Chore("journal", _MINUTE, sign_journal),
        Chore("deadlines", _HOUR, warn),
    ]

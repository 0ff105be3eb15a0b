"""A platform asks: what it may ask for, how its scan stands, and what the scan gave."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from api.db import Database
from api.openings.calls import KeptCall
from api.openings.deposits import keys_of
from api.openings.service import Openings
from api.platforms import documents
from api.platforms.registered import Platform
from api.platforms.rules import check_scope
from api.scanning.digests import request_digest
from api.scanning.errors import (
    EnvelopeRepeated,
    OriginNotRegistered,
    PlaceOffPage,
    ScanUnfinished,
    TooManyDocuments,
    TooManyEnvelopes,
    TooManyPlaces,
)
from api.scanning.kinds import MOST_DOCUMENTS, MOST_ENVELOPES, MOST_PLACES, scope_of
from api.scanning.requests import (
    BindAsked,
    DecryptAsked,
    DepositAsked,
    DocumentAsked,
    ScanAsked,
    SignAsked,
    as_sent,
    tender_of,
)
from api.scanning.sealed import SealedDocuments
from api.statements.signing import Statements
from ca.documents.errors import KeywordNotFound, PageNotFound, SealOffPage, SeamTooShort
from ca.documents.impressions import impressions
from ca.documents.sealable import SealablePdf, open_sealable
from ca.envelopes.session import check_session_key
from mobile_bridge.server.rules import SessionKind, Status
from mobile_bridge.server.scans import CreatedScan, Scan, ScanService

_SEAL_MM: Final = 40.0  # of a limited company's
_LONGER: Final = timedelta(hours=1)
"""What a scan needs of a document outlives the scan by this at least."""


@dataclass(frozen=True, slots=True)
class NewScan:
    """A scan that was just made, and its request's digest."""

    made: CreatedScan
    digest: str


class Asking:
    """The verbs of platforms. Another platform's scan is SessionNotFound."""

    def __init__(
        self,
        db: Database,
        scans: ScanService,
        sealed: SealedDocuments,
        statements: Statements,
        openings: Openings,
        clock: Callable[[], datetime],
    ) -> None:
        self._db = db
        self._scans = scans
        self._sealed = sealed
        self._statements = statements
        self._openings = openings
        self._clock = clock

    def ask(self, call: KeptCall, asked: ScanAsked) -> NewScan:
        """A scan for one of the calling platform's pages.

        Raises ScopeMissing, OriginNotRegistered, DocumentMissing, PlaceOffPage, TooManyDocuments,
        TooManyPlaces, TooManyEnvelopes, EnvelopeRepeated, SessionKeyInvalid, DocumentRefused, and what
        ``Openings`` does for bids.
        """
        platform = call.platform
        check_scope(platform.scopes, scope_of(SessionKind(asked.kind)))
        origin = asked.origin or platform.origins[0]
        if origin not in platform.origins:
            raise OriginNotRegistered(f"{origin} is none of the platform's origins")
        request = as_sent(asked)
        digest = request_digest(platform.id, origin, request)
        self._check(call, asked, request, digest)
        made = self._scans.create(
            platform.id,
            SessionKind(asked.kind),
            request,
            origin=origin,
            digest=digest,
            lifetime=timedelta(seconds=asked.lifetime_seconds),
            subject=asked.user if isinstance(asked, BindAsked) else "",
        )
        return NewScan(made, digest)

    def scan(self, platform: Platform, scan_id: str) -> Scan:
        """Raises SessionNotFound."""
        return self._scans.of_platform(scan_id, platform.id)

    def cancel(self, platform: Platform, scan_id: str) -> None:
        """Raises SessionNotFound, or why the scan is closed."""
        self._scans.cancel(scan_id, platform.id)

    def sealed(self, platform: Platform, scan_id: str, number: int) -> bytes:
        """A sealed document of a complete scan.

        Raises SessionNotFound, ScanUnfinished, SealedDocumentGone.
        """
        scan = self.scan(platform, scan_id)
        if scan.status is not Status.COMPLETE or scan.kind is not SessionKind.SIGN or scan.answer is None:
            raise ScanUnfinished(f"a {scan.status} scan of the kind {scan.kind}")
        given = scan.answer["documents"]
        if not 0 <= number < len(given):
            raise ScanUnfinished(f"the scan has {len(given)} documents")
        return self._sealed.read(scan.id, number, given[number]["sealed_sha256"])

    def evidence(self, platform: Platform, scan_id: str) -> tuple[dict[str, Any], str]:
        """What happened, in order; and the same signed by the service. Raises SessionNotFound, HsmError."""
        scan = self.scan(platform, scan_id)
        told = {
            "scan": scan.id,
            "kind": scan.kind.value,
            "platform": scan.platform,
            "origin": scan.origin,
            "request_digest": scan.digest,
            "status": scan.status.value,
            "events": [_event(one) for one in self._scans.events(scan.id)],
        }
        return told, self._statements.sign({"aud": scan.origin, "sub": "evidence", **told})

    def _check(self, call: KeptCall, asked: ScanAsked, request: dict[str, Any], digest: str) -> None:
        if isinstance(asked, SignAsked):
            self._check_documents(call.platform, asked)
        elif isinstance(asked, DepositAsked | DecryptAsked):
            _check_envelopes(asked)
            keys, tender = keys_of(request["envelopes"]), tender_of(asked.tender)
            ask = self._openings.ask_decryption
            if isinstance(asked, DepositAsked):
                ask = self._openings.ask_deposit
            ask(call, tender, keys, digest)

    def _check_documents(self, platform: Platform, asked: SignAsked) -> None:
        if len(asked.documents) > MOST_DOCUMENTS:
            raise TooManyDocuments(f"{len(asked.documents)} documents", most=MOST_DOCUMENTS)
        if any(len(one.places) > MOST_PLACES for one in asked.documents):
            raise TooManyPlaces(f"at most {MOST_PLACES} in a document", most=MOST_PLACES)
        digests = [one.sha256 for one in asked.documents]
        until = self._clock() + timedelta(seconds=asked.lifetime_seconds) + _LONGER
        with self._db.write() as tx:
            documents.listed(tx, platform.id, digests, self._clock())
            for digest in dict.fromkeys(digests):
                documents.keep_until(tx, platform.id, digest, until)
        for number, one in enumerate(asked.documents):
            with self._db.read() as tx:
                pdf = documents.content(tx, platform.id, one.sha256)
            _check_places(number, one, open_sealable(pdf, terms=one.terms()))


def _check_places(number: int, document: DocumentAsked, pdf: SealablePdf) -> None:
    """A round seal, the largest that anybody has, must be wholly on its page, and keywords must be there."""
    for index, one in enumerate(document.places):
        try:
            impressions(pdf, [one.placement()], (_SEAL_MM, _SEAL_MM))
        except (PageNotFound, SealOffPage) as off:
            raise PlaceOffPage(str(off), document=number, place=index) from off
        except (KeywordNotFound, SeamTooShort) as missing:
            missing.facts.update(document=number, place=index)
            raise


def _check_envelopes(asked: DepositAsked | DecryptAsked) -> None:
    if len(asked.envelopes) > MOST_ENVELOPES:
        raise TooManyEnvelopes(f"{len(asked.envelopes)} envelopes", most=MOST_ENVELOPES)
    if len({one.id for one in asked.envelopes}) != len(asked.envelopes):
        raise EnvelopeRepeated("the ids of envelopes must differ")
    if isinstance(asked, DecryptAsked):
        check_session_key(base64.b64decode(asked.session_key))


def _event(event: Any) -> dict[str, Any]:
    told = asdict(event)
    return told | {"at": event.at.isoformat(timespec="milliseconds")}

"""Verifying a document: everything that a report says, put together."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from pyhanko.pdf_utils.generic import IndirectObject
from pyhanko.pdf_utils.reader import PdfFileReader

from ca.documents.errors import PdfDamaged, PdfEncrypted, PdfPasswordWrong, PdfTooLarge
from ca.documents.reading import MAX_BYTES, read_pdf, refusing_damage
from ca.documents.verification import judging, long_term, messages, signatures, suspicion, time_stamps
from ca.documents.verification.certificates import Judged, facts, may_sign_documents
from ca.documents.verification.changes import History, Permission, Since
from ca.documents.verification.drawn import drawn
from ca.documents.verification.errors import (
    FileTooLarge,
    NotAPdf,
    PasswordNeeded,
    PasswordWrong,
    TooHardToVerify,
)
from ca.documents.verification.long_term import Embedded, Proof
from ca.documents.verification.messages import Flaw, Message
from ca.documents.verification.model import (
    Change,
    Changed,
    Coverage,
    DocumentReport,
    Problem,
    SealReport,
    SignatureReport,
    SignFound,
    TimeStampReport,
    Verdict,
)
from ca.documents.verification.pages import Pages
from ca.documents.verification.revisions import Revisions
from ca.documents.verification.seals import seal_in
from ca.documents.verification.signatures import Found
from ca.documents.verification.trust import Trust


def verify_document(
    pdf: bytes, trust: Trust, at: datetime, *, password: str | None = None, max_bytes: int = MAX_BYTES
) -> DocumentReport:
    """What is known of ``pdf`` at ``at`` (aware), by ``trust`` and by what the document carries itself.

    ``password``: to open it with. Whatever is wrong with a signature is in its report. Raises the subclasses
    of VerificationRefused.
    """
    try:
        reader = read_pdf(pdf, max_bytes, password)
        with refusing_damage():
            return _Verification(pdf, reader, trust, at, password).report()
    except PdfTooLarge as error:
        raise FileTooLarge(str(error), limit_mb=max_bytes // 1024**2) from error
    except PdfPasswordWrong as error:
        raise PasswordWrong(str(error)) from error
    except PdfEncrypted as error:
        raise PasswordNeeded(str(error)) from error
    except PdfDamaged as error:
        if isinstance(error.__cause__, MemoryError):
            raise TooHardToVerify("out of memory") from error
        raise NotAPdf(str(error)) from error


@dataclass(frozen=True, slots=True)
class _Stamp:
    """A time stamp over the document, as it was found and judged."""

    found: Found
    report: TimeStampReport


class _Verification:
    """One document; everything that its signatures share."""

    def __init__(
        self, pdf: bytes, reader: PdfFileReader, trust: Trust, at: datetime, password: str | None
    ) -> None:
        self._pdf, self._reader, self._at, self._password = pdf, reader, at, password
        self._revisions = Revisions.of(reader, pdf)
        self._history = History(reader)
        self._pages = Pages.of(reader)
        self._found = signatures.find(reader, pdf, self._revisions)
        embedded = Embedded.of(reader)
        for one in self._found:
            if one.message is not None:
                embedded.add_message(one.message)
        self._known, self._alone = embedded.knowing(trust), embedded.alone(trust)
        self._stamps = [*filter(None, map(self._stamp, self._found))]
        self._outside = self._revisions.bytes_outside()
        self._places = {one.field: self._pages.place_of(one.widget) for one in self._found}
        self._unlisted = self._revisions.unlisted_objects()

    def report(self) -> DocumentReport:
        """All of it."""
        signed = self._illustrated([self._signature(one) for one in self._found if not one.is_stamp])
        signs = tuple(self._signs())
        return DocumentReport(
            sha256=hashlib.sha256(self._pdf).hexdigest(),
            size=len(self._pdf),
            pages=self._pages.count,
            revisions=self._revisions.count,
            at=self._at,
            verdict=_verdict(signed, signs),
            signatures=signed,
            time_stamps=tuple(one.report for one in self._stamps),
            warnings=signs,
        )

    def _illustrated(self, signed: list[SignatureReport]) -> tuple[SignatureReport, ...]:
        """With what is seen of them, which need not be the seal that they carry."""
        places = {one.field: place for one in signed if (place := self._places[one.field])}
        pictures = drawn(self._pdf, self._password, places.values())
        return tuple(
            replace(one, appearance=pictures.get(places[one.field], b"")) if one.field in places else one
            for one in signed
        )

    def _signs(self) -> list[SignFound]:
        return suspicion.signs(
            self._reader, self._pages, self._revisions, self._found, self._unlisted, self._password
        )

    def _stamp(self, found: Found) -> _Stamp | None:
        if not found.is_stamp or found.message is None or found.covered is None:
            return None
        covered = found.covered
        try:
            report = time_stamps.judge(
                found.message, lambda name: covered.digest(self._pdf, name), self._known, over_document=True
            )
        except Flaw:
            return None
        return _Stamp(found, report)

    def _signature(self, found: Found) -> SignatureReport:
        message = found.message
        proof, stamps = self._proof(found)
        proven = min((one.at for one in stamps if one.trusted), default=None)
        claimed = found.claimed_at
        moment = proven or min(claimed or self._at, self._at)
        then, now = self._judged(message, moment), self._judged(message, self._at)
        permission, since = self._since(found)
        seal, seal_problems = self._seal(message, moment)
        problems: list[str] = [*found.faults, *seal_problems]
        problems += self._after(found, permission, since)
        problems += judging.stamp_problems(stamps)
        if message is not None and then is not None and now is not None:
            if not may_sign_documents(message.certificate):
                problems.append(Problem.CERTIFICATE_NOT_FOR_SIGNING)
            problems += judging.certificate_problems(then, now, proven, claimed)
        codes = judging.by_gravity(str(one) for one in problems)
        return SignatureReport(
            field=found.field,
            certificate=facts(message.certificate) if message else None,
            page=place[0] if (place := self._places[found.field]) else None,
            appearance=b"",
            reason=found.reason,
            claimed_at=claimed,
            proven_at=proven,
            algorithms=message.algorithms if message else None,
            coverage=found.coverage,
            covered=found.upto,
            revision=found.revision,
            intact=found.is_intact,
            changes=since.changes,
            certification=permission.certification,
            then=then.state if then else None,
            now=now.state if now else None,
            time_stamps=tuple(stamps),
            level=long_term.level(message, moment, proof, self._alone) if message else None,
            seal=seal,
            problems=codes,
            verdict=judging.verdict(codes),
        )

    def _judged(self, message: Message | None, at: datetime) -> Judged | None:
        return None if message is None else self._known.judge(message.certificate, at)

    def _since(self, found: Found) -> tuple[Permission, Since]:
        try:
            permission = Permission.of(found.dictionary, found.widget)
        except Exception:  # a permission that cannot be read allows nothing
            permission = Permission(None, None, 1)
        if found.coverage is Coverage.UNCLEAR:
            return permission, Since(True)  # that it covers no whole version is said already
        since = self._history.since(found.revision, permission)
        if self._bytes_after(found):
            since = Since(since.allowed, (*since.changes, Change(Changed.BYTES_OUTSIDE)))
        return permission, since

    def _bytes_after(self, found: Found) -> bool:
        """Whether something was put behind what it covers that belongs to no version."""
        if found.coverage is not Coverage.REVISION:
            return False
        return self._outside > 0 or any(offset >= found.upto for offset, _ in self._unlisted)

    def _after(self, found: Found, permission: Permission, since: Since) -> list[Problem]:
        outside = any(one.kind is Changed.BYTES_OUTSIDE for one in since.changes)
        problems = judging.change_problems(since, permission)
        return [*problems, Problem.TRAILING_BYTES] if outside else problems

    def _proof(self, found: Found) -> tuple[Proof, list[TimeStampReport]]:
        """Time stamps that prove a signature: those in it, and those over the document after it."""
        over = [
            one
            for one in self._stamps
            if found.is_intact and one.found.upto > found.upto and one.found.covered
        ]
        good = [one for one in over if one.report.trusted and one.found.coverage is not Coverage.UNCLEAR]
        inside: list[tuple[Any, TimeStampReport]] = []
        if found.message is not None:
            value = found.message.signer["signature"].native
            inside = [
                (token, time_stamps.of_signature(token, value, self._known)) for token in found.message.stamps
            ]
        proof = Proof(
            tuple((_stamper(token), one.at) for token, one in inside if one.trusted),
            tuple((one.found.message.certificate, one.report.at) for one in good if one.found.message),
            any(self._covers_store(one.found) for one in good),
        )
        return proof, [*(one for _, one in inside), *(one.report for one in over)]

    def _covers_store(self, stamp: Found) -> bool:
        """Whether the security store was there, as it is now, when the document was stamped."""
        store = self._reader.root.raw_get("/DSS") if "/DSS" in self._reader.root else None
        if store is None:
            return True  # what proves it is in the signature itself, then
        home = store.reference if isinstance(store, IndirectObject) else self._reader.root_ref
        return self._revisions.of_object(home) <= stamp.revision

    def _seal(self, message: Message | None, at: datetime) -> tuple[SealReport | None, list[str]]:
        if message is None:
            return None, []
        try:
            seal = seal_in(message, at, self._known)
        except Flaw as flaw:
            return None, [flaw.problem]
        return seal, [*seal.faults] if seal else []


def _stamper(token: Any) -> Any:
    return messages.read(token.dump()).certificate


def _verdict(signed: tuple[SignatureReport, ...], signs: tuple[SignFound, ...]) -> Verdict:
    if not signed:
        return Verdict.UNSIGNED
    noted = Verdict.ATTENTION if signs else Verdict.VALID
    return judging.worst([*(one.verdict for one in signed), noted])

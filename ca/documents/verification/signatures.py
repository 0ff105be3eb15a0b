"""Every signature of a document, taken apart: what it covers, its CMS, its certificate; nothing is judged."""

from __future__ import annotations

import dataclasses
import hashlib
import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pyhanko.pdf_utils.generic import IndirectObject, parse_pdf_date
from pyhanko.pdf_utils.reader import PdfFileReader

from ca.documents.reading import entry
from ca.documents.verification import messages
from ca.documents.verification.byte_ranges import CoveredBytes, contents_of, covered_bytes
from ca.documents.verification.fields import refuse_borrowed, signature_fields
from ca.documents.verification.messages import Flaw, Message
from ca.documents.verification.model import Coverage, Problem
from ca.documents.verification.objects import target
from ca.documents.verification.revisions import Revisions

log = logging.getLogger(__name__)


@dataclass
class Found:
    """One signature or document time stamp; ``flaws``: why there is no more of it."""

    field: str
    dictionary: Any
    widget: Any
    revision: int = -1
    coverage: Coverage = Coverage.UNCLEAR
    covered: CoveredBytes | None = None
    message: Message | None = None
    faults: list[Problem] = dataclasses.field(default_factory=list)

    @property
    def is_stamp(self) -> bool:
        """Whether it is a time stamp over the document."""
        return bool(entry(self.dictionary, "/Type") == "/DocTimeStamp")

    @property
    def is_intact(self) -> bool:
        """Digest, value and certificate hold for the bytes that it covers, and those are a whole version."""
        return self.message is not None and not self.faults

    @property
    def upto(self) -> int:
        """Where what it covers ends; 0 when that is not known."""
        return self.covered.upto if self.covered else 0

    @property
    def claimed_at(self) -> datetime | None:
        """As the signer claims: in the CMS, or in the dictionary."""
        found = self.message.claimed_at if self.message else None
        return found or _date(entry(self.dictionary, "/M"))

    @property
    def reason(self) -> str:
        """As the signer gives it."""
        return str(entry(self.dictionary, "/Reason", ""))


def find(reader: PdfFileReader, pdf: bytes, revisions: Revisions) -> list[Found]:
    """All signatures, oldest first. Raises what reading the form raises."""
    fields = signature_fields(reader)
    found = [_taken_apart(name, value, field, pdf, revisions) for name, value, field in fields]
    return sorted(found, key=lambda one: (one.revision, one.upto, one.field))


def _taken_apart(name: str, value: Any, field: Any, pdf: bytes, revisions: Revisions) -> Found:
    dictionary, widget = target(value), target(field)
    found = Found(name, dictionary, widget)
    try:
        found.revision = revisions.of_object(_home(value, widget))
        refuse_borrowed(revisions.reader, value, field)
        contents = contents_of(dictionary)
        covered = covered_bytes(pdf, dictionary, contents)
        found.covered, found.coverage = covered, revisions.coverage(covered, found.revision)
        if found.coverage is Coverage.UNCLEAR:
            found.faults.append(Problem.COVERAGE_UNCLEAR)
        found.message = messages.read(contents)
        if not found.is_stamp:
            found.faults += _faults(found.message, covered, pdf)
    except Flaw as flaw:
        log.info("signature %r: %s", name, flaw)
        found.faults.append(flaw.problem)
    except Exception as error:  # one unreadable signature must not hide the others
        log.info("signature %r cannot be read: %s", name, type(error).__name__)
        found.faults.append(Problem.UNREADABLE)
    return found


def _home(value: Any, widget: Any) -> Any:
    """The object in which the signature's dictionary is written."""
    return value.reference if isinstance(value, IndirectObject) else widget.container_ref


def _faults(message: Message, covered: CoveredBytes, pdf: bytes) -> list[Problem]:
    def digest_of(name: str) -> bytes:
        return covered.digest(pdf, name)

    if message.content is None:
        return messages.faults(message, "data", digest_of, lambda: covered.data(pdf))
    # adbe.pkcs7.sha1: what is signed is the SHA-1 of the document, as content (ISO 32000-1, 12.8.3.3).
    inner = message.content
    found = messages.faults(message, "data", lambda name: _digest(name, inner), lambda: inner)
    broken = [] if inner == digest_of("sha1") else [Problem.DIGEST_DIFFERS]
    return [*broken, *found, Problem.ALGORITHM_WEAK]


def _digest(name: str, data: bytes) -> bytes:
    return hashlib.new(name, data, usedforsecurity=False).digest()


def _date(value: Any) -> datetime | None:
    try:
        return None if value is None else parse_pdf_date(value, strict=False)
    except Exception:  # not a date
        return None

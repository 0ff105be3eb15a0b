"""Verifying signed and sealed PDFs, whoever made them.

    report = verify_document(pdf, Trust.of(roots, intermediates, lists), at)
    report.verdict, [one.problems for one in report.signatures]
    telling.to_json(report)                # as the API and `sealbridge verify --json` give it
    apart.verify_apart(pdf, trust, at)     # the same for a stranger's file: bounded in time and memory

``verify_pdf`` answers the narrower question whether certificates of given CAs signed a document.
"""

from __future__ import annotations

from ca.documents.verification.document import verify_document
from ca.documents.verification.model import DocumentReport
from ca.documents.verification.signers import Judge, SignatureReport, verify_pdf
from ca.documents.verification.trust import Trust

__all__ = ["DocumentReport", "Judge", "SignatureReport", "Trust", "verify_document", "verify_pdf"]

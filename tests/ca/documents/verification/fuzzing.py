"""Verifying mutated documents: ``python -m tests.ca.documents.verification.fuzzing COUNT SEED``.

Each gets a report or a refusal, soon and in bounded memory; and none is called valid whose signed bytes are
not those that were signed.
"""

from __future__ import annotations

import logging
import random
import resource
import sys
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from ca.documents.signing import Place, SigningIdentity
from ca.documents.verification import Trust, telling, verify_document
from ca.documents.verification.errors import VerificationRefused
from ca.documents.verification.model import Verdict
from ca.seals.picture import SealDesign, SealPicture, draw_seal
from ca.seals.rules import SealKind
from tests.ca.documents import pdfs
from tests.ca.documents.fuzzing import in_time, sealed
from tests.ca.documents.pki import ENTERPRISE, NOW, Issuer
from tests.ca.documents.verification import elsewhere
from tests.support.mutating import mutated

_MEMORY: Final = 1 << 31
_GOOD: Final = (Verdict.VALID, Verdict.ATTENTION)


def samples(identity: SigningIdentity, picture: SealPicture) -> list[bytes]:
    """Signed documents of several kinds; all of them are good."""
    once = sealed(pdfs.plain_pdf(), identity, picture, Place(0, 105, 148))
    form = elsewhere.with_text_field(pdfs.plain_pdf())
    return [
        once,
        sealed(once, identity, picture, Place(0, 60, 60)),
        sealed(pdfs.versioned_pdf((1, 5), stream_xrefs=True), identity, picture, Place(0, 105, 148)),
        elsewhere.signed(identity, form, certify=True),
    ]


def attempt(pdf: bytes, trust: Trust, at: datetime, given: Sequence[bytes]) -> str:
    """The verdict, or the code of the refusal. Raises whatever else happened."""
    with in_time():
        try:
            report = verify_document(pdf, trust, at)
            telling.to_json(report)
        except VerificationRefused as refused:
            return refused.code
    for one in report.signatures:
        if one.verdict in _GOOD:
            assert any(_covers_what_was_signed(pdf, one.covered, good) for good in given), one
    return report.verdict.value


def _covers_what_was_signed(pdf: bytes, covered: int, good: bytes) -> bool:
    """Whether the bytes that a good signature covers are a signed document's, but for signature values."""
    same = sum(a != b for a, b in zip(pdf[:covered], good[:covered], strict=False))
    return covered <= len(good) and (same == 0 or _differs_in_values_alone(pdf, good, covered))


def _differs_in_values_alone(pdf: bytes, good: bytes, covered: int) -> bool:
    holes = [pdf.find(b"/Contents <")]
    while holes[-1] >= 0:
        holes.append(pdf.find(b"/Contents <", holes[-1] + 1))
    spans = [(at, pdf.find(b">", at)) for at in holes if at >= 0]
    differing = (at for at in range(covered) if pdf[at] != good[at])
    return all(any(begin < at <= end for begin, end in spans) for at in differing)


def campaign(count: int, seed: int, trust: Trust, given: Sequence[bytes]) -> Counter[str]:
    """How many of ``count`` mutated documents met which end. The first that breaks a rule is raised."""
    generator, ends = random.Random(seed), Counter[str]()
    for number in range(count):
        pdf = mutated(generator, given)
        try:
            ends[attempt(pdf, trust, NOW, given)] += 1
        except BaseException as fault:
            fault.add_note(f"seed {seed}, document {number} of {len(pdf)} bytes: {pdf[:4000]!r}")
            raise
    return ends


def main(count: int, seed: int) -> None:
    logging.disable()  # what readers remark about broken documents
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    root = Issuer("根")
    issuer = Issuer("签发", parent=root)
    trust = Trust.of([root.certificate], [issuer.certificate], [issuer.crl(), root.crl()])
    picture = draw_seal(SealDesign(SealKind.ENTERPRISE, ENTERPRISE, "3713250012345"))
    given = samples(issuer.identity(), picture)
    for begin in range(0, count, 1000):
        ends = campaign(min(1000, count - begin), seed + begin, trust, given)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        print(
            f"{begin + ends.total():>8} documents, {peak} MB at most: {dict(ends.most_common())}", flush=True
        )


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))

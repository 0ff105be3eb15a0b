"""Sealing mutated documents: ``python -m tests.ca.documents.fuzzing COUNT SEED`` for as long as one likes.

Each is sealed or refused with a code of its own, soon, in bounded memory, and the original is not touched.
"""

from __future__ import annotations

import logging
import random
import resource
import signal
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from typing import Any, Final

from ca.documents.errors import DocumentRefused
from ca.documents.forms import render_application_form
from ca.documents.lasting import add_validation_data_in
from ca.documents.placing import OnEveryPage, Place, Seam
from ca.documents.signing import SigningIdentity, seal_in
from ca.documents.updating import as_it_was
from ca.seals.picture import SealDesign, SealPicture, draw_seal
from ca.seals.rules import SealKind
from tests.ca.documents import pdfs
from tests.ca.documents.pki import ENTERPRISE, NOW, Issuer
from tests.ca.documents.test_forms import FORM
from tests.support.mutating import mutated

_SECONDS: Final = 10
_MEMORY: Final = 1 << 31
_PLACES: Final = (Place(0, 105, 148), Place(-1, 60, 60), OnEveryPage(60, 60), Seam())


class Hanging(BaseException):
    """A document took longer than anyone should wait. Not an Exception: nobody is to catch it."""


def samples(identity: SigningIdentity, picture: SealPicture) -> list[bytes]:
    """Documents of every kind that can be sealed, some of them with seals already."""
    plain = pdfs.plain_pdf(3, rotate=90)
    once = sealed(plain, identity, picture, _PLACES[0])
    return [
        plain,
        pdfs.plain_pdf(crop=(20, 20, 500, 700)),
        once,
        sealed(once, identity, picture, _PLACES[2]),
        pdfs.versioned_pdf((2, 0), stream_xrefs=True),
        pdfs.versioned_pdf((1, 5), stream_xrefs=True),
        pdfs.hybrid_pdf(),
        pdfs.chained_script_pdf(),
        pdfs.encrypted_pdf(),
        render_application_form(FORM),
    ]


def sealed(pdf: bytes, identity: SigningIdentity, picture: SealPicture, place: Any) -> bytes:
    document = BytesIO(pdf)
    seal_in(document, identity, picture, place, reason="签章", at=NOW)
    return document.getvalue()


def attempt(pdf: bytes, identity: SigningIdentity, picture: SealPicture, place: Any) -> str:
    """What became of it: ``sealed``, or the code of the refusal. Raises whatever else happened."""
    document = BytesIO(pdf)
    with in_time():
        try:
            with as_it_was(document):
                seal_in(document, identity, picture, place, reason="签章", at=NOW)
                add_validation_data_in(document, identity.certificates, (), ())
        except DocumentRefused as refused:
            assert document.getvalue() == pdf, "a refused document is as it was"
            return refused.code
    assert document.getvalue().startswith(pdf), "a sealed document begins with the original"
    return "sealed"


def campaign(
    count: int, seed: int, identity: SigningIdentity, picture: SealPicture, given: Sequence[bytes]
) -> Counter[str]:
    """How many of ``count`` mutated documents met which end. The first that breaks a rule is raised."""
    generator, ends = random.Random(seed), Counter[str]()
    for number in range(count):
        pdf = mutated(generator, given)
        try:
            ends[attempt(pdf, identity, picture, generator.choice(_PLACES))] += 1
        except BaseException as fault:
            fault.add_note(f"seed {seed}, document {number} of {len(pdf)} bytes: {pdf[:4000]!r}")
            raise
    return ends


@contextmanager
def in_time() -> Iterator[None]:
    """Raises Hanging inside after a while."""

    def alarm(*_: object) -> None:
        raise Hanging(f"more than {_SECONDS} s")

    before = signal.signal(signal.SIGALRM, alarm)
    signal.setitimer(signal.ITIMER_REAL, _SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def main(count: int, seed: int) -> None:
    logging.disable()  # what readers remark about broken documents
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    identity = Issuer("签发", parent=Issuer("根")).identity()
    picture = draw_seal(SealDesign(SealKind.ENTERPRISE, ENTERPRISE, "3713250012345"))
    given = samples(identity, picture)
    for begin in range(0, count, 1000):
        ends = campaign(min(1000, count - begin), seed + begin, identity, picture, given)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        print(
            f"{begin + ends.total():>8} documents, {peak} MB at most: {dict(ends.most_common())}", flush=True
        )


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))

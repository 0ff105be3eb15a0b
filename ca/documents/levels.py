"""How long a signature can be judged: the baseline levels of PAdES (ETSI EN 319 142-1, clause 6)."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from enum import StrEnum
from typing import BinaryIO

from cryptography import x509

from ca.documents.lasting import add_archive_stamp_in, add_validation_data_in
from ca.documents.proofs import ProofSource, certificates_in, gather
from ca.documents.reading import read_pdf, refusing_damage
from ca.documents.time_stamping import Answer


class Level(StrEnum):
    """``B-B``: says who signed. ``B-T``: also that it was there at that time. ``B-LT``: with what one needs
    to judge it without asking anyone. ``B-LTA``: and when that was there."""

    B_B = "B-B"
    B_T = "B-T"
    B_LT = "B-LT"
    B_LTA = "B-LTA"

    @property
    def is_stamped(self) -> bool:
        """Whether the signature carries a time stamp."""
        return self is not Level.B_B

    @property
    def is_proved(self) -> bool:
        """Whether the document carries certificates and their state."""
        return self in (Level.B_LT, Level.B_LTA)


@dataclass(frozen=True, slots=True)
class Lasting:
    """What levels above B-B are made with: a time stamp authority, and who speaks for certificates.

    ``level``: what is meant where none is asked for.
    """

    stamps: Answer
    sources: tuple[ProofSource, ...]
    level: Level = Level.B_LT

    def complete(
        self, document: BinaryIO, level: Level, signer: x509.Certificate, password: str | None = None
    ) -> None:
        """Bring a document whose newest signature, by ``signer``, has its time stamp to ``level``.

        Its size was looked at when it was signed. Whoever must not give half of it cuts off what was added
        (``updating.as_it_was``). Raises TimeStampMissing, ProofMissing, SignerNotGood, and the subclasses of
        DocumentRefused.
        """
        if not level.is_proved:
            return
        with refusing_damage():
            others = certificates_in(read_pdf(document, sys.maxsize, password))
        proofs = gather(signer, others, self.sources)
        add_validation_data_in(
            *(document, proofs.certificates, proofs.ocsp_answers, proofs.lists),
            max_bytes=sys.maxsize,
            password=password,
        )
        if level is Level.B_LTA:
            add_archive_stamp_in(document, self.stamps, max_bytes=sys.maxsize, password=password)

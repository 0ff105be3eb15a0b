"""What a seal is to look like, and the row that is made of it."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from api.certificates.queries import Holding
from api.seals.queries import Pictures, RegisteredSeal
from api.seals.rules import Status
from ca.seals.picture import SealDesign, SealPicture, draw_seal
from ca.seals.rules import SealKind


@dataclass(frozen=True, slots=True)
class Face:
    """``name``: of the seal itself (…公章). ``design``: what it was drawn from, None for a picture."""

    kind: SealKind
    name: str
    picture: SealPicture
    design: dict[str, Any] | None

    @property
    def pictures(self) -> Pictures:
        """As they are kept."""
        return Pictures(self.picture.pdf, self.picture.png)

    def registered(self, held: Holding, status: Status, at: datetime) -> RegisteredSeal:
        """A new seal of a certificate, not yet made."""
        return RegisteredSeal(
            id=secrets.token_hex(12),
            serial=held.serial,
            credit_code=held.credit_code,
            kind=self.kind,
            name=self.name,
            design=self.design,
            status=status,
            pdf_sha256=hashlib.sha256(self.picture.pdf).hexdigest(),
            width_um=round(self.picture.width_mm * 1000),
            height_um=round(self.picture.height_mm * 1000),
            der=None,
            applied_at=at,
        )


def drawn(design: SealDesign) -> Face:
    """Raises SealNameRefused, SealCodeRefused, SealLineRefused, GlyphsMissing."""
    told = {name: value for name, value in asdict(design).items() if value is not None}
    return Face(design.kind, design.title, draw_seal(design), told)


def kept(known: RegisteredSeal, shown: Pictures) -> Face:
    """The face of a seal that is there."""
    size = known.width_um / 1000, known.height_um / 1000
    return Face(known.kind, known.name, SealPicture(known.name, shown.pdf, shown.png, *size), known.design)

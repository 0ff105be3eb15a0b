"""What somebody wants a seal to be, drawn or cut out of their picture."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import BoundedSemaphore
from typing import Final

from sqlalchemy import Connection, select

from api.catalogue.rules import CertificateKind
from api.certificates.queries import Holding
from api.certificates.service import HeldCertificate
from api.db import Database
from api.enterprises.tables import enterprise
from api.seals.errors import LegalPersonUnknown, PicturesBusy
from api.seals.faces import Face, drawn
from api.seals.rules import check_kind
from ca.distinguished import organization_of
from ca.inspection.apart import cut_seal
from ca.seals.errors import SealLineRefused
from ca.seals.picture import SealDesign
from ca.seals.rules import RULES, OvalRule, Owner, RoundRule, SealKind, SquareRule, owner_of
from ca.seals.uploaded.embedding import embedded
from ca.seals.uploaded.model import Outline, Shape

_AT_ONCE: Final = 2
_PATIENCE: Final = 8.0  # seconds
_CUTTING: Final = BoundedSemaphore(_AT_ONCE)
"""Each takes a second of a processor and some hundred megabytes: many at once would keep all else waiting."""


@dataclass(frozen=True, slots=True)
class Wish:
    """``code``: 印章编码, along the bottom. ``line``: the department. ``number``: of one among several.
    ``owner``: of what kind the enterprise is, where its name does not tell. ``photo``: JPEG or PNG of the
    seal, which is cut out of it; drawn without one."""

    kind: SealKind
    code: str | None = None
    line: str | None = None
    number: int | None = None
    owner: Owner | None = None
    photo: bytes | None = field(default=None, repr=False)


def face_of(db: Database, held: HeldCertificate, wish: Wish) -> Face:
    """Takes a second or two with a photo; no transaction may be open.

    Raises SealKindRefused, LegalPersonUnknown, SealNameRefused, SealCodeRefused, SealLineRefused,
    GlyphsMissing, and with a photo PicturesBusy and what ``cut_seal`` raises.
    """
    check_kind(held.holding.kind, wish.kind)
    with db.read() as tx:
        name = _name(tx, held, wish.kind)
    code = held.holding.credit_code if wish.kind is SealKind.INVOICE else wish.code
    if wish.kind is SealKind.ENTERPRISE and code is None:
        code = held.holding.credit_code
    design = SealDesign(wish.kind, name, code, wish.line, wish.number, wish.owner)
    return drawn(design) if wish.photo is None else _cut(design, wish.photo)


def _name(tx: Connection, held: HeldCertificate, kind: SealKind) -> str:
    holding = held.holding
    if holding.kind is not CertificateKind.ENTERPRISE:
        return holding.person_name
    if kind is SealKind.LEGAL_PERSON:
        return _legal_person(tx, holding)
    return organization_of(held.certificate) or ""


def _legal_person(tx: Connection, holding: Holding) -> str:
    asked = select(enterprise.c.legal_person).where(enterprise.c.credit_code == holding.credit_code)
    found = tx.execute(asked).scalar()
    if found is None:
        raise LegalPersonUnknown("the enterprise has no registered legal representative")
    return str(found)


def _cut(design: SealDesign, photo: bytes) -> Face:
    """A character that no font has is no obstacle here: that is what such names are photographed for."""
    if design.kind is SealKind.DEPARTMENT and not (design.line or "").strip():
        raise SealLineRefused("a department's seal names the department")
    outline = outline_of(RULES[design.kind, design.owner or owner_of(design.name)])
    if not _CUTTING.acquire(timeout=_PATIENCE):
        raise PicturesBusy(f"{_AT_ONCE} pictures are being looked at")
    try:
        png = cut_seal(photo, outline).png
    finally:
        _CUTTING.release()
    picture = embedded(design.title, png, outline.width_mm, outline.height_mm)
    return Face(design.kind, design.title, picture, None)


def outline_of(rule: RoundRule | OvalRule | SquareRule) -> Outline:
    """The outline that a rule gives."""
    if isinstance(rule, SquareRule):
        return Outline(Shape.SQUARE, rule.side, rule.side)
    if isinstance(rule, OvalRule):
        return Outline(Shape.OVAL, rule.width, rule.height)
    return Outline(Shape.OVAL, rule.diameter, rule.diameter)

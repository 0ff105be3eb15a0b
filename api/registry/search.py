"""Looking certificates up, by what an operator knows of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, or_, select

from api.certificates.tables import holding
from api.db import Database
from api.errors import AppError
from api.paging import PageRequest, Part, fetch
from api.realname.id_numbers import IdNumbers
from api.registry.service import plain_serial
from ca.identifiers import check_id_number
from ca.ledger import STANDS, Entry, Ledger, State
from ca.status import Standing
from ca.tables import certificate
from hsm.errors import Kind

_LEAST_PREFIX: Final = 4


class SearchTooWide(AppError):
    """Every certificate there is would have to be looked at."""

    kind = Kind.INVALID
    code = "search_too_wide"
    zh = "请填写统一社会信用代码、姓名、证件号码或证书序列号（至少前 4 位）"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What certificates are looked for by; all that is told must fit, and at least one beside ``standing``.

    ``serial``: how it begins, hexadecimal. ``person_name``, ``id_number``: of the holder, whole.
    """

    credit_code: str | None = None
    serial: str | None = None
    person_name: str | None = None
    id_number: str | None = field(default=None, repr=False)
    standing: Standing | None = None


class CertificateSearch:
    """查询证书, of everything the CA has issued, over whichever way."""

    def __init__(self, db: Database, ledger: Ledger, id_numbers: IdNumbers) -> None:
        self._db = db
        self._ledger = ledger
        self._id_numbers = id_numbers

    def search(self, wanted: Wanted, page: PageRequest) -> Part[Entry]:
        """Newest first. Raises SearchTooWide, CertificateUnknown (no serial number), InvalidIdNumber."""
        asked = self._asked(wanted)
        order = certificate.c.prepared_at, certificate.c.serial
        with self._db.read() as tx:
            found = fetch(tx, asked, page, order)
        return found.map(lambda row: self._ledger.find(int(row.serial, 16)))

    def _asked(self, wanted: Wanted) -> Select[Any]:
        fits: list[ColumnElement[bool]] = []
        if wanted.credit_code is not None:
            fits.append(certificate.c.credit_code == wanted.credit_code)
        if wanted.serial is not None:
            fits.append(_begins(wanted.serial))
        if wanted.person_name is not None:
            fits.append(_held(holding.c.person_name == wanted.person_name))
        if wanted.id_number is not None:
            found_by = self._id_numbers.find_by(check_id_number(wanted.id_number))
            fits.append(_held(holding.c.id_number_hash == found_by))
        if not fits:
            raise SearchTooWide("nothing to find them by")
        if wanted.standing is not None:
            fits.append(_stands(wanted.standing))
        return select(certificate.c.serial, certificate.c.prepared_at).where(*fits)


def _stands(wanted: Standing) -> ColumnElement[bool]:
    if wanted is Standing.REVOKED:
        issued = certificate.c.state == State.ISSUED
        return issued & certificate.c.revoked_at.is_not(None) & ~STANDS[Standing.SUSPENDED]
    return STANDS[wanted]


def _held(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """Both halves of what somebody holds."""
    signing = select(holding.c.serial).where(condition)
    other = holding.c.encryption_serial
    encryption = select(other).where(condition, other.is_not(None))
    return or_(certificate.c.serial.in_(signing), certificate.c.serial.in_(encryption))


def _begins(prefix: str) -> ColumnElement[bool]:
    """A range of the primary key: every hexadecimal digit sorts before ``g``."""
    plain = plain_serial(prefix)
    if len(plain) < _LEAST_PREFIX:
        raise SearchTooWide("a longer prefix is expected")
    return (certificate.c.serial >= plain) & (certificate.c.serial < plain + "g")

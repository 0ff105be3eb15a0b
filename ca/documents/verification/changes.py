"""What was added or altered after a signature, and whether it may be.

Whether it may be is pyHanko's judgement, version by version, with a white list: further signatures, values
of form fields, proofs for later; everything else is a modification (ISO 32000-2, 12.8.2). What it was,
``steps`` says in words that people know.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from pyhanko.pdf_utils.reader import HistoricalResolver, PdfFileReader
from pyhanko.sign.diff_analysis import DiffResult, ModificationLevel
from pyhanko.sign.fields import FieldMDPSpec, MDPPerm

from ca.documents.reading import entry
from ca.documents.verification.model import Change, Changed
from ca.documents.verification.policy import POLICY
from ca.documents.verification.steps import changes_between

log = logging.getLogger(__name__)

_QUIET: Final = frozenset(
    {Changed.SIGNATURES, Changed.TIME_STAMPS, Changed.VALIDATION_DATA, Changed.METADATA}
)


@dataclass(frozen=True, slots=True)
class Permission:
    """What a signature allows after it: a certification's level, and the fields that it locks."""

    certification: int | None = None
    lock: Any = None  # pyHanko's FieldMDPSpec
    level: int | None = None  # of the certification, or of the field's lock dictionary

    @classmethod
    def of(cls, signature: Any, field: Any) -> Permission:
        """As the signature's references and its field say (12.8.2.2, 12.8.2.4). Raises what readers raise."""
        references = {
            str(entry(one.get_object(), "/TransformMethod")): one.get_object()
            for one in entry(signature, "/Reference", ())
        }
        certification, lock = None, None
        if "/DocMDP" in references:
            parameters = entry(references["/DocMDP"], "/TransformParams", {})
            certification = _level(entry(parameters, "/P", 2))
        if "/FieldMDP" in references:
            lock = FieldMDPSpec.from_pdf_object(references["/FieldMDP"]["/TransformParams"])
        level = certification or _level(entry(entry(field, "/Lock", {}), "/P", None))
        return cls(certification, lock, level)


@dataclass(frozen=True, slots=True)
class Since:
    """``allowed``: nothing but what a white list and the signature's own permission let happen."""

    allowed: bool
    changes: tuple[Change, ...] = ()

    @property
    def kinds(self) -> set[Changed]:
        """Of the changes."""
        return {one.kind for one in self.changes}

    @property
    def only_annotations(self) -> bool:
        """Annotations, values of fields, and what never counts as a change."""
        return self.kinds <= _QUIET | {Changed.ANNOTATIONS, Changed.FIELDS_FILLED}


class History:
    """The versions of one document, compared one with the next; each comparison is made once."""

    def __init__(self, reader: PdfFileReader) -> None:
        self._reader = reader
        self._count = reader.xrefs.total_revisions
        self._steps: dict[int, tuple[Change, ...]] = {}
        self._reviewed: dict[int, ModificationLevel] = {}

    def since(self, revision: int, permission: Permission) -> Since:
        """What came after a version."""
        later = range(revision + 1, self._count)
        changes = _merged(one for number in later for one in self._step(number))
        return Since(self._is_allowed(revision, permission), changes)

    def _is_allowed(self, revision: int, permission: Permission) -> bool:
        limit = permission.level if permission.level is not None else ModificationLevel.FORM_FILLING.value
        return all(
            self._level(revision, number, permission).value <= limit
            for number in range(revision + 1, self._count)
        )

    def _level(self, base: int, number: int, permission: Permission) -> ModificationLevel:
        if permission.level is not None or permission.lock is not None:
            return self._reviewed_level(base, number, permission)
        # Without limits of its own all signatures share one comparison a version, with the one before: what
        # is allowed step by step is allowed, and a later step is judged no milder than from the first.
        if number not in self._reviewed:
            self._reviewed[number] = self._reviewed_level(number - 1, number, permission)
        return self._reviewed[number]

    def _reviewed_level(self, base: int, number: int, permission: Permission) -> ModificationLevel:
        try:
            level = MDPPerm(permission.level) if permission.level is not None else None
            found = POLICY.apply(
                self._at(base), self._at(number), field_mdp_spec=permission.lock, doc_mdp=level
            )
        except Exception as error:  # a modification, or a version that cannot be read at all
            log.info("version %d after %d: %s", number, base, error)
            return ModificationLevel.OTHER
        return found.modification_level if isinstance(found, DiffResult) else ModificationLevel.OTHER

    def _at(self, number: int) -> HistoricalResolver:
        return self._reader.get_historical_resolver(number)

    def _step(self, number: int) -> tuple[Change, ...]:
        if number not in self._steps:
            try:
                self._steps[number] = changes_between(self._at(number - 1), self._at(number))
            except Exception as error:  # broken on purpose or not: that it changed is known
                log.info("version %d cannot be compared: %s", number, error)
                self._steps[number] = (Change(Changed.OTHER),)
        return self._steps[number]


def _merged(changes: Iterable[Change]) -> tuple[Change, ...]:
    found: dict[Changed, dict[str, None]] = {}
    for one in changes:
        found.setdefault(one.kind, {}).update(dict.fromkeys(one.where))
    return tuple(Change(kind, tuple(where)) for kind, where in sorted(found.items()))


def _level(value: Any) -> int | None:
    if value is None:
        return None
    return int(value) if value in (1, 2, 3) else 1  # what is not understood allows nothing

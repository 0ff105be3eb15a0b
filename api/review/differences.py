"""What changed between two versions of an application. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from api.applications.evidence import Piece

NAMES: Final = {
    "product": "证书产品",
    "enterprise_name": "企业名称",
    "credit_code": "统一社会信用代码",
    "legal_person": "法定代表人",
    "legal_person_id": "法定代表人证件号",
    "holder_name": "持有人姓名",
    "holder_id": "持有人证件号",
    "holder_phone": "持有人手机号",
    "department": "所在部门",
    "permissions": "授权权限",
    "grounds": "事由",
}
"""What is compared, as people call it."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A field, or a piece of evidence (by its SHA-256), that is another in ``revision``. None: not there."""

    revision: int
    field: str
    name: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Told:
    """What a version said: values as they are compared, and as they are shown (numbers masked)."""

    revision: int
    values: Mapping[str, str | None]
    shown: Mapping[str, str | None]
    pieces: Iterable[Piece]


def differences(before: Told, after: Told) -> list[Difference]:
    """Everything that is another in ``after``, particulars first.

    Two numbers that look alike masked are told to differ all the same.
    """
    found = [
        Difference(after.revision, field, name, before.shown.get(field), after.shown.get(field))
        for field, name in NAMES.items()
        if before.values.get(field) != after.values.get(field)
    ]
    old, new = _digests(before.pieces), _digests(after.pieces)
    for key in sorted(old.keys() | new.keys()):
        if old.get(key) != new.get(key):
            found.append(Difference(after.revision, f"evidence.{key}", key, old.get(key), new.get(key)))
    return found


def _digests(pieces: Iterable[Piece]) -> dict[str, str]:
    return {f"{one.kind}:{one.name}" if one.name else str(one.kind): one.sha256 for one in pieces}

"""Checks of photographs, each in a process apart that a hostile picture may kill."""

from __future__ import annotations

from typing import Final

from api.review.checks.subject import Subject
from api.review.runs import Outcome, Result
from ca.inspection.apart import find_seal, read_licence, signature_candidates
from ca.licences.model import Agreement, FieldReading, LicenceField, TypedLicence
from ca.seals.handwriting.errors import SignatureNotFound

_FIELDS: Final = {
    LicenceField.CREDIT_CODE: "统一社会信用代码",
    LicenceField.NAME: "名称",
    LicenceField.LEGAL_PERSON: "法定代表人",
}


def licence(seen: Subject) -> Result:
    """The licence's QR code and text beside what was typed, field by field."""
    if seen.licence is None:
        return Result("licence", Outcome.FAILED, "没有上传营业执照照片")
    said = seen.application
    typed = TypedLicence(said.credit_code or "", said.enterprise_name or "", said.legal_person or "")
    reading = read_licence(seen.licence, typed)
    facts = {"qr": reading.qr is not None, "fields": [_told(one, typed) for one in reading.fields]}
    differing = _named(reading.fields, Agreement.DIFFERS)
    unread = _named(reading.fields, Agreement.UNREADABLE)
    if differing:
        return Result("licence", Outcome.ATTENTION, f"营业执照上的{differing}与填写内容不一致", facts)
    if unread:
        return Result("licence", Outcome.ATTENTION, f"营业执照上的{unread}未能识别，请人工核对", facts)
    return Result("licence", Outcome.PASSED, "营业执照与填写内容一致", facts)


def red_seal(seen: Subject) -> Result:
    """A round red seal on the photo of the form."""
    found = find_seal(_paper(seen))
    if found is None:
        return Result("red_seal", Outcome.ATTENTION, "申请书照片上没有找到红色圆形公章")
    facts = {"x": found.x, "y": found.y, "width": found.width, "height": found.height, "score": found.score}
    return Result("red_seal", Outcome.PASSED, "申请书照片上有红色圆形公章", facts)


def handwriting(seen: Subject) -> Result:
    """Something written by hand on the photo of the form."""
    try:
        found = signature_candidates(_paper(seen))
    except SignatureNotFound:
        return Result("handwriting", Outcome.ATTENTION, "申请书照片上没有找到手写签名")
    facts = {"score": round(max(one.score for one in found), 3)}
    return Result("handwriting", Outcome.PASSED, "申请书照片上有手写签名", facts)


def _paper(seen: Subject) -> bytes:
    if seen.paper is None:
        raise ValueError("asked of an application without a form on paper")
    return seen.paper


def _told(one: FieldReading, typed: TypedLicence) -> dict[str, str | None]:
    return {
        "field": one.field,
        "typed": getattr(typed, one.field),
        "read": one.read,
        "agreement": one.agreement,
    }


def _named(fields: tuple[FieldReading, ...], agreement: Agreement) -> str:
    return "、".join(_FIELDS[one.field] for one in fields if one.agreement is agreement)

"""Checks of what was typed, and of what is known around it. Pure."""

from __future__ import annotations

from datetime import date

from api.applications.kinds import ApplicationKind
from api.review.checks.subject import Subject
from api.review.runs import Outcome, Result
from api.timezone import CHINA
from ca.errors import InvalidCreditCode, InvalidIdNumber
from ca.identifiers import check_credit_code, check_id_number

_OLDEST, _ADULT = 100, 18


def credit_code(seen: Subject) -> Result:
    """Both check digits of the credit code."""
    try:
        check_credit_code(seen.application.credit_code or "")
    except InvalidCreditCode:
        return Result("credit_code", Outcome.FAILED, "统一社会信用代码校验位不正确")
    return Result("credit_code", Outcome.PASSED, "统一社会信用代码校验位正确")


def holder_id(seen: Subject) -> Result:
    """The applicant's number: check digit, and an age at which people act."""
    return _id_number("holder_id", "申请人", seen.holder_id, seen)


def legal_person_id(seen: Subject) -> Result:
    """The legal person's number, as plausible as a number alone can be."""
    return _id_number("legal_person_id", "法定代表人", seen.legal_person_id or "", seen)


def real_name(seen: Subject) -> Result:
    """The applicant's account is of the person whom the application names."""
    found = seen.real_name
    if found is None:
        return Result("real_name", Outcome.FAILED, "申请人账号没有有效的实名认证")
    facts = {"method": found.method, "verified_at": found.verified_at.isoformat()}
    if not found.matches:
        return Result("real_name", Outcome.FAILED, "申请人姓名或证件号与实名认证结果不一致", facts)
    return Result("real_name", Outcome.PASSED, "申请人与实名认证结果一致", facts)


def rivals(seen: Subject) -> Result:
    """Whether somebody else applies for the same enterprise."""
    if seen.rivals:
        told = "同一统一社会信用代码有其他人的申请正在办理"
        return Result("duplicate_application", Outcome.ATTENTION, told, {"applications": list(seen.rivals)})
    return Result("duplicate_application", Outcome.PASSED, "同一统一社会信用代码没有其他人的申请在办")


def twins(seen: Subject) -> Result:
    """Whether a picture was used for another enterprise, or by another person."""
    if seen.twins:
        facts = {"applications": [{"kind": one.kind, "id": one.application_id} for one in seen.twins]}
        return Result("duplicate_picture", Outcome.ATTENTION, "同一照片曾用于其他企业或个人的申请", facts)
    return Result("duplicate_picture", Outcome.PASSED, "照片未在其他企业或个人的申请中出现")


def administrator(seen: Subject) -> Result:
    """Whether approval would replace an administrator, or comes from somebody who is none."""
    code, mine = "administrator", seen.application.person_id
    if seen.application.kind is ApplicationKind.CLAIM:
        if seen.administrator in (None, mine):
            return Result(code, Outcome.PASSED, "该企业没有其他管理员")
        told = "该企业已有管理员，通过后原管理员将被替换，其证书将被吊销"
        return Result(code, Outcome.ATTENTION, told)
    if seen.administrator is None:
        return Result(code, Outcome.FAILED, "该企业尚未认领")
    if seen.application.kind is ApplicationKind.CHANGE and seen.administrator != mine:
        return Result(code, Outcome.FAILED, "申请人已不是该企业的管理员")
    return Result(code, Outcome.PASSED, "该企业已有管理员")


def _id_number(code: str, whose: str, number: str, seen: Subject) -> Result:
    try:
        check_id_number(number)
    except InvalidIdNumber:
        return Result(code, Outcome.FAILED, f"{whose}证件号校验位或出生日期不正确")
    age = _age(number, seen.at.astimezone(CHINA).date())
    if not _ADULT <= age <= _OLDEST:
        told = f"{whose}证件号对应的年龄为 {age} 岁，请核实"
        return Result(code, Outcome.ATTENTION, told, {"age": age})
    return Result(code, Outcome.PASSED, f"{whose}证件号校验位正确，年龄合理")


def _age(number: str, today: date) -> int:
    born = (int(number[6:10]), int(number[10:12]), int(number[12:14]))
    return today.year - born[0] - ((today.month, today.day) < born[1:])

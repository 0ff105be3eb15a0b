"""Why something cannot be done for an enterprise."""

from __future__ import annotations

from api.errors import AppError
from hsm.errors import Kind


class NotPermitted(AppError):
    """The person does not act for the enterprise, or not in this matter. ``permission``: what is missing."""

    kind = Kind.FORBIDDEN
    code = "not_permitted"
    zh = "您没有该企业的“{permission}”权限"


class AdministratorNeeded(AppError):
    """Only the enterprise's administrator can do this."""

    kind = Kind.FORBIDDEN
    code = "administrator_needed"
    zh = "只有企业管理员可以进行此操作"


class AdministratorCannotLeave(AppError):
    """An enterprise has an administrator until another takes over."""

    kind = Kind.CONFLICT
    code = "administrator_cannot_leave"
    zh = "管理员须先移交管理员身份，才能退出企业"


class AdministratorHasAll(AppError):
    """An administrator's permissions are not the question: they have all."""

    kind = Kind.CONFLICT
    code = "administrator_has_all"
    zh = "管理员拥有全部权限，不能调整"


class NoLongerMember(AppError):
    """The person's membership ended before this could be done."""

    kind = Kind.CONFLICT
    code = "no_longer_member"
    zh = "该人员已不是企业成员"


class DecisionOvertaken(AppError):
    """Another administrator was approved after this application was: it gives no power any more."""

    kind = Kind.CONFLICT
    code = "administrator_replaced_since"
    zh = "该申请通过后企业已更换管理员，请重新申请"


class EnterpriseNotFound(AppError):
    """No enterprise with just this name and this code: which of them is wrong is not told."""

    kind = Kind.NOT_FOUND
    code = "enterprise_not_found"
    zh = "没有查询到该企业，请核对企业名称和统一社会信用代码"


class LookupsUsedUp(AppError):
    """Too many enterprises were looked up. ``wait_seconds``: until the next may be."""

    kind = Kind.TOO_MANY
    code = "too_many_lookups"
    zh = "查询过于频繁，请 {wait_seconds} 秒后再试"

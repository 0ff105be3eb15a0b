"""What reviewers are refused."""

from __future__ import annotations

from datetime import datetime

from api.errors import AppError
from api.timezone import CHINA
from hsm.errors import Kind


class CaseClaimed(AppError):
    """Another reviewer has the case."""

    kind = Kind.CONFLICT
    code = "case_claimed"
    zh = "该申请正由 {operator} 审核（至 {until}），如需接手请联系管理员"

    def __init__(self, operator: str, until: datetime) -> None:
        told = f"{until.astimezone(CHINA):%H:%M}"
        super().__init__("another reviewer has this case", operator=operator, until=told)


class ClaimNeeded(AppError):
    """The case is nobody's, or the claim has lapsed: it is claimed before it is decided."""

    kind = Kind.CONFLICT
    code = "claim_needed"
    zh = "请先领取该申请再处理（领取可能已超时）"


class OwnApplication(AppError):
    """The operator is one of the persons whom the application is about."""

    kind = Kind.FORBIDDEN
    code = "own_application"
    zh = "不能审核本人或与本人有关的申请，请由其他操作员处理"


class NotAReviewer(AppError):
    """Whoever is to have the case judges no applications."""

    kind = Kind.INVALID
    code = "not_a_reviewer"
    zh = "该操作员没有审核权限，不能分配给他"


class ReasonUnknown(AppError):
    """No template of this code for this verdict, or one that is no longer used."""

    kind = Kind.INVALID
    code = "reason_unknown"
    zh = "理由模板 {reason} 不存在或已停用，请重新选择"


class ReasonMissing(AppError):
    """A refusal says why."""

    kind = Kind.INVALID
    code = "reason_missing"
    zh = "请选择理由模板或填写理由"


class ReasonTooLong(AppError):
    """More than the applicant is shown."""

    kind = Kind.INVALID
    code = "reason_too_long"
    zh = "理由合计不能超过 {most} 个字"


class ReasonChanged(AppError):
    """Somebody else has changed the template since it was read."""

    kind = Kind.CONFLICT
    code = "reason_changed"
    zh = "理由模板已被他人修改，请刷新后重试"


class WantedUnknown(AppError):
    """The applicant could not add this to this application."""

    kind = Kind.INVALID
    code = "wanted_unknown"
    zh = "该申请不能补充材料：{wanted}"


class StatusNeeded(AppError):
    """These filters apply to the applications of one status."""

    kind = Kind.INVALID
    code = "status_needed"
    zh = "按类型、产品、机构或领取情况筛选时，请同时选择状态"


class SearchNeedsOne(AppError):
    """Exactly one thing is searched by."""

    kind = Kind.INVALID
    code = "search_needs_one"
    zh = "请按申请编号、企业名称或统一社会信用代码之一查询"


class RangeInvalid(AppError):
    """Days in the wrong order, or too many of them."""

    kind = Kind.INVALID
    code = "range_invalid"
    zh = "日期范围不正确，最多 {days} 天"

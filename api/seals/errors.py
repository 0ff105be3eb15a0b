"""Why a seal is not used, or does not go on."""

from __future__ import annotations

from api.errors import AppError
from hsm.errors import Kind


class SealState(AppError):
    """The seal does not stand where this could be done; also what the loser of a race is told."""

    kind = Kind.CONFLICT
    code = "seal_state"
    zh = "该印章当前状态（{status_name}）不能进行此操作"


class SealSuspended(AppError):
    """The seal is suspended: whoever suspended it can release it."""

    kind = Kind.CONFLICT
    code = "seal_suspended"
    zh = "该印章已停用，恢复使用后才能签章"


class SealNotInUse(AppError):
    """The seal was replaced, destroyed, has expired, or was never made."""

    kind = Kind.CONFLICT
    code = "seal_not_in_use"
    zh = "该印章已不可使用，请选择其他印章或重新申请"


class SealChoiceNeeded(AppError):
    """The certificate has several seals of this kind: name one by its id."""

    kind = Kind.CONFLICT
    code = "seal_choice_needed"
    zh = "该证书有多枚此类印章，请选择其中一枚"


class PlaceNeeded(AppError):
    """The request does not say where the seal goes."""

    kind = Kind.INVALID
    code = "place_missing"
    zh = "请指定签章位置"


class BatchMismatched(AppError):
    """A batch says for another number of documents how they are sealed than files were sent."""

    kind = Kind.INVALID
    code = "batch_mismatched"
    zh = "批量签章的文件数与签章要求数不一致"


class SealKindRefused(AppError):
    """The certificate is not one that such a seal is applied for with."""

    kind = Kind.CONFLICT
    code = "seal_kind_refused"
    zh = "该证书不能申请此类印章"


class SealPending(AppError):
    """A seal of this kind and name is under way already, or too many are."""

    kind = Kind.CONFLICT
    code = "seal_pending"
    zh = "同名印章正在办理中，或待办理的印章过多，请等待审核"


class LegalPersonUnknown(AppError):
    """Nobody has said who represents the enterprise, so that its seal could be made."""

    kind = Kind.CONFLICT
    code = "legal_person_unknown"
    zh = "尚未登记企业法定代表人，不能制作法定代表人名章"


class OwnSeal(AppError):
    """The operator is the person who applied for the seal."""

    kind = Kind.FORBIDDEN
    code = "own_seal"
    zh = "不能审核或处置本人申请的印章，请由其他操作员处理"


class PicturesBusy(AppError):
    """Other pictures are being looked at; nothing of this one was kept."""

    kind = Kind.BUSY
    code = "pictures_busy"
    zh = "图片处理繁忙，请稍后再试"

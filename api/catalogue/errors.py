"""Why a change of the catalogue is refused."""

from __future__ import annotations

from api.errors import AppError
from hsm.errors import Kind


class CatalogueChanged(AppError):
    """Not the version that the change was made from: somebody else changed it first. ``version``: present."""

    kind = Kind.CONFLICT
    code = "catalogue_changed"
    zh = "目录已被他人修改（当前版本 {version}），请刷新后重试"


class ReferenceUnknown(AppError):
    """The province, platform or CA that is named does not exist. ``field``: which of them."""

    kind = Kind.INVALID
    code = "catalogue_reference_unknown"
    zh = "所选{field}不存在"


class ProfileUnknown(AppError):
    """No certificate profile with this name is loaded."""

    kind = Kind.INVALID
    code = "product_profile_unknown"
    zh = "证书模板 {profile} 不存在"


class ProfileUnfit(AppError):
    """The profile says things that nobody knows of such a subscriber, or does not name the person at all."""

    kind = Kind.INVALID
    code = "profile_not_for_kind"
    zh = "证书模板 {profile} 不适用于该类证书"


class ProfileDoesNotSign(AppError):
    """The first half of a product must be a signing certificate."""

    kind = Kind.INVALID
    code = "profile_does_not_sign"
    zh = "证书模板 {profile} 不是签名证书模板"


class EscrowMissing(AppError):
    """The second half of a dual certificate must have a key that can be recovered."""

    kind = Kind.INVALID
    code = "encryption_profile_without_escrow"
    zh = "加密证书模板 {profile} 没有密钥托管，不能用于双证书"


class KeyKindRefused(AppError):
    """The profile does not allow this kind of key."""

    kind = Kind.INVALID
    code = "key_kind_not_in_profile"
    zh = "证书模板 {profile} 不允许 {key_kind} 密钥"


class ValidityRefused(AppError):
    """Longer or shorter than the profile allows. ``least``, ``most``: days."""

    kind = Kind.INVALID
    code = "validity_not_in_profile"
    zh = "证书模板 {profile} 的有效期应为 {least} 至 {most} 天"


class KindFixed(AppError):
    """A product certifies the same kind of subscriber in all its versions."""

    kind = Kind.CONFLICT
    code = "product_kind_fixed"
    zh = "证书产品的类别不能修改，请新增产品"


class AttachmentRepeated(AppError):
    """Two attachments with one code."""

    kind = Kind.INVALID
    code = "attachment_repeated"
    zh = "附件代码 {attachment} 重复"


class SaleWindowRefused(AppError):
    """The sale would end before it begins."""

    kind = Kind.INVALID
    code = "sale_window_refused"
    zh = "停止销售时间应晚于开始销售时间"

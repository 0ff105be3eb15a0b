"""Why somebody cannot apply for what they ask."""

from __future__ import annotations

from api.errors import AppError
from hsm.errors import Kind


class NotTheVerifiedPerson(AppError):
    """The name or number given is not that of the real-name check."""

    kind = Kind.CONFLICT
    code = "not_the_verified_person"
    zh = "填写的姓名或证件号码与实名认证信息不一致"


class AdministratorAlready(AppError):
    """The administrator of an enterprise cannot join it."""

    kind = Kind.CONFLICT
    code = "administrator_already"
    zh = "您已是该企业的管理员"


class ProductUnfit(AppError):
    """The product is for holders of another kind."""

    kind = Kind.INVALID
    code = "product_unfit"
    zh = "所选证书产品不适用于此类申请"


class UnderWay(AppError):
    """The same is applied for already. ``application``: its number."""

    kind = Kind.CONFLICT
    code = "application_under_way"
    zh = "已有正在办理的同类申请（{application}）"


class CertificateRevoked(AppError):
    """The certificate was revoked before: it cannot be renewed, revoked or given a new PIN."""

    kind = Kind.CONFLICT
    code = "certificate_revoked"
    zh = "该证书已注销"


class CertificateOfOther(AppError):
    """The certificate that was chosen is not one of the enterprise that is to seal."""

    kind = Kind.FORBIDDEN
    code = "certificate_of_other_enterprise"
    zh = "请选择该企业的企业证书盖章"


class HolderDiffers(AppError):
    """The account is another person's by now: what it held before is not theirs to go on with."""

    kind = Kind.CONFLICT
    code = "holder_differs"
    zh = "证书持有人与您的实名信息不一致，请联系 CA 机构办理"


class KindChanged(AppError):
    """A new version must be of the same kind, and about the same certificate."""

    kind = Kind.INVALID
    code = "kind_changed"
    zh = "不能更改申请类型或所涉及的证书"


class PickUnknown(AppError):
    """No candidate of the photo has this digest; the photo may have been replaced."""

    kind = Kind.CONFLICT
    code = "signature_unknown"
    zh = "所选签名已失效，请重新选择"


class AttachmentUnknown(AppError):
    """The product asks for no such attachment."""

    kind = Kind.NOT_FOUND
    code = "attachment_unknown"
    zh = "该产品不需要此附件"


class PaperNotExpected(AppError):
    """This kind of application has no form to be signed on paper."""

    kind = Kind.CONFLICT
    code = "paper_not_expected"
    zh = "此类申请不需要上传纸质申请书"


class CertificateEnded(AppError):
    """Expired or suspended: its PIN authorises nothing; a new certificate must be applied for."""

    kind = Kind.CONFLICT
    code = "certificate_ended"
    zh = "该证书已过期或已冻结，不能续期，请重新申请"


class CertificateReplaced(AppError):
    """Something else follows this certificate already."""

    kind = Kind.CONFLICT
    code = "certificate_replaced"
    zh = "该证书已有后续证书，请使用新证书办理"

"""Why a scan is not made, not approved, or has nothing to give."""

from __future__ import annotations

from api.errors import AppError
from hsm.errors import Kind


class OriginNotRegistered(AppError):
    """The page's origin is none of those that an operator registered for the platform."""

    kind = Kind.FORBIDDEN
    code = "origin_not_registered"
    zh = "页面来源未登记，请联系平台技术人员"


class TooManyDocuments(AppError):
    """More documents than one approval can be responsible for. ``most``: how many there may be."""

    kind = Kind.INVALID
    code = "too_many_documents"
    zh = "一次最多签署 {most} 个文件"


class TooManyPlaces(AppError):
    """More places for seals than one document may have. ``most``: how many there may be."""

    kind = Kind.INVALID
    code = "too_many_places"
    zh = "每个文件最多 {most} 处签章"


class TooManyEnvelopes(AppError):
    """More envelopes than one approval may open. ``most``: how many there may be."""

    kind = Kind.INVALID
    code = "too_many_envelopes"
    zh = "一次最多解密 {most} 个数字信封"


class PlaceOffPage(AppError):
    """A place where a round seal would not be wholly on a page of the document.

    ``document``: number of the document, from 0; ``place``: number of the place in it.
    """

    kind = Kind.INVALID
    code = "place_off_page"
    zh = "签章位置不在文件页面内"


class EnvelopeRepeated(AppError):
    """Two envelopes of one request have the same id."""

    kind = Kind.INVALID
    code = "envelope_repeated"
    zh = "数字信封编号重复"


class QrNotFound(AppError):
    """A picture without a QR code that can be read."""

    kind = Kind.INVALID
    code = "qr_not_found"
    zh = "图片中没有识别到二维码，请对准二维码重新拍摄"


class NotBound(AppError):
    """None of the platform's users is bound to this person, or not for the enterprise of the certificate.

    ``scan``: the id of the scan.
    """

    kind = Kind.FORBIDDEN
    code = "not_bound"
    zh = "您尚未绑定该平台的账号，请先在平台申请绑定"


class BindingNeeded(AppError):
    """Several users of the platform are bound to the person: one must be chosen."""

    kind = Kind.INVALID
    code = "binding_needed"
    zh = "请选择要使用的平台账号"


class CertificateNeeded(AppError):
    """The approval names no certificate."""

    kind = Kind.INVALID
    code = "certificate_needed"
    zh = "请选择证书"


class PinNeeded(AppError):
    """The approval has no PIN, and this kind of act needs it."""

    kind = Kind.INVALID
    code = "pin_needed"
    zh = "请输入 PIN 码"


class UserBound(AppError):
    """The platform's user is bound to another person or enterprise; that binding must end first."""

    kind = Kind.CONFLICT
    code = "user_already_bound"
    zh = "该平台账号已绑定其他人员或企业，请先在平台解除绑定"


class EnterpriseDiffers(AppError):
    """The certificate is of another enterprise than the platform's user."""

    kind = Kind.CONFLICT
    code = "enterprise_differs"
    zh = "所选证书与平台账号不属于同一企业"


class DocumentChanged(AppError):
    """The stored bytes are not those that were asked for and shown: nothing was signed."""

    kind = Kind.CONFLICT
    code = "document_changed"
    zh = "待签文件与所展示的不一致，已停止签章"


class SealedDocumentGone(AppError):
    """Sealed documents are kept for 24 hours."""

    kind = Kind.GONE
    code = "sealed_document_gone"
    zh = "签章后的文件已过保存期限"


class ScanUnfinished(AppError):
    """There is no sealed document before the scan is complete, and none of other kinds of scans."""

    kind = Kind.CONFLICT
    code = "scan_unfinished"
    zh = "尚无签章后的文件"

"""What cannot be filled in, sealed, embedded or relied on."""

from __future__ import annotations

from ca.errors import CaError
from hsm.errors import Kind


class FormFieldRefused(CaError):
    """A field of a form is empty or longer than its cell can show."""

    kind = Kind.INVALID
    code = "form_field_invalid"
    zh = "{field}为空或过长，请核对"


class DocumentRefused(CaError):
    """A PDF that cannot be sealed. The bytes given are never altered."""

    kind = Kind.INVALID
    code = "pdf_refused"
    zh = "该 PDF 文件不能签章"


class PdfDamaged(DocumentRefused):
    """Not a PDF, cut off, or with a broken structure."""

    code = "pdf_damaged"
    zh = "文件不是 PDF 或已损坏，无法签章"


class PdfEncrypted(DocumentRefused):
    """Opens with a password that was not given, or for the holders of certificates alone."""

    code = "pdf_encrypted"
    zh = "PDF 文件已加密，请提供密码或先解除保护再签章"


class PdfPasswordWrong(DocumentRefused):
    """The password opens the document neither as its user's nor as its owner's."""

    code = "pdf_password_wrong"
    zh = "PDF 文件密码不正确，请重新输入"


class PdfPermissionDenied(DocumentRefused):
    """The password given opens the document, but its owner does not let it be changed with that."""

    kind = Kind.FORBIDDEN
    code = "pdf_permission_denied"
    zh = "PDF 文件的权限设置不允许签章，请使用所有者密码"


class PdfHybrid(DocumentRefused):
    """Two cross-references side by side contradict each other (ISO 32000-1, 7.5.8.4): viewers may show
    different pages."""

    code = "pdf_hybrid"
    zh = "PDF 文件采用混合索引，不同软件显示可能不一致，请另存后再签章"


class PdfActive(DocumentRefused):
    """Carries JavaScript, which could change what people see after they sealed it."""

    code = "pdf_active"
    zh = "PDF 文件含有脚本，内容可能变化，不能签章"


class PdfEmpty(DocumentRefused):
    """Has no page."""

    code = "pdf_empty"
    zh = "PDF 文件没有页面，无法签章"


class PdfTooLarge(DocumentRefused):
    """Larger than the caller allows."""

    kind = Kind.TOO_LARGE
    code = "pdf_too_large"
    zh = "PDF 文件过大（上限 {limit_mb} MB），无法签章"


class PdfLocked(DocumentRefused):
    """An earlier signature locked the document's fields: a new seal would break it."""

    kind = Kind.CONFLICT
    code = "pdf_locked"
    zh = "PDF 文件已被先前的签名锁定，不允许再签章"


class PdfCertified(DocumentRefused):
    """The author certified the document and forbade all changes, seals among them."""

    kind = Kind.CONFLICT
    code = "pdf_certified"
    zh = "PDF 文件已由作者认证并禁止任何更改，不能再签章"


class CertificationNotFirst(DocumentRefused):
    """An author certifies before anybody signs; this document has signatures."""

    kind = Kind.CONFLICT
    code = "certification_not_first"
    zh = "文件已有签名，不能再作认证签章"


class LockRefused(DocumentRefused):
    """A lock names fields where it is for all, or none where it is for some."""

    code = "lock_invalid"
    zh = "字段锁定范围填写有误"


class PdfArchival(DocumentRefused):
    """The document is of PDF/A-1, which forbids transparency (ISO 19005-1, 6.4), and the seal's picture
    has it."""

    code = "pdf_archival"
    zh = "PDF/A-1 文件不允许透明图像，请换用矢量印章"


class PageNotFound(DocumentRefused):
    """The document has no page of that number."""

    code = "page_not_found"
    zh = "签章页码不存在，文件共 {pages} 页"


class SealOffPage(DocumentRefused):
    """Part of the seal would lie outside the page as shown."""

    code = "seal_off_page"
    zh = "印章超出页面范围，请调整位置"


class KeywordNotFound(DocumentRefused):
    """The text beside which the seal was to go is not in the document; pictures of text are not read."""

    code = "keyword_not_found"
    zh = "文件中没有找到关键字“{keyword}”，请核对或改用坐标签章"


class KeywordSearchFailed(DocumentRefused):
    """The document's text could not be searched within bounded time and memory."""

    code = "keyword_search_failed"
    zh = "无法在该文件中查找关键字，请改用坐标签章"


class SeamTooShort(DocumentRefused):
    """A seam seal needs two pages at least."""

    code = "seam_needs_pages"
    zh = "骑缝章至少需要两页"


class TooManyImpressions(DocumentRefused):
    """The placements would leave more marks of the seal than one document may have."""

    code = "too_many_impressions"
    zh = "印章数量过多（上限 {most} 处），请减少签章位置"


class HoleMissing(CaError):
    """The document was not prepared for a signature, or already holds it."""

    kind = Kind.CONFLICT
    code = "signature_place_missing"
    zh = "文件中没有待填写的签名位置"


class SignatureTooLarge(CaError):
    """The CMS does not fit into the place that was reserved for it."""

    kind = Kind.TOO_LARGE
    code = "signature_too_large"
    zh = "签名数据过大，无法写入文件"


class TimeStampMissing(CaError):
    """The time stamp authority gave no stamp, or one over something else."""

    kind = Kind.UNAVAILABLE
    code = "time_stamp_missing"
    zh = "暂时无法取得时间戳，请稍后再试"


class DigestRefused(CaError):
    """The digest of a file is of the wrong length, by an unknown algorithm, or not one that the key signs."""

    kind = Kind.INVALID
    code = "digest_invalid"
    zh = "文件摘要的算法或长度不正确"


class SignatureUnreadable(CaError):
    """The bytes are not a detached CMS signature (RFC 5652)."""

    kind = Kind.INVALID
    code = "signature_unreadable"
    zh = "签名文件无法识别，请确认选择的是签名文件（.p7s）"


class ProofMissing(CaError):
    """What a signature is to be proved by later (the state of a certificate) cannot be had now."""

    kind = Kind.UNAVAILABLE
    code = "proof_missing"
    zh = "暂时无法取得证书状态证明，签章未完成，请稍后再试"


class SignerNotGood(CaError):
    """The signer's certificate, or one above it, was revoked or suspended while the document was signed."""

    kind = Kind.CONFLICT
    code = "signer_not_good"
    zh = "签名证书已被吊销或冻结，签章未完成"

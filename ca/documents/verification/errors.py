"""Files that nothing can be said of."""

from __future__ import annotations

from ca.errors import CaError
from hsm.errors import Kind


class VerificationRefused(CaError):
    """The file cannot be verified at all."""

    kind = Kind.INVALID
    code = "verification_refused"
    zh = "该文件无法验证"


class NotAPdf(VerificationRefused):
    """Not a PDF, or one whose structure cannot be read."""

    code = "verification_pdf_damaged"
    zh = "文件不是 PDF 或已损坏，无法验证"


class PasswordNeeded(VerificationRefused):
    """Opening the document takes a password."""

    code = "verification_password_needed"
    zh = "文件设有打开密码，请输入密码再验证"


class PasswordWrong(VerificationRefused):
    """The document has another password."""

    kind = Kind.FORBIDDEN
    code = "verification_password_wrong"
    zh = "打开密码不正确"


class FileTooLarge(VerificationRefused):
    """Larger than the verifier takes."""

    kind = Kind.TOO_LARGE
    code = "verification_too_large"
    zh = "文件过大（上限 {limit_mb} MB），无法验证"


class TooHardToVerify(VerificationRefused):
    """Reading the file took more time or memory than is given to one document."""

    code = "verification_too_hard"
    zh = "文件结构异常复杂，未能在限定的时间和内存内完成验证"

"""Why a document is not verified at this moment."""

from __future__ import annotations

from api.errors import AppError
from hsm.errors import Kind


class VerificationLimit(AppError):
    """Too many documents from this address. ``wait_seconds``: until the next."""

    kind = Kind.TOO_MANY
    code = "verification_limit"
    zh = "验证次数过多，请 {wait_seconds} 秒后再试"


class VerifierBusy(AppError):
    """All processes that verify are at work."""

    kind = Kind.BUSY
    code = "verifier_busy"
    zh = "正在验证的文件较多，请稍后再试"


class NoFileChosen(AppError):
    """The page's form came without a file."""

    kind = Kind.INVALID
    code = "verification_file_missing"
    zh = "请先选择一个 PDF 文件"

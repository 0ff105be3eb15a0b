"""Why an uploaded photograph is not accepted."""

from __future__ import annotations

from ca.errors import CaError
from hsm.errors import Kind


class PictureInvalid(CaError):
    """Damaged, or too small to be read."""

    kind = Kind.INVALID
    code = "picture_invalid"
    zh = "图片无法识别，请上传清晰的 JPG 或 PNG 照片"


class PictureTooLarge(CaError):
    """More bytes or pixels than any photo of a document has."""

    kind = Kind.TOO_LARGE
    code = "picture_too_large"
    zh = "图片过大，请上传不超过 8 MB 的照片"


class PictureKindRefused(CaError):
    """A kind of picture, or of file, that is not read here; ``found`` names it."""

    kind = Kind.INVALID
    code = "picture_kind_unsupported"
    zh = "不支持{found}格式，请上传 JPG 或 PNG 照片"

    def __init__(self, found: str) -> None:
        super().__init__(f"{found} is not read here", found=f" {found} ")


class PictureAnimated(CaError):
    """An animated PNG: which of its pictures is the document?"""

    kind = Kind.INVALID
    code = "picture_animated"
    zh = "不支持动态图片，请上传静态照片"


class AnalysisFailed(CaError):
    """Looking at the photo took too long or too much memory, or the process that did it died."""

    kind = Kind.UNAVAILABLE
    code = "picture_analysis_failed"
    zh = "图片分析未完成，请换一张照片或稍后重试"

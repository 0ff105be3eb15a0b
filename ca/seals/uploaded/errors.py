"""Why a picture gives no seal."""

from __future__ import annotations

from ca.errors import CaError
from hsm.errors import Kind


class PictureNotASeal(CaError):
    """No red seal of the kind's outline is seen: none at all, another shape, too faint, or a blot."""

    kind = Kind.INVALID
    code = "picture_not_a_seal"
    zh = "图片中没有找到该类印章，请在白纸上清晰盖章后拍照或扫描"


class SealCutOff(CaError):
    """The seal reaches the edge of the picture: a part of it may be missing."""

    kind = Kind.INVALID
    code = "seal_picture_cut_off"
    zh = "印章不完整，请将整个印章拍入图片并在四周留白"


class SeveralSeals(CaError):
    """More than one seal is seen; which is meant cannot be told."""

    kind = Kind.INVALID
    code = "seal_picture_several"
    zh = "图片中有多枚印章，请只保留一枚"


class SealPictureSmall(CaError):
    """Too few pixels at the seal's true size; ``found`` and ``needed``: pixels to the inch."""

    kind = Kind.INVALID
    code = "seal_picture_too_small"
    zh = "图片不够清晰：印章处约 {found} DPI，至少需要 {needed} DPI，请靠近拍摄或提高扫描精度"

    def __init__(self, found: int, needed: int) -> None:
        super().__init__(f"{found} pixels to the inch, at least {needed}", found=found, needed=needed)


class SealSizeDiffers(CaError):
    """A scan tells its own scale, and the seal in it is of another size than the rules of its kind."""

    kind = Kind.INVALID
    code = "seal_picture_size_differs"
    zh = "扫描件中印章约 {found} 毫米，与该类印章规格（{needed} 毫米）不符"

    def __init__(self, found: float, needed: float) -> None:
        super().__init__(f"{found} mm, not {needed}", found=found, needed=needed)

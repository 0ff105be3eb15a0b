"""What cannot be drawn as a seal."""

from __future__ import annotations

from ca.errors import CaError
from hsm.errors import Kind


class SealNameRefused(CaError):
    """The name is empty, or so long that its characters could not be read at true size."""

    kind = Kind.INVALID
    code = "seal_name_invalid"
    zh = "印章名称为空或过长，无法制作印章"


class SealCodeRefused(CaError):
    """The code along the bottom is not made of 1 to 18 digits and capitals."""

    kind = Kind.INVALID
    code = "seal_code_invalid"
    zh = "印章编码只能由 1 至 18 位数字或大写字母组成"

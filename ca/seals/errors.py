"""What cannot be drawn, made or read as a seal."""

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


class SealLineRefused(CaError):
    """The line below the middle is missing, too long, or the kind of seal has none."""

    kind = Kind.INVALID
    code = "seal_line_invalid"
    zh = "印章下方文字为空、过长，或该类印章不刻下方文字"


class SealMalformed(CaError):
    """The bytes are not a seal or a signature made with one, as GB/T 38540 or GM/T 0031 write them."""

    kind = Kind.INVALID
    code = "seal_malformed"
    zh = "印章数据格式不正确"


class SealOrderRefused(CaError):
    """A seal cannot be made so: a name without characters, an end before its start, no holder."""

    kind = Kind.INVALID
    code = "seal_order_invalid"
    zh = "印章制作信息不完整或不正确"

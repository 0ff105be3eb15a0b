"""Why there is no picture of a signature."""

from __future__ import annotations

from ca.errors import CaError
from hsm.errors import Kind


class SignatureNotFound(CaError):
    """The photo shows no handwriting, or none that could be told from print."""

    kind = Kind.INVALID
    code = "signature_not_found"
    zh = "照片中没有找到手写签名，请在白纸上用黑色笔签名后，在光线均匀处重新拍摄"


class SignatureNameRefused(CaError):
    """The name is empty, or longer than a signature can show."""

    kind = Kind.INVALID
    code = "signature_name_invalid"
    zh = "姓名为空或过长，无法生成签名"

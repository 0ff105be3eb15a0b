"""Why an envelope is not made, or not opened. ``code`` is stable, ``message`` is Chinese and for people."""

from __future__ import annotations


class EnvelopeError(Exception):
    """Whatever this package raises, beside OSError."""

    code = "envelope_error"
    message = "数字信封处理失败，请重试"


class EnvelopeMalformed(EnvelopeError):
    """Not one whole CMS envelope: another format, cut short, lengths that do not fit, bytes after its end."""

    code = "envelope_malformed"
    message = "加密文件已损坏或不完整"


class EnvelopeUnsupported(EnvelopeError):
    """An envelope of a form, or with an algorithm, that is not known here."""

    code = "envelope_unsupported"
    message = "加密文件采用了不支持的格式或算法"


class EnvelopeNotOpened(EnvelopeError):
    """The key does not open it: another envelope's key, or a changed file. Both look alike, and must."""

    code = "envelope_not_opened"
    message = "无法解密：密钥不符，或加密文件已被改动"


class RecipientUnfit(EnvelopeError):
    """Nothing can, or should, be encrypted to this certificate."""

    code = "recipient_unfit"
    message = "该证书不能用于加密，请使用加密证书"


class SourceChanged(EnvelopeError):
    """The file grew, shrank or was written to while it was being read."""

    code = "source_changed"
    message = "文件在处理过程中被改动，请关闭正在编辑它的程序后重试"


class SourceTooLarge(EnvelopeError):
    """More than one AES-GCM key may encrypt (NIST SP 800-38D, section 5.2.1.1)."""

    code = "source_too_large"
    message = "文件过大，无法加密"


class SignatureWrong(EnvelopeError):
    """The signature inside the envelope does not hold for what is inside."""

    code = "inner_signature_invalid"
    message = "加密文件内的签名验证未通过"

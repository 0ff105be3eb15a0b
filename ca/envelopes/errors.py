"""Why the content key of an envelope is not given out."""

from __future__ import annotations

from ca.errors import CaError
from hsm.errors import Kind


class RecipientMalformed(CaError):
    """Not one CMS RecipientInfo in DER."""

    kind = Kind.INVALID
    code = "recipient_malformed"
    zh = "数字信封的接收者信息格式不正确"


class RecipientUnsupported(CaError):
    """A RecipientInfo of a kind, or with an algorithm, that no key of ours opens."""

    kind = Kind.INVALID
    code = "recipient_unsupported"
    zh = "数字信封采用了不支持的算法"


class EnvelopeNotOpened(CaError):
    """The key is the right one by name, and what it was given does not open with it."""

    kind = Kind.CONFLICT
    code = "envelope_not_opened"
    zh = "数字信封无法打开，可能已损坏"


class SessionKeyInvalid(CaError):
    """Not the 32 bytes of an X25519 public key (RFC 7748), or one to which nothing can be sealed."""

    kind = Kind.INVALID
    code = "session_key_invalid"
    zh = "解密会话公钥不正确"

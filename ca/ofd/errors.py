"""What cannot be read, sealed or relied on as an OFD document. The bytes given are never altered."""

from __future__ import annotations

from ca.errors import CaError
from hsm.errors import Kind


class OfdRefused(CaError):
    """An OFD document that cannot be sealed or verified."""

    kind = Kind.INVALID
    code = "ofd_refused"
    zh = "该 OFD 文件不能处理"


class OfdDamaged(OfdRefused):
    """Not a ZIP archive, cut off, or without the files and elements that GB/T 33190 asks for."""

    code = "ofd_damaged"
    zh = "文件不是 OFD 或已损坏"


class OfdEncrypted(OfdRefused):
    """Entries of the archive, or the document inside, are encrypted."""

    code = "ofd_encrypted"
    zh = "OFD 文件已加密，请先解除保护"


class OfdTooLarge(OfdRefused):
    """More bytes, packed or unpacked, or more files than are accepted: a ZIP bomb among them."""

    kind = Kind.TOO_LARGE
    code = "ofd_too_large"
    zh = "OFD 文件过大，或解压后超出限制"


class OfdPathUnsafe(OfdRefused):
    """A name in the archive leads out of it, is no file's, or hides another entry."""

    code = "ofd_path_unsafe"
    zh = "OFD 文件内含有不安全的路径"


class OfdNamesRepeated(OfdRefused):
    """Two entries of the archive have one name: programs would show different documents."""

    code = "ofd_names_repeated"
    zh = "OFD 文件内有重名文件，不同软件显示可能不一致"


class OfdXmlRefused(OfdRefused):
    """A file inside is not well-formed XML, or declares a document type or entities."""

    code = "ofd_xml_invalid"
    zh = "OFD 文件内的 XML 格式不正确或含有不允许的声明"


class OfdEmpty(OfdRefused):
    """The document has no page."""

    code = "ofd_empty"
    zh = "OFD 文件没有页面，无法签章"


class OfdLocked(OfdRefused):
    """An earlier signature covers the list of signatures: another one would break it."""

    kind = Kind.CONFLICT
    code = "ofd_locked"
    zh = "OFD 文件已被先前的签名锁定，不允许再签章"

"""Opening an encrypted document by its password (ISO 32000-2, 7.6): RC4 and AES, by the standard handler."""

from __future__ import annotations

from typing import Final

from pyhanko.pdf_utils.crypt import AuthStatus, StandardSecurityHandler
from pyhanko.pdf_utils.crypt.permissions import StandardPermissions
from pyhanko.pdf_utils.reader import PdfFileReader

from ca.documents.errors import PdfEncrypted, PdfPasswordWrong

# ISO 32000-2, table 22: bit 6 with bit 4 is what creating signature fields takes.
_NEEDED: Final = (
    StandardPermissions.ALLOW_MODIFICATION_GENERIC | StandardPermissions.ALLOW_ANNOTS_FORM_FILLING
)


def unlock(reader: PdfFileReader, password: str | None) -> bool:
    """Decrypt what ``reader`` reads; whether the document may be changed with this password.

    Without one, the empty password is tried, with which viewers open a document that is protected against
    changes alone. Raises PdfEncrypted, PdfPasswordWrong.
    """
    handler = reader.security_handler
    if not isinstance(handler, StandardSecurityHandler):
        raise PdfEncrypted("encrypted for certificates")
    if handler.pdf_mac_enabled:
        raise PdfEncrypted("with an integrity code (ISO/TS 32004), which a signature would have to renew")
    try:
        result = reader.decrypt(password or "")
    except UnicodeError:  # old encryption knows Latin letters alone
        raise PdfPasswordWrong("no password of this kind of encryption") from None
    if result.status is AuthStatus.FAILED:
        raise (
            PdfEncrypted("a password is needed") if password is None else PdfPasswordWrong("another password")
        )
    flags = result.permission_flags
    return result.status is AuthStatus.OWNER or flags is None or _NEEDED in flags

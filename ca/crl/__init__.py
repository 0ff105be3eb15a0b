"""Certificate revocation lists (RFC 5280, section 5): complete and delta, signed on the token.

Each issuing CA has one list, or several over which its certificates are spread (shards). ``publisher`` makes
one list's next edition, ``library`` looks after all of them, ``entries`` reads what belongs on a list, and
``encoding`` writes it.
"""

from ca.crl.encoding import Listed, Scope, sign_crl, sign_list
from ca.crl.library import CrlLibrary
from ca.crl.publisher import CrlPolicy, CrlPublisher, Published

__all__ = [
    "CrlLibrary",
    "CrlPolicy",
    "CrlPublisher",
    "Listed",
    "Published",
    "Scope",
    "sign_crl",
    "sign_list",
]

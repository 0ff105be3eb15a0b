"""How a signature says what may change after it: certification and locks of fields (ISO 32000-2, 12.8.2)."""

from __future__ import annotations

from typing import Final

from cryptography.hazmat.primitives import hashes
from pyhanko.sign.fields import FieldMDPAction, FieldMDPSpec, MDPPerm
from pyhanko.sign.signers.cms_embedder import SigMDPSetup

from ca.documents.terms import LockKind, Terms

_ACTIONS: Final = {
    LockKind.ALL: FieldMDPAction.ALL,
    LockKind.INCLUDE: FieldMDPAction.INCLUDE,
    LockKind.EXCLUDE: FieldMDPAction.EXCLUDE,
}


def field_lock(terms: Terms) -> FieldMDPSpec | None:
    """The lock, as a field's dictionary and the signature's reference have it."""
    if terms.lock is None:
        return None
    return FieldMDPSpec(_ACTIONS[terms.lock.kind], list(terms.lock.fields) or None)


def limits_of(terms: Terms, lock: FieldMDPSpec | None, algorithm: hashes.HashAlgorithm) -> SigMDPSetup | None:
    """What goes into the signature dictionary; None where nothing is limited."""
    if terms.certify is None and lock is None:
        return None
    level = None if terms.certify is None else MDPPerm(terms.certify.value)
    return SigMDPSetup(
        md_algorithm=algorithm.name, certify=level is not None, field_lock=lock, docmdp_perms=level
    )

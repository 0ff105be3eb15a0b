"""Whom an installation trusts when it verifies: its own root, and whom its operator put beside it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding

from api.data_folder import DataFolder
from api.pki.service import Pki
from ca.documents.verification import Trust


def of_folder(folder: DataFolder) -> Trust:
    """From files alone, without database or token: certificates and the lists that were last written.

    Raises OSError, ValueError for a file that cannot be read.
    """
    others = _others(folder)
    own = _load([folder.root_certificate])
    between = _load([folder.issuing_certificate])
    lists = _load(sorted(folder.pki.rglob("*.crl")))
    return Trust((*own.roots, *others.roots), between.roots, (*lists.lists, *others.lists))


def of_service(folder: DataFolder, pki: Pki) -> Trust:
    """As the running service knows it: every issuing CA, and the newest edition of each list."""
    others = _others(folder)
    newest = [one.newest() for one in pki.lists.publishers()]
    lists = [one.complete for one in newest if one is not None]
    between = [one.authority.certificate.public_bytes(Encoding.DER) for one in pki.authorities.all()]
    root_list = _load([pki.root_list])
    return Trust(
        (pki.root.public_bytes(Encoding.DER), *others.roots),
        tuple(between),
        (*root_list.lists, *lists, *others.lists),
    )


def _others(folder: DataFolder) -> Trust:
    """The lock CAs and the CAs of others, with their lists."""
    kept = (folder.lock_cas, folder.outside_cas)
    return _load([file for one in kept for file in sorted(one.glob("*"))])


def _load(files: Iterable[Path]) -> Trust:
    return Trust.load(one for one in files if one.is_file())

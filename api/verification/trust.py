"""Whom an installation trusts when it verifies: its own root, and the lock CAs of its configuration."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from api.data_folder import DataFolder
from ca.documents.verification import Trust


def of_folder(folder: DataFolder) -> Trust:
    """From files alone, without database or token: certificates and the lists that were last written.

    Raises OSError, ValueError for a file that cannot be read.
    """
    return of_files(
        roots=(folder.root_certificate, *sorted(folder.lock_cas.glob("*.pem"))),
        intermediates=(folder.issuing_certificate,),
        lists=(*sorted(folder.pki.rglob("*.crl")), *sorted(folder.lock_cas.glob("*.crl"))),
    )


def of_files(roots: Iterable[Path], intermediates: Iterable[Path] = (), lists: Iterable[Path] = ()) -> Trust:
    """Whatever of these there is. Raises OSError, ValueError."""
    trusted = Trust.load(one for one in roots if one.exists())
    between = Trust.load(one for one in intermediates if one.exists())
    known = Trust.load(one for one in lists if one.exists())
    return Trust(trusted.roots, between.roots, (*trusted.lists, *known.lists))

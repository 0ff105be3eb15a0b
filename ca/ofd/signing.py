"""Sealing an OFD document: one more signature over every file of the package (GB/T 33190, 18; GB/T 38540)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import BinaryIO, Final

from cryptography.hazmat.primitives.serialization import Encoding

from ca.documents.cms_making import SigningIdentity
from ca.documents.placing import Placement
from ca.documents.time_stamping import Answer, token_over
from ca.ofd import xml
from ca.ofd.appearance import appearances
from ca.ofd.document import ENTRY, Document, read_documents, read_pages
from ca.ofd.errors import OfdLocked
from ca.ofd.package import Package
from ca.ofd.signature_files import (
    Description,
    Listed,
    read_list,
    read_signature,
    write_list,
    write_signature,
)
from ca.seals.objects.making import make_stamp
from ca.seals.objects.model import SealObject
from ca.signatures import ALGORITHMS, algorithm_of

_SEAL: Final = "Seal"


def seal_package(
    package: Package,
    identity: SigningIdentity,
    seal: SealObject,
    placements: Sequence[Placement],
    target: BinaryIO,
    *,
    at: datetime,
    stamps: Answer | None = None,
) -> None:
    """Write to ``target`` the package with the seal on its (first) document. Earlier signatures stay valid.

    All placements are one signature. ``stamps``: a time stamp authority, whose stamp travels with it. Raises
    the subclasses of OfdRefused and DocumentRefused, TimeStampMissing, and what the key raises: HsmError.
    """
    document = read_documents(package)[0]
    size = (float(seal.picture.width), float(seal.picture.height))
    shown = appearances(package, read_pages(package, document), placements, size)
    highest = _highest_id(package, document)
    list_path = document.signatures or _beside(document, "Signs/Signatures.xml")
    folder = _new_folder(package, list_path)
    added = Listed(f"s{highest + 1:03d}", _SEAL, f"{folder}/Signature.xml")

    changed = {f"{folder}/Seal.esl": seal.der}
    if document.signatures is None:
        changed[ENTRY] = _with_list(package.read(ENTRY), list_path)
    algorithm = algorithm_of(identity.key.public_key())
    digest = ALGORITHMS[algorithm].digest
    description = Description(
        algorithm=algorithm,
        at=at,
        digest=digest,
        references=_references(package, changed, digest, list_path),
        appearances=shown,
        seal=f"{folder}/Seal.esl",
        signed_value=f"{folder}/SignedValue.dat",
        first_id=highest + 2,
    )
    changed[added.path] = write_signature(description)
    stamp = make_stamp(
        seal,
        hashlib.new(digest, changed[added.path]).digest(),
        f"/{added.path}",
        at,
        identity.key,
        identity.certificate.public_bytes(Encoding.DER),
        None if stamps is None else lambda signature: token_over(signature, stamps),
    )
    changed[description.signed_value] = stamp.der
    known = package.read(list_path) if list_path in package else None
    changed[list_path] = write_list(known, added, highest + 1 + len(shown))
    package.write(target, changed)


def _highest_id(package: Package, document: Document) -> int:
    """Raises OfdLocked when an earlier signature would break by another one."""
    listed, highest = read_list(package, document)
    for one in listed:
        if document.signatures in read_signature(package, one).references:
            raise OfdLocked(f"{one.path} covers the list of signatures")
    return highest


def _references(package: Package, changed: dict[str, bytes], digest: str, list_path: str) -> dict[str, bytes]:
    """Digests of every file as it will be, but for the list, which the next signature changes."""
    found = {name: package.digest(name, digest) for name in package.names if name != list_path}
    return found | {name: hashlib.new(digest, content).digest() for name, content in changed.items()}


def _with_list(entry: bytes, path: str) -> bytes:
    root = xml.parse(entry)
    xml.add(xml.needed(root, "DocBody"), "Signatures", f"/{path}")
    return xml.written(root)


def _beside(document: Document, path: str) -> str:
    folder = document.root.rpartition("/")[0]
    return f"{folder}/{path}" if folder else path


def _new_folder(package: Package, list_path: str) -> str:
    parent = list_path.rpartition("/")[0]
    prefix = f"{parent}/Sign_" if parent else "Sign_"
    taken = {name[len(prefix) :].partition("/")[0] for name in package.names if name.startswith(prefix)}
    return prefix + next(str(number) for number in range(len(taken) + 1) if str(number) not in taken)

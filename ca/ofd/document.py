"""What is in a package: its documents, their pages and their lists of signatures (GB/T 33190, 7)."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from typing import Final

from ca.ofd import xml
from ca.ofd.errors import OfdDamaged, OfdEncrypted, OfdPathUnsafe
from ca.ofd.package import Package

ENTRY: Final = "OFD.xml"
MAX_PAGES: Final = 20_000
_MOST_DOCUMENTS: Final = 100
Box = tuple[float, float, float, float]
"""Left, top, width, height in mm (ST_Box)."""


@dataclass(frozen=True, slots=True)
class Page:
    """``id``: what StampAnnot refers to; ``box``: the physical page."""

    id: str
    path: str
    box: Box


@dataclass(frozen=True, slots=True)
class Document:
    """One DocBody: where its root and, when there is one, its list of signatures is."""

    root: str
    signatures: str | None


def read_documents(package: Package) -> list[Document]:
    """The documents of a package, one as a rule. Raises OfdDamaged, OfdEncrypted, OfdXmlRefused."""
    if "Encryptions.xml" in package:  # GM/T 0099
        raise OfdEncrypted("the document inside is encrypted")
    entry = xml.parse(package.read(ENTRY))
    found = []
    for body in xml.children(entry, "DocBody"):
        listed = xml.text(xml.child(body, "Signatures"))
        root = resolve(ENTRY, xml.text(xml.needed(body, "DocRoot")))
        found.append(Document(root, resolve(ENTRY, listed) if listed else None))
    if not found:
        raise OfdDamaged("OFD.xml names no document")
    lists = [one.signatures for one in found if one.signatures is not None]
    if len(found) > _MOST_DOCUMENTS or len(set(lists)) != len(lists):
        raise OfdDamaged("too many documents, or two with one list of signatures")
    return found


def read_pages(package: Package, document: Document) -> list[Page]:
    """Its pages in order. Raises OfdDamaged, OfdXmlRefused."""
    root = xml.parse(package.read(document.root))
    usual = _box(xml.child(xml.needed(root, "CommonData"), "PageArea"))
    listed = xml.children(xml.needed(root, "Pages"), "Page")
    if len(listed) > MAX_PAGES:
        raise OfdDamaged(f"{len(listed)} pages, at most {MAX_PAGES}")
    return [_page(package, document, one, usual) for one in listed]


def _page(package: Package, document: Document, listed: xml.Element, usual: Box | None) -> Page:
    path = resolve(document.root, listed.get("BaseLoc", ""))
    content = xml.parse(package.read(path))
    box = _box(xml.child(content, "Area")) or usual
    if box is None or not listed.get("ID"):
        raise OfdDamaged(f"the page {path} has no size or no identifier")
    return Page(listed.get("ID", ""), path, box)


def _box(area: xml.Element | None) -> Box | None:
    """The physical box, which every page has of itself or of its document (GB/T 33190, table 6)."""
    told = xml.text(xml.child(area, "PhysicalBox")) if area is not None else ""
    if not told:
        return None
    try:
        left, top, width, height = (float(one) for one in told.split())
    except ValueError as error:
        raise OfdDamaged(f"not a box: {told[:60]!r}") from error
    if not (0 < width < 1e5 and 0 < height < 1e5 and abs(left) < 1e5 and abs(top) < 1e5):
        raise OfdDamaged(f"not a page: {told[:60]!r}")
    return left, top, width, height


def resolve(base: str, location: str) -> str:
    """The name in the package of a location (ST_Loc): from the root with ``/``, else beside ``base``.

    Raises OfdPathUnsafe, OfdDamaged.
    """
    if not location:
        raise OfdDamaged("a location is empty")
    joined = location if location.startswith("/") else posixpath.join("/", posixpath.dirname(base), location)
    parts: list[str] = []
    for part in joined.split("/"):
        if part == "..":
            if not parts:
                raise OfdPathUnsafe(f"{location[:200]!r} leads out of the package")
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)

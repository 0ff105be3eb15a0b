"""The XML of OFD packages, by lxml with everything switched off that a document could use against us."""

from __future__ import annotations

from typing import Any, Final, TypeAlias

from lxml import etree

from ca.ofd.errors import OfdDamaged, OfdXmlRefused

NAMESPACE: Final = "http://www.ofdspec.org/2016"

Element: TypeAlias = Any
"""lxml's, which has no types."""


def parse(content: bytes) -> Element:
    """The root element. Raises OfdXmlRefused for broken XML and for any document type or entity."""
    parser = etree.XMLParser(
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        remove_comments=False,
        remove_pis=False,
    )
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise OfdXmlRefused(f"not well-formed: {type(error).__name__}") from error
    if root.getroottree().docinfo.doctype:
        raise OfdXmlRefused("a document type is declared")
    return root


def child(parent: Element, name: str) -> Element | None:
    """The first child of this name, in whichever namespace: makers of OFD differ."""
    return parent.find(f"{{*}}{name}")


def children(parent: Element, name: str) -> list[Element]:
    """All children of this name."""
    return list(parent.findall(f"{{*}}{name}"))


def needed(parent: Element, *path: str) -> Element:
    """What is found by going down. Raises OfdDamaged."""
    found = parent
    for name in path:
        below = child(found, name)
        if below is None:
            raise OfdDamaged(f"{etree.QName(found).localname} has no {name}")
        found = below
    return found


def text(element: Element | None) -> str:
    """The text of an element without spaces around it; empty without one."""
    return "" if element is None else (element.text or "").strip()


def tag(name: str) -> str:
    """The name of an element of OFD's own namespace."""
    return f"{{{NAMESPACE}}}{name}"


def new(name: str, **attributes: str) -> Element:
    """An element of OFD that is a root."""
    return etree.Element(tag(name), attributes, nsmap={"ofd": NAMESPACE})


def add(parent: Element, name: str, content: str | None = None, **attributes: str) -> Element:
    """A new last child, in the namespace of its parent."""
    space = etree.QName(parent).namespace
    made = etree.SubElement(parent, f"{{{space}}}{name}" if space else name, attributes)
    made.text = content
    return made


def written(root: Element) -> bytes:
    """The document as a file."""
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8"))

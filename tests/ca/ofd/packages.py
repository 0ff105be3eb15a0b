"""OFD packages from scratch: minimal, valid, with text on every page; and what a hostile maker would send."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from io import BytesIO

NAMESPACE = 'xmlns:ofd="http://www.ofdspec.org/2016"'
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
TEXT = "投标人（盖章）：临沂某某建设工程有限公司"


def files(pages: int = 2) -> dict[str, bytes]:
    """The files of a document of A4 pages (GB/T 33190, 7)."""
    listed = "".join(
        f'<ofd:Page ID="{10 + number}" BaseLoc="Pages/Page_{number}/Content.xml"/>' for number in range(pages)
    )
    made = {
        "OFD.xml": f'<ofd:OFD {NAMESPACE} Version="1.1" DocType="OFD"><ofd:DocBody><ofd:DocInfo>'
        "<ofd:DocID>44f68f5ac3d34bc5b9f2d6f3b1d9a3b7</ofd:DocID><ofd:Title>测试</ofd:Title></ofd:DocInfo>"
        "<ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot></ofd:DocBody></ofd:OFD>",
        "Doc_0/Document.xml": f"<ofd:Document {NAMESPACE}><ofd:CommonData><ofd:MaxUnitID>99</ofd:MaxUnitID>"
        "<ofd:PageArea><ofd:PhysicalBox>0 0 210 297</ofd:PhysicalBox></ofd:PageArea>"
        "<ofd:PublicRes>PublicRes.xml</ofd:PublicRes></ofd:CommonData>"
        f"<ofd:Pages>{listed}</ofd:Pages></ofd:Document>",
        "Doc_0/PublicRes.xml": f'<ofd:Res {NAMESPACE} BaseLoc="Res"><ofd:Fonts>'
        '<ofd:Font ID="3" FontName="宋体" FamilyName="宋体"/></ofd:Fonts></ofd:Res>',
    }
    for number in range(pages):
        made[f"Doc_0/Pages/Page_{number}/Content.xml"] = content(TEXT if number == pages - 1 else "第一章")
    return {name: (HEAD + text).encode() for name, text in made.items()}


def content(text: str) -> str:
    """A page with one line of text, 4 mm high, at 30 mm from the left and 150 mm from the top."""
    return (
        f'<ofd:Page {NAMESPACE}><ofd:Content><ofd:Layer ID="100"><ofd:TextObject ID="101" '
        'Boundary="30 150 150 8" Font="3" Size="4">'
        f'<ofd:TextCode X="0" Y="4" DeltaX="g {len(text) - 1} 4">{text}</ofd:TextCode>'
        "</ofd:TextObject></ofd:Layer></ofd:Content></ofd:Page>"
    )


def packed(contents: Mapping[str, bytes]) -> bytes:
    file = BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, one in contents.items():
            archive.writestr(name, one)
    return file.getvalue()


def unpacked(package: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(BytesIO(package)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def with_files(package: bytes, more: Mapping[str, bytes | None]) -> bytes:
    """The package with files replaced, added, or, where None is given, taken out."""
    every = {**unpacked(package), **more}
    return packed({name: one for name, one in every.items() if one is not None})

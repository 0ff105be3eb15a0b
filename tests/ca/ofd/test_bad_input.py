"""OFD packages that mean harm, or are merely broken: each has a code of its own, and none costs much."""

from __future__ import annotations

import json
import random
import struct
import time
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from io import BytesIO

import pytest

from ca.documents.verification.model import Verdict
from ca.documents.verification.trust import Trust
from ca.ofd import package as limits
from ca.ofd.document import read_documents, read_pages, resolve
from ca.ofd.errors import (
    OfdDamaged,
    OfdEncrypted,
    OfdNamesRepeated,
    OfdPathUnsafe,
    OfdRefused,
    OfdTooLarge,
    OfdXmlRefused,
)
from ca.ofd.package import Package
from ca.ofd.report import to_json
from ca.ofd.verification import verify_package
from tests.ca.conftest import NOW
from tests.ca.documents.sealers import Sealers
from tests.ca.ofd.packages import NAMESPACE, files, packed, unpacked, with_files


def read(package: bytes) -> None:
    with Package.open(BytesIO(package)) as opened:
        for one in read_documents(opened):
            read_pages(opened, one)


def archive(*entries: tuple[zipfile.ZipInfo | str, bytes]) -> bytes:
    file = BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        for name, content in entries:
            made.writestr(name, content)
    return file.getvalue()


@pytest.mark.parametrize("broken", [b"", b"PK", b"%PDF-1.7", b"PK\x03\x04" + bytes(60), packed(files())[:-9]])
def test_what_is_no_archive(broken: bytes) -> None:
    with pytest.raises(OfdDamaged):
        read(broken)


@pytest.mark.parametrize(
    "name",
    [
        "../OFD.xml",
        "/OFD.xml",
        "Doc_0/../../x",
        "Doc_0\\x.xml",
        "C:/x.xml",
        "Doc_0//x",
        "./x",
        "a\x01b",
    ],
)
def test_paths_that_lead_out(name: str) -> None:
    with pytest.raises(OfdPathUnsafe):
        read(archive((name, b"x")))


def test_a_name_that_is_cut_short_by_nul() -> None:
    package = archive(("OFD.xmlX.png", b"x")).replace(b"OFD.xmlX.png", b"OFD.xml\0.png")
    with pytest.raises(OfdPathUnsafe):
        read(package)


def test_links_are_no_files() -> None:
    link = zipfile.ZipInfo("OFD.xml")
    link.external_attr = 0o120777 << 16
    with pytest.raises(OfdPathUnsafe):
        read(archive((link, b"/etc/passwd")))


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("names", [("OFD.xml", "OFD.xml"), ("OFD.xml", "ofd.XML")])
def test_names_that_are_there_twice(names: tuple[str, str]) -> None:
    with pytest.raises(OfdNamesRepeated):
        read(archive(*((name, b"x") for name in names)))


def test_entries_that_share_their_bytes() -> None:
    whole = archive(("a.xml", b"x" * 100), ("b.xml", b"x" * 100))
    second = whole.rindex(b"PK\x01\x02")
    overlapping = whole[: second + 42] + struct.pack("<L", 0) + whole[second + 46 :]
    with pytest.raises(OfdPathUnsafe):
        read(overlapping)


def test_a_bomb_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_UNPACKED", 100 * 1024 * 1024)
    file = BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as made:
        for number in range(3):
            with made.open(f"Doc_0/{number}.bin", "w", force_zip64=True) as stream:
                for _ in range(40):
                    stream.write(bytes(1024 * 1024))
    tracemalloc.start()
    with pytest.raises(OfdTooLarge):
        read(file.getvalue())
    assert tracemalloc.get_traced_memory()[1] < 20 * 1024 * 1024
    tracemalloc.stop()


def test_sizes_that_lie() -> None:
    """What unpacks to more than the archive says is cut off there, and its checksum does not hold."""
    honest = archive(("OFD.xml", b"x" * 1000))
    lying = honest.replace(struct.pack("<L", 1000), struct.pack("<L", 10))
    with pytest.raises(OfdDamaged):
        read(lying)


def test_more_files_than_a_document_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_FILES", 3)
    with pytest.raises(OfdTooLarge):
        read(packed(files()))


def test_an_archive_that_is_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_PACKED", 100)
    with pytest.raises(OfdTooLarge):
        read(packed(files()))


def test_xml_that_is_too_long(plain: bytes) -> None:
    long = with_files(plain, {"OFD.xml": b"<x>" + b" " * limits.MAX_XML + b"</x>"})
    with pytest.raises(OfdTooLarge):
        read(long)


def test_encrypted_entries() -> None:
    whole = bytearray(archive(("OFD.xml", b"x")))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        whole[whole.index(mark) + offset] |= 1
    with pytest.raises(OfdEncrypted):
        read(bytes(whole))


def test_an_encrypted_document(plain: bytes) -> None:
    with pytest.raises(OfdEncrypted):
        read(with_files(plain, {"Encryptions.xml": b"<x/>"}))


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"<x>",
        b"<x/><y/>",
        b"not XML",
        b'<!DOCTYPE x SYSTEM "http://example.com/x.dtd"><x/>',
        b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>',
        b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><x>&b;</x>',
        b"<x>" * 5000 + b"</x>" * 5000,
        b'<?xml version="1.0" encoding="nonsense"?><x/>',
    ],
)
def test_xml_that_is_broken_or_declares_entities(text: bytes, plain: bytes) -> None:
    began = time.monotonic()
    with pytest.raises(OfdXmlRefused):
        read(with_files(plain, {"OFD.xml": text}))
    assert time.monotonic() - began < 1


def test_elements_that_are_missing(plain: bytes) -> None:
    entry, root = files()["OFD.xml"], files()["Doc_0/Document.xml"]
    for name, broken in (
        ("OFD.xml", b"<x/>"),
        ("OFD.xml", entry.replace(b"DocRoot", b"Other")),
        ("OFD.xml", entry.replace(b"Document.xml", b"Nothing.xml")),
        ("Doc_0/Document.xml", root.replace(b"Pages>", b"Sheets>")),
        ("Doc_0/Document.xml", root.replace(b"0 0 210 297", b"0 0 nan 297")),
        ("Doc_0/Document.xml", root.replace(b"0 0 210 297", b"0 0 210")),
        ("Doc_0/Document.xml", root.replace(b"PhysicalBox", b"OtherBox")),
        ("OFD.xml", None),
    ):
        with pytest.raises(OfdDamaged):
            read(with_files(plain, {name: broken}))


@pytest.mark.parametrize(
    ("location", "name"),
    [("/Doc_0/x", "Doc_0/x"), ("x", "Doc_0/Signs/x"), ("../x", "Doc_0/x"), ("./a/./x", "Doc_0/Signs/a/x")],
)
def test_locations(location: str, name: str) -> None:
    assert resolve("Doc_0/Signs/Signatures.xml", location) == name


def test_locations_that_lead_out() -> None:
    with pytest.raises(OfdPathUnsafe):
        resolve("Doc_0/Signs/Signatures.xml", "../../../x")


def test_names_in_the_makers_own_encoding(plain: bytes) -> None:
    """Without the UTF-8 flag, as archivers on Chinese systems write them."""
    package = bytearray(with_files(plain, {"Doc_0/Res/AAAA.png": b"x"}))
    while (at := package.find(b"AAAA.png")) >= 0:
        package[at : at + 4] = "印章".encode("gb18030")
    with Package.open(BytesIO(bytes(package))) as opened:
        assert "Doc_0/Res/印章.png" in opened.names


def _mutated(package: bytes, count: int) -> Iterator[bytes]:
    """Bytes of the archive, and of one of its files, so that deflate does not hide what is broken."""
    dice = random.Random(33190)
    inside = unpacked(package)
    names = [name for name in inside if "Sign" in name] + ["OFD.xml", "Doc_0/Document.xml"]
    for number in range(count):
        if number % 3 == 0:
            yield _broken(package, dice)
        else:
            name = dice.choice(names)
            yield packed({**inside, name: _broken(inside[name], dice)})


def _broken(content: bytes, dice: random.Random) -> bytes:
    changed = bytearray(content)
    for _ in range(dice.randint(1, 4)):
        at = dice.randrange(max(1, len(changed)))
        what = dice.randrange(4)
        if what == 0 and changed:
            changed[min(at, len(changed) - 1)] ^= 1 << dice.randrange(8)
        elif what == 1:
            del changed[at : at + dice.randint(1, 60)]
        elif what == 2:
            changed[at:at] = dice.randbytes(dice.randint(1, 8))
        else:
            changed[at:at] = changed[dice.randrange(max(1, len(changed))) :][: dice.randint(1, 80)]
    return bytes(changed)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_mutated_packages_are_refused_or_reported(sealed: bytes, sealers: Sealers) -> None:
    refused = invalid = 0
    for package in _mutated(sealed, 240):
        try:
            report = verify_package(BytesIO(package), sealers.trust, NOW)
        except OfdRefused:
            refused += 1
            continue
        json.dumps(to_json(report), allow_nan=False)
        if report.verdict not in (Verdict.VALID, Verdict.ATTENTION):
            invalid += 1
        else:
            (signature,) = report.signatures
            inside, original = unpacked(package), unpacked(sealed)
            assert all(inside[name] == original[name] for name in signature.coverage.files)
    assert refused > 30
    assert invalid > 30


def _listing(paths: list[str], more: dict[str, bytes]) -> bytes:
    """A package whose list of signatures names these."""
    listed = "".join(f'<ofd:Signature ID="{at}" BaseLoc="/{path}"/>' for at, path in enumerate(paths, 1))
    made = files()
    root = b"<ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot>"
    made["OFD.xml"] = made["OFD.xml"].replace(root, root + b"<ofd:Signatures>S.xml</ofd:Signatures>")
    made["S.xml"] = f"<ofd:Signatures {NAMESPACE}>{listed}</ofd:Signatures>".encode()
    return packed(made | more)


def _describing(references: int) -> bytes:
    told = "".join(
        f'<Reference FileRef="/{at}"><CheckValue>AA==</CheckValue></Reference>' for at in range(references)
    )
    return (
        f'<Signature><SignedInfo><References CheckMethod="sha256">{told}</References></SignedInfo>'
        "<SignedValue>/V</SignedValue></Signature>"
    ).encode()


@pytest.mark.parametrize(
    "package",
    [
        pytest.param(lambda: _listing(["A", "A"], {"A": _describing(1)}), id="one signature listed twice"),
        pytest.param(
            lambda: _listing(
                [f"A{at}" for at in range(9)], {f"A{at}": _describing(50_000) for at in range(9)}
            ),
            id="too many digests together",
        ),
        pytest.param(
            lambda: _listing(
                [f"A{at}" for at in range(9)],
                {f"A{at}": _describing(1) for at in range(9)} | {"V": bytes(8 << 20)},
            ),
            id="one long value for many",
        ),
    ],
)
def test_many_signatures_that_cost_little_to_send(package: Callable[[], bytes]) -> None:
    sent = package()
    assert len(sent) < 8 << 20
    with pytest.raises((OfdDamaged, OfdTooLarge)):
        verify_package(BytesIO(sent), Trust(), NOW)

"""OFD documents: sealed, sealed again, and verified."""

from __future__ import annotations

import hashlib
import json
from base64 import b64decode
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from lxml import etree

from ca.documents.errors import KeywordNotFound, PageNotFound, SealOffPage, SeamTooShort
from ca.documents.placing import AtKeyword, Edge, OnEveryPage, Place, Seam, Which
from ca.documents.verification.trust import Trust
from ca.ofd.errors import OfdEmpty, OfdLocked
from ca.ofd.report import OfdReport, to_json
from ca.ofd.verification import verify_package
from ca.seals.objects.reading import read_stamp
from hsm import KeyKind
from tests.ca.conftest import NOW
from tests.ca.documents.pki import Issuer
from tests.ca.documents.sealers import NAME, Sealers
from tests.ca.judges import run
from tests.ca.ofd.conftest import PLACE, Seal
from tests.ca.ofd.packages import files, packed, unpacked, with_files

SIGN = "Doc_0/Signs/Sign_0"
SPACE = {"o": "http://www.ofdspec.org/2016"}


def verified(package: bytes, sealers: Sealers, **later: float) -> OfdReport:
    trust = sealers.trust_with(*sealers.lists)
    return verify_package(BytesIO(package), trust, NOW + timedelta(**later))


def annotations(package: bytes, number: int = 0) -> list[dict[str, str]]:
    root = etree.fromstring(unpacked(package)[f"Doc_0/Signs/Sign_{number}/Signature.xml"])
    return [dict(one.attrib) for one in root.findall("o:SignedInfo/o:StampAnnot", SPACE)]


def test_a_sealed_package_is_valid_and_whole(sealed: bytes, plain: bytes, sealers: Sealers) -> None:
    report = verified(sealed, sealers)
    (signature,) = report.signatures
    assert (report.verdict, signature.problems) == ("valid", ())
    assert signature.seal is not None
    assert (signature.seal.name, signature.seal.faults) == (sealers.seal.name, ())
    assert signature.seal.maker
    assert signature.certificate is not None
    assert signature.certificate.der == sealers.identity.certificate.public_bytes(Encoding.DER)
    assert (signature.signed_at, signature.algorithms) == (NOW, ("sha256", "ecdsa"))
    assert len(signature.coverage.files) == 6
    before, after = unpacked(plain), unpacked(sealed)
    assert {name for name in before if before[name] != after[name]} == {"OFD.xml"}


def test_the_files_of_a_signature_are_those_of_the_standard(
    sealed: bytes, sealers: Sealers, tmp_path: Path
) -> None:
    inside = unpacked(sealed)
    root = etree.fromstring(inside[f"{SIGN}/Signature.xml"])
    info = root.find("o:SignedInfo", SPACE)
    order = ["Provider", "SignatureMethod", "SignatureDateTime", "References", "StampAnnot", "Seal"]
    assert [etree.QName(one).localname for one in info] == order
    assert info.findtext("o:SignatureMethod", namespaces=SPACE) == "1.2.840.10045.4.3.2"
    assert info.findtext("o:SignatureDateTime", namespaces=SPACE) == "2026-11-23 16:00:00"
    digests = {
        one.get("FileRef").removeprefix("/"): b64decode(one.findtext("o:CheckValue", namespaces=SPACE))
        for one in info.iterfind("o:References/o:Reference", SPACE)
    }
    uncovered = {"Doc_0/Signs/Signatures.xml", f"{SIGN}/Signature.xml", f"{SIGN}/SignedValue.dat"}
    assert digests.keys() == inside.keys() - uncovered
    assert all(hashlib.sha256(inside[name]).digest() == digest for name, digest in digests.items())
    assert inside[f"{SIGN}/Seal.esl"] == sealers.seal.der
    assert etree.fromstring(inside["Doc_0/Signs/Signatures.xml"]).findtext("o:MaxSignId", namespaces=SPACE)
    assert b"/Doc_0/Signs/Signatures.xml</ofd:Signatures></ofd:DocBody>" in inside["OFD.xml"]

    stamp = read_stamp(inside[f"{SIGN}/SignedValue.dat"])
    assert stamp.property == f"/{SIGN}/Signature.xml"
    assert stamp.digest == hashlib.sha256(inside[f"{SIGN}/Signature.xml"]).digest()
    key = sealers.identity.certificate.public_key()
    (tmp_path / "key.pem").write_bytes(key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    (tmp_path / "signature").write_bytes(stamp.signature)
    (tmp_path / "signed").write_bytes(stamp.signed)
    said = run(
        *("openssl", "dgst", "-sha256", "-verify", tmp_path / "key.pem"),
        *("-signature", tmp_path / "signature", tmp_path / "signed"),
    )
    assert said == (0, "Verified OK\n")


def test_several_sign_in_turn_and_none_breaks(sealed: bytes, seal: Seal, sealers: Sealers) -> None:
    clerk = sealers.issued("enterprise-signing", KeyKind.RSA_2048)
    second = seal(sealed, Place(1, 100, 200), by=clerk, with_seal=sealers.seal_of(clerk), stamped=True)
    third = seal(second, PLACE)
    report = verified(third, sealers)
    assert [(one.problems, one.coverage.added) for one in report.signatures] == [((), ())] * 3
    assert [one.algorithms for one in report.signatures if one.algorithms] == [
        ("sha256", "ecdsa"),
        ("sha256", "rsassa_pkcs1v15"),
        ("sha256", "ecdsa"),
    ]
    assert [one.proven_at for one in report.signatures] == [None, NOW, None]
    identifiers = [one.id for one in report.signatures]
    shown = [annotations(third, number)[0]["ID"] for number in range(3)]
    assert len({*identifiers, *shown}) == 6
    told = json.loads(json.dumps(to_json(report)))
    assert told["signatures"][1]["signer"]["organisation"] == NAME
    assert told["signatures"][0]["seal"]["width_mm"] == 40


def test_an_earlier_signature_that_is_taken_out_is_missed_by_the_later(
    sealed: bytes, seal: Seal, sealers: Sealers
) -> None:
    inside = unpacked(seal(sealed))
    second = b"<ofd:Signature ID" + inside["Doc_0/Signs/Signatures.xml"].split(b"<ofd:Signature ID")[2]
    head = inside["Doc_0/Signs/Signatures.xml"].split(b"<ofd:Signature ID")[0]
    without = {name: None for name in inside if name.startswith(f"{SIGN}/")}
    package = with_files(packed(inside), without | {"Doc_0/Signs/Signatures.xml": head + second})
    (signature,) = verified(package, sealers).signatures
    assert signature.problems == ("ofd_files_changed",)
    assert set(signature.coverage.missing) == set(without)


def test_places_in_millimetres(seal: Seal, sealers: Sealers, plain: bytes) -> None:
    assert annotations(seal(plain, Place(-1, 100.25, 150)))[0] | {"ID": ""} == {
        "ID": "",
        "PageRef": "11",
        "Boundary": "80.25 130 40 40",
    }
    every = annotations(seal(plain, OnEveryPage(30, 30)))
    assert [(one["PageRef"], one["Boundary"]) for one in every] == [
        ("10", "10 10 40 40"),
        ("11", "10 10 40 40"),
    ]
    (beside,) = annotations(seal(plain, AtKeyword("（盖章）", Which.FIRST, dx_mm=40)))
    x, y, *_ = (float(one) for one in beside["Boundary"].split())
    assert (beside["PageRef"], x + 20, y + 20) == (
        "11",
        pytest.approx(30 + 3 * 4 + 8 + 40),
        pytest.approx(152.6),
    )


@pytest.mark.parametrize("edge", list(Edge))
def test_a_seam_seal_is_whole_when_the_pages_are_fanned(edge: Edge, seal: Seal, sealers: Sealers) -> None:
    shown = annotations(seal(packed(files(4)), Seam(edge)))
    assert [one["PageRef"] for one in shown] == ["10", "11", "12", "13"]
    parts = []
    for one in shown:
        left, top, width, height = (float(number) for number in one["Boundary"].split())
        x, y, across, down = (float(number) for number in one["Clip"].split())
        assert (width, height) == (40, 40)
        visible = (left + x, top + y, left + x + across, top + y + down)
        assert 0 <= visible[0] < visible[2] <= 210
        assert 0 <= visible[1] < visible[3] <= 297
        at_edge = {Edge.RIGHT: visible[2] == 210, Edge.LEFT: visible[0] == 0}
        at_edge |= {Edge.TOP: visible[1] == 0, Edge.BOTTOM: visible[3] == 297}
        assert at_edge[edge]
        parts.append((x, across) if edge in (Edge.RIGHT, Edge.LEFT) else (y, down))
    assert sorted(parts) == [(0, 10), (10, 10), (20, 10), (30, 10)]
    assert parts == sorted(parts, reverse=edge in (Edge.LEFT, Edge.TOP))


def test_places_that_are_not_there(seal: Seal, plain: bytes) -> None:
    for placement, refusal in (
        (Place(2, 100, 100), PageNotFound),
        (Place(0, 10, 100), SealOffPage),
        (OnEveryPage(100, 290), SealOffPage),
        (AtKeyword("投标保证金"), KeywordNotFound),
        (Seam(along_mm=5), SealOffPage),
        (Seam(pages=(0, 0)), SeamTooShort),
    ):
        with pytest.raises(refusal):
            seal(plain, placement)
    without_pages = with_files(plain, {"Doc_0/Document.xml": files(0)["Doc_0/Document.xml"]})
    with pytest.raises(OfdEmpty):
        seal(without_pages)


def test_a_locked_package_is_not_sealed_again(seal: Seal, sealed: bytes) -> None:
    entry = f"{SIGN}/Signature.xml"
    locked = unpacked(sealed)[entry].replace(
        b"</ofd:References>",
        b'<ofd:Reference FileRef="/Doc_0/Signs/Signatures.xml"><ofd:CheckValue>AAAA</ofd:CheckValue>'
        b"</ofd:Reference></ofd:References>",
    )
    with pytest.raises(OfdLocked):
        seal(with_files(sealed, {entry: locked}))


def test_what_was_changed_added_or_taken_out_is_named(sealed: bytes, sealers: Sealers) -> None:
    page = "Doc_0/Pages/Page_0/Content.xml"
    (one,) = verified(with_files(sealed, {page: b"<x/>"}), sealers).signatures
    assert (one.coverage.changed, one.problems, one.intact) == ((page,), ("ofd_files_changed",), False)
    (one,) = verified(with_files(sealed, {page: None}), sealers).signatures
    assert (one.coverage.missing, one.problems) == ((page,), ("ofd_files_changed",))
    (one,) = verified(with_files(sealed, {"Doc_0/Annots/Page_0.xml": b"<x/>"}), sealers).signatures
    assert (one.coverage.added, one.problems) == (("Doc_0/Annots/Page_0.xml",), ("ofd_files_added",))
    assert one.intact


def test_a_description_that_was_changed_is_not_what_was_sealed(sealed: bytes, sealers: Sealers) -> None:
    entry = f"{SIGN}/Signature.xml"
    moved = unpacked(sealed)[entry].replace(b'PageRef="10"', b'PageRef="11"')
    (one,) = verified(with_files(sealed, {entry: moved}), sealers).signatures
    assert one.problems == ("stamp_of_other_document",)
    other = {f"{SIGN}/Seal.esl": sealers.seal_of(sealers.identity).der}
    (one,) = verified(with_files(sealed, other), sealers).signatures
    assert one.problems == ("ofd_files_changed", "ofd_seal_differs")
    (one,) = verified(with_files(sealed, {f"{SIGN}/SignedValue.dat": None}), sealers).signatures
    assert one.problems == ("ofd_signature_unreadable",)
    (one,) = verified(with_files(sealed, {f"{SIGN}/SignedValue.dat": b"\x30\x00"}), sealers).signatures
    assert one.problems == ("ofd_signature_unreadable",)
    (one,) = verified(with_files(sealed, {entry: b"<broken"}), sealers).signatures
    assert one.problems == ("ofd_signature_unreadable",)


def test_weak_digests_are_not_believed(sealed: bytes, sealers: Sealers) -> None:
    entry = f"{SIGN}/Signature.xml"
    weak = unpacked(sealed)[entry].replace(b"2.16.840.1.101.3.4.2.1", b"MD5")
    (one,) = verified(with_files(sealed, {entry: weak}), sealers).signatures
    assert "ofd_digest_unknown" in one.problems


def test_another_authority_is_not_trusted(sealed: bytes) -> None:
    other = Trust.of([Issuer("别的根").certificate])
    (one,) = verify_package(BytesIO(sealed), other, NOW).signatures
    assert set(one.problems) == {"seal_maker_untrusted", "issuer_untrusted"}
    assert one.intact


def test_a_seal_in_a_strangers_hand(plain: bytes, seal: Seal, sealers: Sealers) -> None:
    clerk = sealers.issued("enterprise-signing")
    (one,) = verified(seal(plain, by=clerk), sealers).signatures
    assert one.problems == ("stamp_by_stranger",)


def test_an_unsigned_package_has_no_signatures(plain: bytes, sealers: Sealers) -> None:
    assert verified(plain, sealers).verdict == "unsigned"

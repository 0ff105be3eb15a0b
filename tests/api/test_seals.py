"""The life of seals over HTTP: by themselves, applied for, reviewed, made, filed, suspended, destroyed."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import httpx
import numpy as np
import pytest
from cryptography import x509
from PIL import Image
from pyhanko.pdf_utils.reader import PdfFileReader

from api.seals.rules import Status
from ca.documents.seal_attribute import seal_of
from ca.documents.verification import verify_pdf
from ca.seals.objects.model import SealObject
from ca.seals.objects.reading import read_seal
from ca.seals.objects.verification import seal_faults
from ca.seals.picture import SealDesign, draw_seal
from ca.seals.rules import SealKind
from tests.api.locks import LockCa
from tests.api.people import COMPANY, PIN, Desk, Phone, code_of
from tests.api.running import Server
from tests.api.scanning import Centre, Holder, founded
from tests.api.test_review import journal
from tests.support.camera.lens import Shot, encoded, photograph
from tests.support.camera.sheets import paper

OPERATING = "/v1/operator/seals"


@pytest.fixture(scope="module")
def boss(server: Server, desk: Desk, lock_ca: LockCa) -> Holder:
    return founded(server, desk, lock_ca)


def seals_of(phone: Phone, serial: str) -> list[dict[str, Any]]:
    listed = phone.http.get(f"/v1/certificates/{serial}/seals")
    assert listed.status_code == 200, listed.text
    return list(listed.json())


def applied(
    boss: Holder, kind: str, photo: bytes | None = None, pin: str = PIN, **said: Any
) -> httpx.Response:
    fields = {"kind": kind, "pin": pin, "reason": "签订电子合同"} | said
    files = None if photo is None else {"photo": ("seal.jpg", photo, "image/jpeg")}
    path = f"/v1/certificates/{boss.serial}/seal-applications"
    return boss.http.post(path, data=fields, files=files)


def waits(boss: Holder, kind: str, **said: Any) -> str:
    """A seal that waits for review; its id."""
    answered = applied(boss, kind, **said)
    assert answered.status_code == 201, answered.text
    assert answered.json()["status"] == "applied"
    return str(answered.json()["id"])


def stands(boss: Holder, seal: str, status: Status, seconds: float = 20) -> dict[str, Any]:
    """The seal once it stands so: the CA makes it in the background."""
    deadline = time.monotonic() + seconds
    while True:
        shown: dict[str, Any] = boss.http.get(f"/v1/seals/{seal}").json()
        if shown["status"] == status:
            return shown
        assert time.monotonic() < deadline, shown
        time.sleep(0.1)


def made(boss: Holder, desk: Desk, kind: str, **said: Any) -> dict[str, Any]:
    seal = waits(boss, kind, **said)
    assert desk.http.post(f"{OPERATING}/{seal}/approve").status_code == 200
    return stands(boss, seal, Status.MADE)


def acted(desk: Desk, seal: str, action: str, **body: Any) -> httpx.Response:
    return desk.http.post(f"{OPERATING}/{seal}/{action}", json=body or None)


def object_in(pdf: bytes) -> SealObject:
    """The SESeal in the last signature."""
    signature = PdfFileReader(BytesIO(pdf)).embedded_signatures[-1]
    der = seal_of(signature.signer_info)
    assert der is not None
    return read_seal(der)


def a_photo(design: SealDesign, a_mm: int = 16) -> bytes:
    """The seal on white paper, taken with a phone."""
    picture = draw_seal(design)
    page = Image.fromarray(paper(1500, 1100, (246, 246, 243), np.random.default_rng(5)))
    size = round(picture.width_mm * a_mm), round(picture.height_mm * a_mm)
    seal = Image.open(BytesIO(picture.png)).convert("RGBA").resize(size)
    page.paste(seal, (350, 200), seal.getchannel("A").point(lambda a: int(a * 0.85)))
    return photograph(
        np.asarray(page), None, Shot(size=(1600, 1200), tilt=0.01, margin=0.03), np.random.default_rng(2)
    ).jpeg


def test_every_certificate_has_its_own_seal_made_by_the_ca(boss: Holder) -> None:
    (own,) = seals_of(boss.phone, boss.serial)
    assert (own["kind"], own["name"], own["status"]) == ("enterprise", f"{COMPANY}公章", "made")
    shown = boss.http.get(f"/v1/certificates/{boss.serial}").json()
    assert own["valid_until"] == shown["not_after"]
    picture = boss.http.get(f"/v1/seals/{own['id']}/picture")
    assert Image.open(BytesIO(picture.content)).size == (472, 472)
    assert boss.http.get(f"/v1/seals/{own['id']}/document").content.startswith(b"%PDF")


def test_the_seal_object_travels_in_the_signature_and_leads_to_the_ca(boss: Holder, a_pdf: bytes) -> None:
    sealed = boss.phone.stamp(boss.serial, a_pdf)
    assert sealed.status_code == 200, sealed.text
    inside = object_in(sealed.content)
    (own,) = [one for one in seals_of(boss.phone, boss.serial) if one["kind"] == "enterprise"]
    assert (inside.version, inside.id, inside.name) == (4, own["id"], own["name"])
    shown = boss.http.get(f"/v1/certificates/{boss.serial}").json()
    leaf = x509.load_pem_x509_certificate(shown["certificate"].encode())
    assert inside.holders.certificates == (leaf.public_bytes(x509_der()),)
    issuing = x509.load_der_x509_certificate(boss.http.get("/pki/issuing.cer").content)

    def issued_here(certificate: x509.Certificate, _at: datetime) -> bool:
        certificate.verify_directly_issued_by(issuing)
        return "电子印章制作" in certificate.subject.rfc4514_string()

    assert seal_faults(inside, datetime.now(UTC), issued_here) == []


def x509_der() -> Any:
    from cryptography.hazmat.primitives.serialization import Encoding

    return Encoding.DER


def test_from_the_application_to_the_stamp(boss: Holder, desk: Desk, a_pdf: bytes) -> None:
    path = f"/v1/certificates/{boss.serial}/seal-previews"
    preview = boss.http.post(path, data={"kind": "contract", "number": 1})
    assert Image.open(BytesIO(preview.content)).size == (449, 449)  # 38 mm
    seal = waits(boss, "contract", number=1)
    assert code_of(boss.phone.stamp(boss.serial, a_pdf, seal=seal)) == (409, "seal_not_in_use")
    queue = desk.http.get(OPERATING, params={"status": "applied"}).json()["items"]
    listed = next(one for one in queue if one["id"] == seal)
    assert listed["name"] == f"{COMPANY}合同专用章(1)"
    letter = desk.http.get(f"{OPERATING}/{seal}/letter").content
    root = x509.load_der_x509_certificate(boss.http.get("/pki/root.cer").content)
    issuing = x509.load_der_x509_certificate(boss.http.get("/pki/issuing.cer").content)
    crl = x509.load_der_x509_crl(boss.http.get("/pki/issuing.crl").content)
    (report,) = verify_pdf(letter, [root], [issuing], [crl], datetime.now(UTC))
    assert report.valid, report
    assert acted(desk, seal, "approve").json()["status"] == "approved"
    shown = stands(boss, seal, Status.MADE)
    assert (shown["width_mm"], shown["kind_name"]) == (38.0, "合同专用章")
    sealed = boss.phone.stamp(boss.serial, a_pdf, seal="contract")
    assert sealed.status_code == 200, sealed.text
    assert object_in(sealed.content).id == seal
    filed = acted(desk, seal, "file", number="37132500012345", on="2026-11-24").json()
    assert (filed["status"], filed["filed_number"], filed["filed_on"]) == (
        "made",
        "37132500012345",
        "2026-11-24",
    )
    case = desk.http.get(f"{OPERATING}/{seal}").json()
    assert [one["action"] for one in case["history"]] == ["apply", "approve", "make", "file"]
    assert case["reason"] == "签订电子合同"
    told = [one["kind"] for one in boss.http.get("/v1/messages").json()["items"]]
    assert {"seal-made", "seal-filed"} <= set(told)


def test_two_of_a_kind_have_to_be_chosen_from(boss: Holder, desk: Desk, a_pdf: bytes) -> None:
    first, second = (made(boss, desk, "finance", number=number)["id"] for number in (1, 2))
    assert code_of(boss.phone.stamp(boss.serial, a_pdf, seal="finance")) == (409, "seal_choice_needed")
    for seal in (first, second):
        assert object_in(boss.phone.stamp(boss.serial, a_pdf, seal=seal).content).id == seal


def test_an_uploaded_picture_becomes_the_seal(boss: Holder, desk: Desk, a_pdf: bytes) -> None:
    photo = a_photo(SealDesign(SealKind.ENTERPRISE, COMPANY, "3713250012345"))
    (before,) = [one for one in seals_of(boss.phone, boss.serial) if one["kind"] == "enterprise"]
    shown = made(boss, desk, "enterprise", photo=photo)
    assert shown["drawn"] is False
    assert desk.http.get(f"{OPERATING}/{shown['id']}/upload").content == photo
    former = boss.http.get(f"/v1/seals/{before['id']}").json()
    assert (former["status"], former["replaced_by"]) == ("replaced", shown["id"])
    sealed = boss.phone.stamp(boss.serial, a_pdf)  # by itself with the one that is in use
    assert object_in(sealed.content).id == shown["id"]
    picture = Image.open(BytesIO(object_in(sealed.content).picture.data))
    assert picture.info["dpi"][0] == pytest.approx(300, abs=110)


def test_what_no_font_has_can_be_photographed(boss: Holder, desk: Desk, a_pdf: bytes) -> None:
    photo = a_photo(SealDesign(SealKind.DEPARTMENT, COMPANY, line="研究部"))
    shown = made(boss, desk, "department", photo=photo, line="研𠮷部")
    assert shown["name"] == f"{COMPANY}研𠮷部"
    sealed = boss.phone.stamp(boss.serial, a_pdf, seal=shown["id"])
    assert object_in(sealed.content).name == shown["name"]


def test_pictures_that_are_no_seal(boss: Holder) -> None:
    blank = encoded(paper(800, 800, (246, 246, 243), np.random.default_rng(1)))
    assert code_of(applied(boss, "contract", photo=blank, number=9)) == (422, "picture_not_a_seal")
    small = a_photo(SealDesign(SealKind.CONTRACT, COMPANY), a_mm=7)
    refused = applied(boss, "contract", photo=small, number=9)
    assert code_of(refused) == (422, "seal_picture_too_small")
    assert "300" in refused.json()["message"]
    assert code_of(applied(boss, "contract", photo=b"GIF89a", number=9)) == (422, "picture_kind_unsupported")


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"kind": "personal"}, "seal_kind_refused"),
        ({"kind": "department"}, "seal_line_invalid"),
        ({"kind": "department", "line": "研𠮷部"}, "glyphs_missing"),
        ({"kind": "contract", "code": "37-1"}, "seal_code_invalid"),
        ({"kind": "contract", "pin": "Wrong-Pin"}, "pin_wrong"),
    ],
)
def test_applications_that_are_refused(boss: Holder, said: dict[str, str], code: str) -> None:
    assert code_of(applied(boss, **said))[1] == code


def test_the_same_seal_twice_at_once_and_taken_back(boss: Holder, desk: Desk) -> None:
    seal = waits(boss, "department", line="工程部")
    assert code_of(applied(boss, "department", line="工程部")) == (409, "seal_pending")
    assert boss.http.post(f"/v1/seals/{seal}/withdraw").json()["status"] == "withdrawn"
    assert code_of(acted(desk, seal, "approve")) == (409, "seal_state")
    again = waits(boss, "department", line="工程部")
    rejected = acted(desk, again, "reject", reason="部门名称与登记不一致")
    assert rejected.json()["status"] == "rejected"
    assert boss.http.get(f"/v1/seals/{again}").json()["note"] == "部门名称与登记不一致"
    message = boss.http.get("/v1/messages").json()["items"][0]
    assert message["kind"] == "seal-rejected"
    assert "部门名称与登记不一致" in message["text"]


def test_suspended_and_destroyed_seals_stamp_nothing(boss: Holder, desk: Desk, a_pdf: bytes) -> None:
    seal = made(boss, desk, "department", line="采购部")["id"]
    path = f"/v1/seals/{seal}"
    assert boss.http.post(f"{path}/suspend", json={"reason": "部门调整"}).json()["suspended_by"] == "holder"
    assert code_of(boss.phone.stamp(boss.serial, a_pdf, seal=seal)) == (409, "seal_suspended")
    assert code_of(boss.http.post(f"{path}/release", json={"pin": "Wrong-Pin"})) == (403, "pin_wrong")
    assert boss.http.post(f"{path}/release", json={"pin": PIN}).json()["status"] == "made"
    assert acted(desk, seal, "suspend", reason="有人举报").json()["suspended_by"] == "operator"
    assert code_of(boss.http.post(f"{path}/release", json={"pin": PIN})) == (409, "seal_state")
    assert acted(desk, seal, "release").json()["status"] == "made"
    assert boss.phone.stamp(boss.serial, a_pdf, seal=seal).status_code == 200
    gone = boss.http.post(f"{path}/destroy", json={"pin": PIN, "reason": "部门撤销"})
    assert gone.json()["status"] == "destroyed"
    assert code_of(boss.phone.stamp(boss.serial, a_pdf, seal=seal)) == (409, "seal_not_in_use")


def test_a_legal_persons_seal_of_the_enterprise_and_an_invoice_seal(boss: Holder, desk: Desk) -> None:
    legal = made(boss, desk, "legal-person")
    assert (legal["width_mm"], legal["height_mm"]) == (18.0, 18.0)
    invoice = made(boss, desk, "invoice")
    assert (invoice["width_mm"], invoice["height_mm"]) == (40.0, 30.0)


def test_scans_stamp_with_the_seal_in_use(server: Server, desk: Desk, boss: Holder, a_pdf: bytes) -> None:
    centre = Centre.opened(server, desk)
    boss.bound(centre)
    scan = centre.asked("sign", reason="招标文件签章", documents=centre.to_sign(a_pdf))
    boss.done(centre, scan)
    sealed = centre.call("GET", f"scans/{scan['id']}/documents/0").content
    in_use = next(
        one
        for one in seals_of(boss.phone, boss.serial)
        if (one["kind"], one["status"]) == ("enterprise", "made")
    )
    assert object_in(sealed).id == in_use["id"]
    scan = centre.asked("sign", reason="合同签章", documents=centre.to_sign(a_pdf))
    boss.done(centre, scan, seal="contract")
    assert "合同专用章" in object_in(centre.call("GET", f"scans/{scan['id']}/documents/0").content).name


def test_nobody_judges_their_own_seal(
    server: Server, boss: Holder, desk: Desk, hire: Callable[..., Desk]
) -> None:
    seal = waits(boss, "department", line="审计部")
    judging, manager = hire(), hire("manager")
    path = f"/v1/operator/realname/operators/{judging.name}"
    identified = manager.http.put(path, json={"id_number": boss.phone.holder["id_number"]})
    assert identified.status_code == 204, identified.text
    for action, body in (("approve", {}), ("reject", {"reason": "撤销"})):
        assert code_of(acted(judging, seal, action, **body)) == (403, "own_seal")
    assert ("seal.approved", "refused", "own_seal") in journal(server, seal)
    assert acted(desk, seal, "approve").status_code == 200


def test_other_peoples_seals_are_not_there(boss: Holder, phone: Phone, hire: Callable[..., Desk]) -> None:
    seal = seals_of(boss.phone, boss.serial)[0]["id"]
    for path in ("", "/picture", "/document"):
        assert code_of(phone.http.get(f"/v1/seals/{seal}{path}")) == (404, "not_found")
    assert code_of(phone.http.post(f"/v1/seals/{seal}/suspend", json={"reason": "不是我的"})) == (
        404,
        "not_found",
    )
    auditor = hire("auditor")
    assert code_of(acted(auditor, seal, "suspend", reason="不能由审计员停用")) == (403, "role_missing")


def test_a_server_killed_after_an_approval_makes_the_seal_when_it_is_back(
    server: Server, boss: Holder, desk: Desk
) -> None:
    seals = [waits(boss, "department", line=f"被打断的{number}部") for number in (1, 2)]
    for seal in seals:
        assert acted(desk, seal, "approve").status_code == 200
    server.stop(signal.SIGKILL)
    server.start()
    for seal in seals:
        stands(boss, seal, Status.MADE, 90)  # a lease of the killed one has to lapse
        case = desk.http.get(f"{OPERATING}/{seal}").json()
        assert [one["action"] for one in case["history"]] == ["apply", "approve", "make"]

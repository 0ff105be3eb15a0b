"""Applying over HTTP: what is refused, and that nothing is lost by it."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO

import httpx
import pytest
from PIL import Image

from tests.api.locks import LockCa
from tests.api.people import COMPANY, PIN, Desk, Pc, Phone, a_credit_code, a_picture, an_id_number, code_of
from tests.api.running import Server


def test_the_form_is_a_pdf_with_everything_that_was_claimed(phone: Phone) -> None:
    application = phone.applied(a_credit_code())
    form = phone.http.get(f"/v1/applications/{application}/form")
    assert form.headers["content-type"] == "application/pdf"
    assert form.content.startswith(b"%PDF-")
    shown = phone.http.get(f"/v1/applications/{application}").json()
    assert (shown["status"], shown["term"], shown["fee_fen"]) == ("draft", "免费一个月", 0)


def test_the_form_is_shown_page_by_page_as_a_picture(
    server: Server, phone: Phone, pc: Pc, lock_ca: LockCa
) -> None:
    credit_code = a_credit_code()
    application = phone.applied(credit_code)
    pages = f"/v1/applications/{application}/form/pages"
    before = phone.http.get(f"{pages}/1.png")
    assert before.headers["content-type"] == "image/png"
    with Image.open(BytesIO(before.content)) as picture:
        assert (picture.format, picture.size) == ("PNG", (1080, 1528))
        assert red_in(picture) == 0
    with Image.open(BytesIO(phone.http.get(f"{pages}/1.png?width=360").content)) as small:
        assert small.width == 360
    pc.sign(phone, application, lock_ca.lock(COMPANY, credit_code))
    with Image.open(BytesIO(phone.http.get(f"{pages}/1.png").content)) as sealed:
        assert red_in(sealed) > 1000  # the seal is seen
    former = phone.http.get(f"/v1/applications/{application}/versions/1/form/pages/1.png")
    assert former.content == phone.http.get(f"{pages}/1.png").content
    for absent in (f"{pages}/2.png", f"/v1/applications/{application}/versions/2/form/pages/1.png"):
        assert code_of(phone.http.get(absent)) == (404, "not_found")
    for wrong in ("0.png", "x.png", "1.png?width=9999"):
        assert code_of(phone.http.get(f"{pages}/{wrong}"))[0] == 422
    assert code_of(Phone(server).sign_in().http.get(f"{pages}/1.png")) == (404, "not_found")


def red_in(picture: Image.Image) -> int:
    """Pixels of a seal's colour."""
    pixels = picture.convert("RGB").tobytes()
    return sum(
        red > 150 and green < 100 and blue < 100
        for red, green, blue in zip(pixels[::3], pixels[1::3], pixels[2::3], strict=True)
    )


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"credit_code": "91371300MA3C0TEQ4N"}, (422, "credit_code_invalid")),
        ({"credit_code": "9137130"}, (422, "credit_code_invalid")),
        ({"legal_person_id": "371300198001010011"}, (422, "id_number_invalid")),
        ({"administrator_id": "371300198002300018"}, (422, "id_number_invalid")),
        ({"administrator_id": an_id_number()}, (409, "not_the_verified_person")),
        ({"legal_person": " "}, (422, "name_invalid")),
        ({"name": "长" * 65}, (422, "subject_invalid")),
        ({"name": "临沂\U0002a6d6公司"}, (422, "glyphs_missing")),
        ({"product": "nonsense"}, (404, "not_found")),
    ],
)
def test_a_wrong_claim_is_refused_and_leaves_nothing(
    phone: Phone, changes: dict[str, str], expected: tuple[int, str]
) -> None:
    assert code_of(phone.apply(**changes)) == expected
    assert phone.http.get("/v1/applications").json()["items"] == []


def test_a_residence_permit_is_an_identity_number(phone: Phone) -> None:
    assert phone.apply(legal_person_id=an_id_number(place="810000")).status_code == 201


def test_a_refusal_speaks_chinese_to_people_and_english_to_developers(phone: Phone) -> None:
    problem = phone.apply(credit_code="91371300MA3C0TEQ4N").json()
    assert problem["message"] == "统一社会信用代码不正确，请核对"
    assert problem["detail"].isascii()
    assert {"type", "title", "status", "code"} <= set(problem)


@pytest.mark.parametrize(
    ("picture", "expected"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", (422, "picture_invalid")),
        (a_picture()[:400], (422, "picture_invalid")),
        (a_picture("GIF"), (422, "picture_kind_unsupported")),
        (a_picture(size=(60, 60)), (422, "picture_invalid")),
        (b"\xff" * (8 * 1024 * 1024 + 1), (413, "picture_too_large")),
        (b"\xff" * (11 * 1024 * 1024), (413, "body_too_large")),
    ],
)
def test_a_licence_that_is_no_picture_or_huge(
    phone: Phone, picture: bytes, expected: tuple[int, str]
) -> None:
    application = phone.applied(a_credit_code())
    before = phone.http.get(f"/v1/applications/{application}").json()
    assert code_of(phone.put_licence(application, picture)) == expected
    assert phone.http.get(f"/v1/applications/{application}").json() == before


def a_png_that_claims(side: int) -> bytes:
    """A grey square of ``side`` pixels, of which only the first rows are there (PNG, section 5.3)."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        )

    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    rows = zlib.compress(bytes(10 * (side + 1)), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def test_a_picture_that_unpacks_to_gigabytes(phone: Phone) -> None:
    application = phone.applied(a_credit_code())
    for side in (8_000, 100_000):
        bomb = a_png_that_claims(side)
        assert len(bomb) < 100_000
        assert code_of(phone.put_licence(application, bomb, "image/png")) == (413, "picture_too_large")


def test_nothing_but_the_picture_is_kept(phone: Phone, desk: Desk) -> None:
    photo, output = Image.open(BytesIO(a_picture())), BytesIO()
    exif = photo.getexif()
    exif[0x0112], exif[0x010F] = 6, "SecretCamera"  # turned by 90 degrees; maker
    photo.save(output, "JPEG", exif=exif)
    application = phone.applied(a_credit_code())
    assert phone.put_licence(application, output.getvalue() + b"<script>").status_code == 200
    kept = desk.http.get(f"/v1/review/applications/{application}/licence")
    assert kept.headers["content-type"] == "image/jpeg"
    assert b"SecretCamera" not in kept.content
    assert b"<script>" not in kept.content
    assert Image.open(BytesIO(kept.content)).size == (600, 800)


def test_a_submission_needs_licence_and_signed_form(phone: Phone) -> None:
    bare = phone.apply().json()["id"]
    assert code_of(phone.act(bare, "submit")) == (409, "licence_missing")
    assert phone.put_licence(bare, a_picture("PNG"), "image/png").status_code == 200
    assert code_of(phone.act(bare, "submit")) == (409, "form_not_signed")


def test_the_form_may_be_sealed_on_paper(phone: Phone, desk: Desk) -> None:
    application = phone.applied(a_credit_code())
    path = f"/v1/applications/{application}/paper-form"
    photo = {"Content-Type": "image/jpeg"}
    assert code_of(phone.http.put(path, content=b"no photo", headers=photo)) == (422, "picture_invalid")
    assert phone.http.put(path, content=a_picture(), headers=photo).status_code == 200
    better = phone.http.put(path, content=a_picture(), headers=photo).json()["sha256"]
    assert code_of(phone.act(application, "send-to-computer")) == (409, "application_state")
    assert phone.act(application, "submit").status_code == 200
    assert code_of(phone.http.put(path, content=a_picture(), headers=photo)) == (409, "application_state")
    assert desk.http.get(f"/v1/review/applications/{application}").json()["paper_form_sha256"] == better
    seen = desk.http.get(f"/v1/review/applications/{application}/paper-form")
    assert seen.headers["content-type"] == "image/jpeg"


def test_after_submission_the_evidence_stands(phone: Phone, submitted: str) -> None:
    assert code_of(phone.put_licence(submitted, a_picture())) == (409, "application_state")
    assert code_of(phone.act(submitted, "submit")) == (409, "application_state")
    assert code_of(phone.act(submitted, "send-to-computer")) == (409, "application_state")
    assert code_of(phone.act(submitted, "download", pin=PIN)) == (409, "application_state")


def test_another_persons_application_answers_like_none(server: Server, phone: Phone, submitted: str) -> None:
    stranger = Phone(server).sign_in()

    def answers(number: str) -> list[tuple[int, str]]:
        path = f"/v1/applications/{number}"
        asked: list[httpx.Response] = [
            stranger.http.get(path),
            stranger.http.get(f"{path}/form"),
            stranger.http.get(f"{path}/send-to-computer"),
            stranger.put_licence(number, a_picture()),
        ]
        asked += [stranger.act(number, action) for action in ("send-to-computer", "submit", "withdraw")]
        asked.append(stranger.act(number, "download", pin=PIN))
        return [code_of(one) for one in asked]

    assert answers(submitted) == answers("20260101-AAAAAAAA") == [(404, "not_found")] * 8
    assert stranger.http.get("/v1/applications").json()["items"] == []


def test_sessions_of_one_kind_open_no_doors_of_the_other(
    server: Server, phone: Phone, desk: Desk, submitted: str
) -> None:
    person_only = ["/v1/applications", f"/v1/applications/{submitted}", "/v1/certificates"]
    operator_only = ["/v1/review/applications", f"/v1/review/applications/{submitted}"]
    for device, paths in ((desk, person_only), (phone, operator_only)):
        for path in paths:
            assert code_of(device.http.get(path)) == (401, "not_signed_in")
    nobody = server.client()
    assert {code_of(nobody.get(path)) for path in person_only + operator_only} == {(401, "not_signed_in")}


def test_signing_out_ends_the_session(phone: Phone) -> None:
    assert phone.http.delete("/v1/sessions").status_code == 204
    assert code_of(phone.http.get("/v1/applications")) == (401, "not_signed_in")


def test_one_verdict_an_application(desk: Desk, phone: Phone, submitted: str) -> None:
    waiting = desk.http.get("/v1/review/applications", params={"status": "submitted", "limit": 100}).json()
    assert submitted in [one["id"] for one in waiting["items"]]
    assert desk.judge(submitted, "approve").json()["status"] == "approved"
    assert code_of(desk.judge(submitted, "approve")) == (409, "application_state")
    assert code_of(desk.judge(submitted, "reject", reason="迟到的意见")) == (409, "application_state")
    assert code_of(phone.act(submitted, "withdraw")) == (409, "application_state")


def test_a_rejection_tells_the_applicant_why(desk: Desk, phone: Phone, submitted: str) -> None:
    assert code_of(desk.judge(submitted, "reject", reason="")) == (422, "request_invalid")
    assert desk.judge(submitted, "reject", reason="营业执照照片不清晰").status_code == 200
    shown = phone.http.get(f"/v1/applications/{submitted}").json()
    assert (shown["status"], shown["reason"]) == ("rejected", "营业执照照片不清晰")
    assert [one["action"] for one in shown["events"]] == ["sign", "submit", "reject"]


def test_the_operator_sees_the_evidence(desk: Desk, phone: Phone, pc: Pc, lock_ca: LockCa) -> None:
    credit_code, identity = a_credit_code(), an_id_number()
    application = phone.apply(credit_code=credit_code, legal_person_id=identity).json()["id"]
    phone.put_licence(application, a_picture())
    pc.sign(phone, application, lock_ca.lock(COMPANY, credit_code))
    case = desk.http.get(f"/v1/review/applications/{application}").json()
    assert case["legal_person_id"] == f"{identity[:4]}{'*' * 11}{identity[-3:]}"
    assert identity not in str(case)
    assert [(seal["valid"], seal["problem"]) for seal in case["seals"]] == [(True, None)]
    assert COMPANY in case["seals"][0]["signer"]


def test_a_person_has_a_limit_of_open_applications(phone: Phone) -> None:
    made = [phone.apply(credit_code=a_credit_code()).status_code for _ in range(21)]
    assert made == [201] * 20 + [429]
    oldest = phone.http.get("/v1/applications").json()["items"][-1]["id"]
    assert phone.act(oldest, "withdraw").json()["status"] == "withdrawn"
    assert phone.apply().status_code == 201


def test_a_refused_application_comes_back_only_where_there_is_room(
    phone: Phone, desk: Desk, submitted: str
) -> None:
    desk.judge(submitted, "reject", reason="照片不清晰")
    for _ in range(20):
        assert phone.apply(credit_code=a_credit_code()).status_code == 201
    again = phone.http.post(f"/v1/applications/{submitted}/revise", json={"application": phone.claim()})
    assert code_of(again) == (429, "too_many_applications")


def test_numbers_that_no_database_has(phone: Phone, submitted: str) -> None:
    huge = 10**30
    paths = [f"/v1/applications/{submitted}/versions/{huge}/form", f"/pki/issuing/{huge}.crl"]
    assert [phone.http.get(path).status_code // 100 for path in paths] == [4, 4]


def test_identity_numbers_are_not_readable_in_the_database(server: Server, phone: Phone) -> None:
    identity = phone.holder["id_number"]
    assert phone.apply(legal_person_id=identity).status_code == 201
    assert not any(identity.encode() in one for one in server.kept().values())

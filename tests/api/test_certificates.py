"""Downloading certificates and using them, over HTTP."""

from __future__ import annotations

import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from ca.documents.verification import verify_pdf
from tests.api.locks import LockCa
from tests.api.people import COMPANY, PIN, Desk, Pc, Phone, a_credit_code, a_picture, code_of
from tests.api.running import Server


def test_third_parties_accept_the_certificate(
    server: Server, phone: Phone, serial: str, tmp_path: Path
) -> None:
    shown = phone.http.get(f"/v1/certificates/{serial}").json()
    assert (shown["state"], shown["enterprise_name"]) == ("active", COMPANY)
    (tmp_path / "leaf.pem").write_text(shown["certificate"])
    (tmp_path / "chain.pem").write_text(shown["chain"])
    for name, loader in (("root", "cer"), ("issuing", "crl")):
        content = phone.http.get(f"/pki/{name}.{loader}").content
        (tmp_path / f"{name}.{loader}").write_bytes(content)
    root = x509.load_der_x509_certificate((tmp_path / "root.cer").read_bytes())
    (tmp_path / "root.pem").write_bytes(root.public_bytes(Encoding.PEM))
    crl = x509.load_der_x509_crl((tmp_path / "issuing.crl").read_bytes())
    (tmp_path / "crl.pem").write_bytes(crl.public_bytes(Encoding.PEM))
    files = ["-CAfile", "root.pem", "-untrusted", "chain.pem", "-CRLfile", "crl.pem", "leaf.pem"]
    command = ["openssl", "verify", "-x509_strict", "-crl_check", *files]
    judged = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert judged.returncode == 0, judged.stdout + judged.stderr


def test_the_sealed_pdf_is_valid_with_our_root_alone(phone: Phone, serial: str, a_pdf: bytes) -> None:
    sealed = phone.stamp(serial, a_pdf)
    assert sealed.headers["content-type"] == "application/pdf"
    assert sealed.content.startswith(a_pdf)
    root = x509.load_der_x509_certificate(phone.http.get("/pki/root.cer").content)
    issuing = x509.load_der_x509_certificate(phone.http.get("/pki/issuing.cer").content)
    crl = x509.load_der_x509_crl(phone.http.get("/pki/issuing.crl").content)
    (report,) = verify_pdf(sealed.content, [root], [issuing], [crl], datetime.now(UTC))
    assert report.valid, report
    again = phone.stamp(serial, sealed.content, page=1, y_mm=120)
    reports = verify_pdf(again.content, [root], [issuing], [crl], datetime.now(UTC))
    assert [one.valid for one in reports] == [True, True]


@pytest.mark.parametrize("pin", ["12345", "111111", "123456", "987654", "a" * 33, "密码密码密码", "a space"])
def test_a_weak_pin_is_refused_before_anything_is_made(phone: Phone, approved: str, pin: str) -> None:
    refused = phone.act(approved, "download", pin=pin)
    assert code_of(refused) == (422, "pin_refused")
    assert pin not in refused.text
    assert phone.act(approved, "download", pin=PIN).status_code == 200


def test_a_download_may_be_repeated(phone: Phone, approved: str) -> None:
    first = phone.act(approved, "download", pin=PIN)
    assert phone.act(approved, "download", pin=PIN).json() == first.json()
    other = phone.act(approved, "download", pin="Another-1")
    assert code_of(other) == (403, "pin_wrong")
    assert len(phone.http.get("/v1/certificates").json()["items"]) == 1


def test_downloads_at_the_same_moment_make_one_certificate(phone: Phone, approved: str) -> None:
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda _: phone.act(approved, "download", pin=PIN), range(4)))
    for one in answers:
        assert one.status_code in (200, 503), one.text
    got = {one.json()["serial"] for one in answers if one.status_code == 200}
    assert len(got) == 1
    assert [one["serial"] for one in phone.http.get("/v1/certificates").json()["items"]] == list(got)


def test_wrong_pins_tell_the_tries_left_and_a_right_one_gives_them_back(
    phone: Phone, serial: str, a_pdf: bytes
) -> None:
    for left in (4, 3):
        wrong = phone.stamp(serial, a_pdf, "Wrong-Pin")
        assert code_of(wrong) == (403, "pin_wrong")
        assert wrong.json()["tries_left"] == left
        assert wrong.json()["message"] == f"PIN 码错误，还可尝试 {left} 次"
    assert phone.stamp(serial, a_pdf).status_code == 200
    assert phone.stamp(serial, a_pdf, "Wrong-Pin").json()["tries_left"] == 4


def test_five_wrong_pins_lock_the_key(phone: Phone, serial: str, a_pdf: bytes) -> None:
    codes = [code_of(phone.stamp(serial, a_pdf, "Wrong-Pin"))[1] for _ in range(6)]
    assert codes == ["pin_wrong"] * 4 + ["pin_locked"] * 2
    assert code_of(phone.stamp(serial, a_pdf)) == (403, "pin_locked")


def test_wrong_pins_at_the_same_moment_count_each(phone: Phone, serial: str, a_pdf: bytes) -> None:
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda n: phone.stamp(serial, a_pdf, f"Wrong-Pin-{n}"), range(16)))
    codes = [code_of(one)[1] for one in answers]
    assert codes.count("pin_wrong") <= 4
    assert set(codes) <= {"pin_wrong", "pin_locked", "pin_busy"}
    assert code_of(phone.stamp(serial, a_pdf)) == (403, "pin_locked")


def test_right_pins_at_the_same_moment_all_work(phone: Phone, serial: str, a_pdf: bytes) -> None:
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda _: phone.stamp(serial, a_pdf), range(8)))
    assert [one.status_code for one in answers] == [200] * 8


def test_another_persons_certificate_answers_like_none(server: Server, serial: str, a_pdf: bytes) -> None:
    stranger = Phone(server).sign_in()
    for number in (serial, "0" * 39, "zz"):
        assert code_of(stranger.http.get(f"/v1/certificates/{number}")) == (404, "not_found")
        assert code_of(stranger.stamp(number, a_pdf)) == (404, "not_found")
    assert stranger.http.get("/v1/certificates").json()["items"] == []


def test_pdfs_that_cannot_be_sealed(phone: Phone, serial: str, a_pdf: bytes) -> None:
    assert code_of(phone.stamp(serial, b"no pdf at all")) == (422, "pdf_damaged")
    assert code_of(phone.stamp(serial, a_pdf[: len(a_pdf) // 2])) == (422, "pdf_damaged")
    assert code_of(phone.stamp(serial, a_pdf, page=7)) == (422, "page_not_found")
    assert code_of(phone.stamp(serial, a_pdf, x_mm=5)) == (422, "seal_off_page")
    assert code_of(phone.stamp(serial, a_pdf, x_mm="nan"))[0] == 422
    blank = b"%PDF-1.7\n" + b" " * (66 * 1024 * 1024)  # which a reader from the end might read for minutes
    assert code_of(phone.stamp(serial, blank)) == (422, "pdf_damaged")


def test_the_certificate_outlives_a_crash_of_the_server(server: Server, phone: Phone, approved: str) -> None:
    """Killed right after the answer, as by a power cut; what was answered is still there."""
    answered = phone.act(approved, "download", pin=PIN).json()
    server.stop(signal.SIGKILL)
    server.start()
    assert phone.act(approved, "download", pin=PIN).json() == answered


@pytest.mark.parametrize("seconds", [0.05, 0.15, 0.3])
def test_a_download_cut_short_is_finished_by_the_next(
    server: Server, phone: Phone, approved: str, seconds: float
) -> None:
    with ThreadPoolExecutor(1) as other:
        cut = other.submit(phone.act, approved, "download", pin=PIN)
        time.sleep(seconds)
        server.stop(signal.SIGKILL)
        cut.exception()
    server.start()
    again = phone.act(approved, "download", pin=PIN)
    # Cut between the two strokes, the intent is given up only when no other server can still be signing.
    assert again.status_code == 200 or code_of(again) == (503, "issuance_in_progress")
    assert len(phone.http.get("/v1/certificates").json()["items"]) == (again.status_code == 200)


@pytest.fixture
def resident_product(desk: Desk) -> str:
    """A product whose keys stay in the token as objects."""
    return desk.product("resident-month", custody="resident", key_kind="p-256")


def test_a_resident_key_is_guarded_by_its_pin_too(
    phone: Phone, pc: Pc, desk: Desk, lock_ca: LockCa, resident_product: str, a_pdf: bytes
) -> None:
    credit_code = a_credit_code()
    application = phone.apply(credit_code=credit_code, product=resident_product).json()["id"]
    phone.put_licence(application, a_picture())
    pc.sign(phone, application, lock_ca.lock(COMPANY, credit_code))
    phone.act(application, "submit")
    desk.judge(application, "approve")
    downloaded = phone.act(application, "download", pin=PIN)
    assert downloaded.status_code == 200, downloaded.text
    assert phone.act(application, "download", pin=PIN).json() == downloaded.json()
    serial = downloaded.json()["serial"]
    assert phone.stamp(serial, a_pdf, "Wrong-Pin").json()["tries_left"] == 4
    assert phone.stamp(serial, a_pdf).status_code == 200

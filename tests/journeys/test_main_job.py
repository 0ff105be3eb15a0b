"""The main job, end to end, as people and programs do it: one enterprise, one lock, one seal."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pylopdf_fonts_zh_cn
import pytest
import typst
from cryptography import x509

from ca.documents.verification import SignatureReport, verify_pdf
from tests.api.people import COMPANY, PIN, Desk, Phone, a_credit_code
from tests.api.running import Server
from tests.journeys.conftest import LockMaker, UsbLock
from tests.journeys.judges import openssl_verify, pdfsig
from tests.support import postgres

AGENT = Path(sys.executable).with_name("sealbridge-agent")


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    extra = {}
    if request.param == "postgresql":
        cluster = request.getfixturevalue("postgres_cluster")
        extra["SEALBRIDGE_DATABASE_URL"] = postgres.create_database(cluster, "journeys")
    running = Server(tmp_path_factory.mktemp("installation") / "var", extra=extra)
    running.set_up()
    running.start()
    yield running
    running.close()


def approve(lock: UsbLock, address: str, code: str, home: Path) -> subprocess.CompletedProcess[str]:
    """The lock's owner, at a PC of their own."""
    command: list[str | Path] = [AGENT, "approve", address, "--code", code, "--pin-file", lock.pin_file]
    command += ["--yes", "--module", lock.module, "--token-label", lock.label, "--home", home]
    return subprocess.run(command, env=dict(os.environ), capture_output=True, text=True, timeout=120)


def an_ordinary_pdf() -> bytes:
    fonts = pylopdf_fonts_zh_cn.serif_path().parent
    source = '#set page(paper: "a4")\n#set text(font: "Noto Serif SC")\n= 投标函\n致：临沂市公共资源交易中心'
    made: bytes = typst.compile(source.encode(), font_paths=[str(fonts)])  # type: ignore[misc]
    return made


def judged(pdf: bytes, root: x509.Certificate, *others: x509.Certificate) -> list[SignatureReport]:
    """pyHanko's validator, with ``root`` as only trust."""
    return verify_pdf(pdf, [root], others, (), datetime.now(UTC))


def test_one_enterprise_one_lock_one_seal(server: Server, lock_maker: LockMaker, tmp_path: Path) -> None:
    lock_maker.ca.publish(server.data / "lock-cas", "legacy")
    lock = lock_maker.make(COMPANY, a_credit_code())
    phone = Phone(server).sign_in()

    application = phone.applied(lock.credit_code)
    done = approve(lock, *phone.send_to_computer(application), tmp_path / "agent")
    assert done.returncode == 0, done.stderr + server.log.read_text()
    assert phone.http.get(f"/v1/applications/{application}/send-to-computer").json()["status"] == "complete"
    assert phone.act(application, "submit").json()["status"] == "submitted"

    assert server.stop() == 0  # Ctrl-C: everything waits where it was
    server.start()

    desk = Desk(server)
    case = desk.http.get(f"/v1/review/applications/{application}").json()
    assert [seal["valid"] for seal in case["seals"]] == [True]
    assert desk.judge(application, "approve").json()["status"] == "approved"

    downloaded = phone.act(application, "download", pin=PIN).json()
    sealed = phone.stamp(downloaded["serial"], an_ordinary_pdf())
    assert sealed.status_code == 200, sealed.text

    root_der = phone.http.get("/pki/root.cer").content
    leaf, chain = tmp_path / "subscriber.pem", tmp_path / "chain.pem"
    leaf.write_text(downloaded["certificate"])
    chain.write_text(downloaded["chain"])
    openssl_verify(tmp_path, leaf, chain, root_der, phone.http.get("/pki/issuing.crl").content)

    form = phone.http.get(f"/v1/applications/{application}/form").content
    for name, pdf in (("form.pdf", form), ("sealed.pdf", sealed.content)):
        (tmp_path / name).write_bytes(pdf)
        assert "Signature is Valid." in pdfsig(tmp_path / name)

    root = x509.load_der_x509_certificate(root_der)
    issuing = x509.load_der_x509_certificate(phone.http.get("/pki/issuing.cer").content)
    (by_us,) = judged(sealed.content, root, issuing)
    assert by_us.valid, by_us
    assert COMPANY in by_us.signer
    (by_lock,) = judged(form, lock_maker.ca.certificate)
    assert by_lock.valid, by_lock
    assert not judged(form, root)[0].valid  # the lock is not one of ours


def test_a_lock_of_another_company_is_told_so_at_the_pc(
    server: Server, lock_maker: LockMaker, tmp_path: Path
) -> None:
    lock_maker.ca.publish(server.data / "lock-cas", "legacy")
    stolen_for = lock_maker.make("临沂月光建设有限公司", a_credit_code())
    thief = Phone(server).sign_in()
    application = thief.applied(a_credit_code())
    done = approve(stolen_for, *thief.send_to_computer(application), tmp_path / "agent")
    assert done.returncode == 1
    assert "lock_of_other_enterprise" in done.stderr
    assert thief.http.get(f"/v1/applications/{application}").json()["status"] == "draft"


def test_the_servers_log_has_no_secrets(server: Server, lock_maker: LockMaker, tmp_path: Path) -> None:
    lock_maker.ca.publish(server.data / "lock-cas", "legacy")
    lock = lock_maker.make(COMPANY, a_credit_code())
    phone = Phone(server).sign_in()
    application = phone.applied(lock.credit_code)
    address, code = phone.send_to_computer(application)
    approve(lock, address, code, tmp_path / "agent")
    phone.act(application, "submit")
    Desk(server).judge(application, "approve")
    serial = phone.act(application, "download", pin=PIN).json()["serial"]
    phone.stamp(serial, an_ordinary_pdf(), "Wrong-Pin")
    secrets = [PIN, "Wrong-Pin", code, address.rpartition("/")[2], phone.number, server.operator_password()]
    secrets.append(str(phone.http.headers["Authorization"]).partition(" ")[2])
    secrets += [path.read_text().strip() for path in (server.data / "secrets").iterdir()]
    said = server.log.read_text()
    assert "request" in said
    assert [one for one in secrets if one in said] == []

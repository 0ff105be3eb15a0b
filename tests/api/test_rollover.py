"""A second issuing CA takes over while the service runs, certified by the installation's own root."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from api.settings import softhsm_library
from tests.api.locks import LockCa
from tests.api.people import COMPANY, PIN, Desk, Pc, Phone, a_credit_code
from tests.api.running import Server
from tests.support.preloaded import SEALBRIDGE


@pytest.fixture(scope="module")
def own_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    fast = {"SEALBRIDGE_ROOT_KEY_KIND": "p-384", "SEALBRIDGE_ISSUING_KEY_KIND": "p-256"}
    running = Server(tmp_path_factory.mktemp("rollover") / "var", extra=fast)
    running.set_up()
    running.start()
    yield running
    running.close()


def certified(server: Server, desk: Desk, locks: LockCa) -> tuple[Phone, x509.Certificate]:
    phone, code = Phone(server).sign_in(), a_credit_code()
    application = phone.applied(code)
    Pc(server).sign(phone, application, locks.lock(COMPANY, code))
    assert phone.act(application, "submit").status_code == 200
    assert desk.judge(application, "approve").status_code == 200
    serial = phone.act(application, "download", pin=PIN).json()["serial"]
    shown = phone.http.get(f"/v1/certificates/{serial}").json()["certificate"]
    return phone, x509.load_pem_x509_certificate(shown.encode())


def ceremony(server: Server, folder: Path) -> None:
    """The root's part, where its token is."""
    offline = server.data / "offline"
    plan = folder / "issuing.yaml"
    plan.write_text(
        f"""
ceremony: issuing
title: 签发 CA 更替
out: {folder / "made"}
token: {{module: {softhsm_library()}, label: root, officers: {{threshold: 2, count: 3}}}}
key: root-1
issuer: {offline / "root" / "root.pem"}
request: {folder / "issuing-2.csr"}
ca_issuers_url: {server.url}/pki/root.cer
crl_url: {server.url}/pki/root.crl
""",
        encoding="utf-8",
    )
    environment = os.environ | {"SOFTHSM2_CONF": str(offline / "softhsm2.conf")}
    done = subprocess.run(
        [SEALBRIDGE, "ceremony", plan, "--yes", "--shares", offline / "officers"],
        env=environment, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def verified(folder: Path, url: str, leaf: x509.Certificate, name: str) -> str:
    """``openssl verify`` with the lists that are published, and ``openssl ocsp``."""
    for file, path, kind in (
        ("root.pem", "root.cer", x509.load_der_x509_certificate),
        ("ca.pem", f"{name}.cer", x509.load_der_x509_certificate),
        ("root-crl.pem", "root.crl", x509.load_der_x509_crl),
        ("ca-crl.pem", f"{name}.crl", x509.load_der_x509_crl),
    ):
        made = kind(httpx.get(f"{url}/pki/{path}").content)
        (folder / file).write_bytes(made.public_bytes(Encoding.PEM))
    (folder / "leaf.pem").write_bytes(leaf.public_bytes(Encoding.PEM))
    said = ""
    for command in (
        "openssl verify -crl_check_all -CAfile root.pem -CRLfile root-crl.pem -CRLfile ca-crl.pem "
        "-untrusted ca.pem leaf.pem",
        f"openssl ocsp -issuer ca.pem -cert leaf.pem -url {url}/pki/ocsp -CAfile root.pem "
        "-verify_other ca.pem",
    ):
        done = subprocess.run(command.split(), cwd=folder, capture_output=True, text=True, timeout=60)
        said += done.stdout + done.stderr
    return said


def test_a_second_ca_takes_over_and_the_first_goes_on_answering(own_server: Server, tmp_path: Path) -> None:
    locks = LockCa()
    locks.publish(own_server.data / "lock-cas", "old")
    desk = Desk(own_server)
    _, before = certified(own_server, desk, locks)

    requested = own_server.command(
        "ca", "request", "issuing-2", tmp_path / "issuing-2.csr", "--common-name", "二"
    )
    assert requested.returncode == 0, requested.stderr
    ceremony(own_server, tmp_path)
    added = own_server.command("ca", "add", "issuing-2", tmp_path / "made" / "issuing.pem")
    assert added.returncode == 0, added.stderr
    assert own_server.command("ca", "activate", "issuing-2").returncode == 0
    time.sleep(1.1)

    _, after = certified(own_server, desk, locks)
    assert after.issuer != before.issuer
    for leaf, name in ((before, "issuing-1"), (after, "issuing-2")):
        said = verified(tmp_path, own_server.url, leaf, name)
        assert "leaf.pem: OK" in said, said
        assert "leaf.pem: good" in said, said

    # What the retired CA issued can still be revoked, on its list and by its responder.
    desk.http.post(
        f"/v1/operator/certificates/{before.serial_number:x}/revoke", json={"reason": "superseded"}
    )
    desk.http.post("/v1/operator/lists/publish")
    said = verified(tmp_path, own_server.url, before, "issuing-1")
    assert "certificate revoked" in said
    assert "leaf.pem: revoked" in said
    assert "leaf.pem: OK" in verified(tmp_path, own_server.url, after, "issuing-2")

"""The responder over HTTP, asked by openssl, gnutls and curl."""

from __future__ import annotations

import base64
import json
import subprocess
import time
from pathlib import Path
from urllib.parse import quote

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from tests.api.people import Desk, Phone, code_of
from tests.api.running import Server

PATH = "/v1/operator/certificates"


@pytest.fixture
def files(phone: Phone, serial: str, tmp_path: Path) -> Path:
    """leaf.pem, issuing.pem and root.pem of a downloaded certificate."""
    shown = phone.http.get(f"/v1/certificates/{serial}").json()
    (tmp_path / "leaf.pem").write_text(shown["certificate"])
    (tmp_path / "issuing.pem").write_bytes(
        x509.load_der_x509_certificate(phone.http.get("/pki/issuing.cer").content).public_bytes(Encoding.PEM)
    )
    root = x509.load_der_x509_certificate(phone.http.get("/pki/root.cer").content)
    (tmp_path / "root.pem").write_bytes(root.public_bytes(Encoding.PEM))
    return tmp_path


def command(folder: Path, *parts: str) -> str:
    done = subprocess.run(parts, cwd=folder, capture_output=True, text=True, timeout=60)
    return done.stdout + done.stderr


def openssl(folder: Path, server: Server, *options: str) -> str:
    url = f"{server.url}/pki/ocsp"
    asked = ("openssl", "ocsp", "-issuer", "issuing.pem", *options, "-cert", "leaf.pem")
    return command(folder, *asked, "-url", url, "-CAfile", "root.pem", "-verify_other", "issuing.pem")


def a_request(folder: Path) -> bytes:
    leaf, issuing = (
        x509.load_pem_x509_certificate((folder / name).read_bytes()) for name in ("leaf.pem", "issuing.pem")
    )
    made = ocsp.OCSPRequestBuilder().add_certificate(leaf, issuing, hashes.SHA1()).build()
    return made.public_bytes(Encoding.DER)


@pytest.mark.parametrize("options", [(), ("-no_nonce",), ("-sha256",)])
def test_openssl_is_told_good_and_within_a_second_revoked(
    files: Path, server: Server, desk: Desk, serial: str, options: tuple[str, ...]
) -> None:
    said = openssl(files, server, *options)
    assert "Response verify OK" in said
    assert "leaf.pem: good" in said
    assert "WARNING: no nonce" not in said or options == ("-no_nonce",)
    revoked = desk.http.post(f"{PATH}/{serial}/revoke", json={"reason": "key_compromise"})
    assert revoked.status_code == 200
    begun = time.monotonic()
    said = openssl(files, server, *options)
    assert time.monotonic() - begun < 1
    assert "leaf.pem: revoked" in said
    assert "Reason: keyCompromise" in said


def test_gnutls_accepts_the_answer(files: Path, server: Server) -> None:
    asked = ("ocsptool", f"--ask={server.url}/pki/ocsp", "--load-issuer", "issuing.pem")
    said = command(files, *asked, "--load-cert", "leaf.pem", "--load-trust", "issuing.pem")
    assert "Success" in said, said
    assert "Certificate Status: good" in said, said


def test_a_get_tells_caches_what_they_need(files: Path, server: Server) -> None:
    text = quote(base64.b64encode(a_request(files)).decode(), safe="")
    said = command(files, "curl", "-s", "-D", "-", "-o", "answer.der", f"{server.url}/pki/ocsp/{text}")
    head = {line.split(": ")[0].lower(): line.split(": ")[1] for line in said.splitlines() if ": " in line}
    assert head["content-type"] == "application/ocsp-response"
    assert "max-age=" in head["cache-control"]
    assert {"etag", "expires", "last-modified"} <= set(head)
    answer = ocsp.load_der_ocsp_response((files / "answer.der").read_bytes())
    assert answer.certificate_status is ocsp.OCSPCertStatus.GOOD


@pytest.mark.parametrize("content", [b"", b"\x30\x00", b"nonsense", b"0" * 9000])
def test_what_is_no_request_is_answered_as_malformed(server: Server, phone: Phone, content: bytes) -> None:
    answer = phone.http.post("/pki/ocsp", content=content)
    assert answer.status_code == 200
    read = ocsp.load_der_ocsp_response(answer.content)
    assert read.response_status is ocsp.OCSPResponseStatus.MALFORMED_REQUEST
    assert phone.http.get("/pki/ocsp/%20not-base64").content == answer.content


def test_every_pointer_in_a_certificate_leads_somewhere(files: Path, phone: Phone) -> None:
    leaf = x509.load_pem_x509_certificate((files / "leaf.pem").read_bytes())
    access = leaf.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    points = leaf.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    urls = {one.access_method._name: one.access_location.value for one in access}
    (crl,) = points[0].full_name or []
    issuing = x509.load_der_x509_certificate(phone.http.get(urls["caIssuers"]).content)
    leaf.verify_directly_issued_by(issuing)
    listed = x509.load_der_x509_crl(phone.http.get(crl.value).content)
    assert listed.is_signature_valid(issuing.public_key())  # type: ignore[arg-type]
    answer = phone.http.post(urls["OCSP"], content=a_request(files))
    assert ocsp.load_der_ocsp_response(answer.content).response_status is (ocsp.OCSPResponseStatus.SUCCESSFUL)


def test_other_methods_are_as_of_any_address(phone: Phone) -> None:
    assert code_of(phone.http.put("/pki/ocsp", content=b"x")) == (405, "method_not_allowed")
    assert code_of(phone.http.get("/pki/ocsp")) == (405, "method_not_allowed")
    head = phone.http.head("/pki/ocsp/%20not-base64")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-type"] == "application/ocsp-response"


def test_its_answers_are_guarded_bounded_and_counted(files: Path, server: Server, phone: Phone) -> None:
    answer = phone.http.post("/pki/ocsp", content=a_request(files), headers={"X-Request-Id": "ocsp-4711"})
    assert answer.headers["x-request-id"] == "ocsp-4711"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "must-revalidate" in answer.headers["cache-control"]
    assert code_of(phone.http.post("/pki/ocsp", content=b"0" * 300_000)) == (413, "body_too_large")
    lines = [json.loads(line) for line in server.log.read_text().splitlines() if "ocsp-4711" in line]
    (told,) = (line for line in lines if line["event"] == "request")
    assert (told["route"], told["status"], told["logger"]) == ("/pki/ocsp", 200, "sealbridge")

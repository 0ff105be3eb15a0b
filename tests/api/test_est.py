"""EST with real clients: curl and openssl, through nginx, which ends TLS as in production."""

from __future__ import annotations

import base64
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import pkcs7
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from ca.distinguished import credit_code_of
from tests.api.people import Desk, a_credit_code, code_of
from tests.api.running import Server, free_port

CONFIGURATION = """\
daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 64; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port} ssl;
    ssl_certificate {folder}/server.pem; ssl_certificate_key {folder}/server.key;
    ssl_client_certificate {folder}/cas.pem; ssl_verify_client optional; ssl_verify_depth 3;
    location / {{
      proxy_pass {upstream};
      proxy_set_header X-Client-Certificate $ssl_client_escaped_cert;
    }}
  }}
}}
"""


@dataclass
class Machine:
    """A machine with openssl and curl, and the address of the EST server."""

    folder: Path
    base: str

    def openssl(self, *arguments: str) -> bytes:
        done = subprocess.run(["openssl", *arguments], cwd=self.folder, capture_output=True, timeout=60)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout

    def key_and_request(self, name: str, subject: str, *kind: str) -> None:
        kind = kind or ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256")
        files = ("-keyout", f"{name}.key", "-out", f"{name}.csr", "-outform", "DER")
        self.openssl("req", "-new", "-utf8", *kind, "-nodes", "-subj", subject, *files)

    def curl(self, path: str, *arguments: str) -> tuple[int, bytes]:
        command = ["curl", "-sS", "--cacert", "server.pem", "-w", "\n%{http_code}", *arguments]
        url = f"{self.base}/.well-known/est/{path}"
        done = subprocess.run([*command, url], cwd=self.folder, capture_output=True, timeout=60)
        assert done.returncode == 0, done.stderr.decode()
        body, _, status = done.stdout.rpartition(b"\n")
        return int(status), body

    def enrol(self, name: str, *arguments: str, path: str = "simpleenroll") -> tuple[int, bytes]:
        (self.folder / "posted").write_bytes(base64.encodebytes((self.folder / f"{name}.csr").read_bytes()))
        typed = ("-H", "Content-Type: application/pkcs10", "--data-binary", "@posted")
        return self.curl(path, *typed, *arguments)

    def keep(self, name: str, body: bytes) -> x509.Certificate:
        """Read a certs-only answer with openssl, keep the certificate as PEM."""
        (self.folder / "answer").write_bytes(base64.b64decode(body))
        pem = self.openssl("pkcs7", "-inform", "DER", "-in", "answer", "-print_certs")
        (self.folder / f"{name}.pem").write_bytes(pem)
        return x509.load_pem_x509_certificate(pem)


@pytest.fixture(scope="module")
def machine(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    folder, port = tmp_path_factory.mktemp("est"), free_port()
    made = Machine(folder, f"https://127.0.0.1:{port}")
    names = ("-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1")
    files = ("-keyout", "server.key", "-out", "server.pem", "-days", "2")
    made.openssl(
        "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", *names, *files
    )
    pki = server.data / "pki"
    (folder / "cas.pem").write_bytes((pki / "issuing.pem").read_bytes() + (pki / "root.pem").read_bytes())
    settings = CONFIGURATION.format(folder=folder, port=port, upstream=server.url)
    (folder / "nginx.conf").write_text(settings)
    process = subprocess.Popen(
        ["nginx", "-p", folder, "-e", folder / "error.log", "-c", folder / "nginx.conf"]
    )
    deadline = time.monotonic() + 20
    while subprocess.run(["curl", "-sk", made.base], capture_output=True).returncode != 0:
        assert process.poll() is None, (folder / "error.log").read_text()
        assert time.monotonic() < deadline
        time.sleep(0.05)
    yield made
    process.terminate()
    process.wait(timeout=10)


def opened(desk: Desk, **changes: str) -> tuple[str, str]:
    """User name and secret of a new enrolment."""
    body = {
        "profile": "platform",
        "enterprise_name": "临沂市公共资源交易中心",
        "credit_code": a_credit_code(),
        "host": "bid.example.cn",
    }
    answer = desk.http.post("/v1/operator/enrolments", json=body | changes)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"], answer.json()["secret"]


def test_a_machine_learns_whom_to_trust(machine: Machine, server: Server) -> None:
    status, body = machine.curl("cacerts")
    assert status == 200
    told = pkcs7.load_der_pkcs7_certificates(base64.b64decode(body))
    root = x509.load_pem_x509_certificate((server.data / "pki" / "root.pem").read_bytes())
    assert root in told
    assert len(told) == 2


def test_a_machine_learns_which_keys_are_taken(machine: Machine) -> None:
    status, body = machine.curl("platform/csrattrs")
    assert status == 200
    (machine.folder / "attributes").write_bytes(base64.b64decode(body))
    said = machine.openssl("asn1parse", "-inform", "DER", "-in", "attributes").decode()
    assert "id-ecPublicKey" in said
    assert "prime256v1" in said
    assert "sha256WithRSAEncryption" in said


def test_a_platform_enrols_and_renews_over_tls(machine: Machine, desk: Desk) -> None:
    user, secret = opened(desk)
    machine.key_and_request("first", "/CN=whatever the machine says")
    status, body = machine.enrol("first", "-u", f"{user}:{secret}")
    assert status == 200, body
    first = machine.keep("first", body)
    assert first.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value == "bid.example.cn"
    assert (
        ExtendedKeyUsageOID.CLIENT_AUTH
        in first.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    )
    machine.openssl("verify", "-x509_strict", "-CAfile", "cas.pem", "first.pem")
    assert machine.keep("again", machine.enrol("first", "-u", f"{user}:{secret}")[1]) == first

    renew = ("--cert", "first.pem", "--key", "first.key")
    # openssl writes the name by its own rules: the subject must be ours, so it is taken over as it is.
    machine.openssl("x509", "-x509toreq", "-in", "first.pem", "-signkey", "first.key", "-out", "same.pem")
    machine.openssl("req", "-in", "same.pem", "-outform", "DER", "-out", "same.csr")
    status, body = machine.enrol("same", *renew, path="simplereenroll")
    assert status == 200, body
    second = machine.keep("renewed", body)
    assert second.subject == first.subject
    assert second.serial_number != first.serial_number
    assert second.public_key() == first.public_key()


def test_a_lock_names_its_enterprise_in_the_extension_too(machine: Machine, desk: Desk) -> None:
    code = a_credit_code()
    user, secret = opened(desk, profile="lock", credit_code=code, device="LOCK-7")
    machine.key_and_request("lock", "/CN=lock", "-newkey", "rsa:2048")
    status, body = machine.enrol("lock", "-u", f"{user}:{secret}")
    assert status == 200, body
    certificate = machine.keep("lock", body)
    assert credit_code_of(certificate) == code
    (found,) = desk.http.get("/v1/operator/certificates", params={"credit_code": code}).json()["items"]
    assert found["serial"] == f"{certificate.serial_number:x}"
    assert b"1.2.156.10260.4.4" in machine.openssl("x509", "-in", "lock.pem", "-noout", "-text")


@pytest.mark.parametrize("login", ["{user}:wrong", "nobody:{secret}", ""])
def test_a_wrong_login_is_refused(machine: Machine, desk: Desk, login: str) -> None:
    user, secret = opened(desk)
    machine.key_and_request("wrong", "/CN=x")
    given = ("-u", login.format(user=user, secret=secret)) if login else ()
    status, body = machine.enrol("wrong", *given)
    assert status == 401
    assert b"enrolment_refused" in body


def test_an_enrolment_serves_one_key(machine: Machine, desk: Desk) -> None:
    user, secret = opened(desk)
    machine.key_and_request("one", "/CN=x")
    assert machine.enrol("one", "-u", f"{user}:{secret}")[0] == 200
    machine.key_and_request("two", "/CN=x")
    status, body = machine.enrol("two", "-u", f"{user}:{secret}")
    assert (status, b"enrolment_used" in body) == (409, True)


def test_renewal_needs_a_certificate_that_is_ours_and_in_force(
    machine: Machine, desk: Desk, server: Server
) -> None:
    user, secret = opened(desk)
    machine.key_and_request("gone", "/CN=x")
    certificate = machine.keep("gone", machine.enrol("gone", "-u", f"{user}:{secret}")[1])
    assert machine.enrol("gone", path="simplereenroll")[0] == 401  # without a certificate
    revoked = f"/v1/operator/certificates/{certificate.serial_number:x}/revoke"
    assert desk.http.post(revoked, json={"reason": "superseded"}).status_code == 200
    cert = ("--cert", "gone.pem", "--key", "gone.key")
    status, body = machine.enrol("gone", *cert, path="simplereenroll")
    assert (status, b"client_certificate_refused" in body) == (401, True)
    # A header that the client itself sends is replaced by the proxy.
    forged = ("-H", "X-Client-Certificate: " + (machine.folder / "gone.pem").read_text().replace("\n", "%0A"))
    assert machine.enrol("gone", *forged, path="simplereenroll")[0] == 401


@pytest.mark.parametrize(
    "body", [b"", b"not base64!", b"MAA=", base64.b64encode(b"\x30\x82\xff\xff" + b"A" * 400), b"A" * 70_000]
)
def test_what_is_no_request_is_refused(server: Server, desk: Desk, body: bytes) -> None:
    user, secret = opened(desk)
    answer = server.client().post(
        "/.well-known/est/simpleenroll",
        content=body,
        headers={"content-type": "application/pkcs10"},
        auth=(user, secret),
    )
    assert code_of(answer) == (422, "csr_invalid")


def test_a_request_that_its_key_did_not_sign_is_refused(machine: Machine, desk: Desk) -> None:
    user, secret = opened(desk)
    machine.key_and_request("broken", "/CN=x")
    path = machine.folder / "broken.csr"
    content = bytearray(path.read_bytes())
    content[-3] ^= 1
    path.write_bytes(content)
    status, body = machine.enrol("broken", "-u", f"{user}:{secret}")
    assert (status, b"csr_invalid" in body) == (422, True)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"profile": "platform", "host": "例子.cn"}, "subject_invalid"),
        ({"profile": "platform", "host": "10.0.0.7"}, "subject_invalid"),
        ({"profile": "lock", "device": "锁7"}, "subject_invalid"),
        ({"profile": "lock", "validity_days": 100_000}, "profile_refused"),
    ],
)
def test_what_could_not_be_certified_later_is_not_opened(
    desk: Desk, changes: dict[str, object], code: str
) -> None:
    body = {"enterprise_name": "临沂市公共资源交易中心", "credit_code": a_credit_code()}
    assert code_of(desk.http.post("/v1/operator/enrolments", json=body | changes)) == (422, code)


def test_a_client_that_waits_for_the_challenge_is_asked_for_a_password(machine: Machine, desk: Desk) -> None:
    """curl --anyauth sends nothing before it is told how (RFC 7030, section 3.2.3)."""
    user, secret = opened(desk)
    machine.key_and_request("asked", "/CN=x")
    status, body = machine.enrol("asked", "--anyauth", "-u", f"{user}:{secret}")
    assert status == 200, body


def test_a_label_is_in_every_address_and_means_its_profile(machine: Machine, desk: Desk) -> None:
    user, secret = opened(desk)
    machine.key_and_request("labelled", "/CN=x")
    login = ("-u", f"{user}:{secret}")
    assert machine.curl("platform/cacerts") == machine.curl("cacerts")
    assert machine.curl("nonsense/cacerts")[0] == 404
    assert machine.enrol("labelled", *login, path="lock/simpleenroll")[0] == 401
    status, body = machine.enrol("labelled", *login, path="platform/simpleenroll")
    assert status == 200, body
    machine.keep("labelled", body)
    renew = ("--cert", "labelled.pem", "--key", "labelled.key")
    machine.openssl(
        "x509", "-x509toreq", "-in", "labelled.pem", "-signkey", "labelled.key", "-out", "same.pem"
    )
    machine.openssl("req", "-in", "same.pem", "-outform", "DER", "-out", "same.csr")
    assert machine.enrol("same", *renew, path="lock/simplereenroll")[0] == 401
    assert machine.enrol("same", *renew, path="platform/simplereenroll")[0] == 200


@pytest.mark.parametrize("kind", [["-newkey", "ed448"], ["-newkey", "dsa:parameters"]], ids=["ed448", "dsa"])
def test_a_kind_of_key_that_the_profile_does_not_take_is_refused(
    machine: Machine, desk: Desk, kind: list[str]
) -> None:
    if kind[1].startswith("dsa"):
        machine.openssl("dsaparam", "-out", "parameters", "2048")
    user, secret = opened(desk, profile="lock", device="LOCK-8")
    machine.key_and_request("odd", "/CN=x", *kind)
    status, body = machine.enrol("odd", "-u", f"{user}:{secret}")
    assert (status, b"profile_refused" in body) == (422, True), body


def test_only_operators_open_enrolments_and_only_for_machines(server: Server, desk: Desk) -> None:
    body = {"profile": "ocsp-responder", "enterprise_name": "x", "credit_code": a_credit_code()}
    assert code_of(desk.http.post("/v1/operator/enrolments", json=body)) == (422, "request_invalid")
    assert server.client().post("/v1/operator/enrolments", json=body).status_code == 401

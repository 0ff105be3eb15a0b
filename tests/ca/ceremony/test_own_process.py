from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from ca.ceremony.files import keep
from ca.ceremony.steps import AuthorityName, request_certificate, sign_issuing
from ca.errors import CeremonyRefused
from ca.tbs import Pointers
from hsm import list_tokens
from tests.ca.conftest import NOW, SmallCa
from tests.ca.judges import pem, run


@pytest.fixture
def issuing_request(tmp_path: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    path = tmp_path / "issuing.csr"
    request = request_certificate(key, AuthorityName("签发 CA", "封桥测试"))
    path.write_bytes(request.public_bytes(Encoding.PEM))
    return path


def perform(module: Path, out: Path, request: Path) -> None:
    out.mkdir(exist_ok=True)
    (out / "tokens").mkdir(exist_ok=True)
    configuration = out / "softhsm2.conf"
    configuration.write_text(f"directories.tokendir = {out}/tokens\nobjectstore.backend = file\n")
    command = [sys.executable, "-m", "ca.ceremony", "--module", module, "--out", out, "--request", request]
    command += ["--organization", "封桥测试", "--common-name", "测试根", "--key", "p-384"]
    subprocess.run(command, check=True, env=os.environ | {"SOFTHSM2_CONF": str(configuration)}, timeout=60)


def test_a_ceremony_in_its_own_process(softhsm: Path, tmp_path: Path, issuing_request: Path) -> None:
    out = tmp_path / "offline"
    perform(softhsm, out, issuing_request)
    root, issuing = (
        x509.load_pem_x509_certificate((out / f"{n}.pem").read_bytes()) for n in ("root", "issuing")
    )
    code, said = run(
        "openssl", "verify", "-x509_strict", "-CAfile", pem(tmp_path / "r.pem", root), out / "issuing.pem"
    )
    assert code == 0, said
    constraints = issuing.extensions.get_extension_for_class(x509.BasicConstraints).value
    assert (constraints.ca, constraints.path_length) == (True, 0)
    assert x509.load_der_x509_crl((out / "root.crl").read_bytes()).issuer == root.subject
    told = json.loads((out / "transcript.json").read_text(encoding="utf-8"))
    assert [one["serial"] for one in told["certificates"]] == [
        f"{c.serial_number:x}" for c in (root, issuing)
    ]
    assert "root" not in [token.label for token in list_tokens(softhsm)]
    assert stat.S_IMODE((out / "root.pin").stat().st_mode) == 0o600


def test_a_second_run_changes_nothing(softhsm: Path, tmp_path: Path, issuing_request: Path) -> None:
    out = tmp_path / "offline"
    perform(softhsm, out, issuing_request)
    files = ("root.pem", "issuing.pem", "root.crl", "transcript.json", "root.pin")
    before = {name: (out / name).read_bytes() for name in files}
    perform(softhsm, out, issuing_request)
    assert {name: (out / name).read_bytes() for name in files} == before


def test_a_ceremony_cut_short_is_finished_by_the_next(
    softhsm: Path, tmp_path: Path, issuing_request: Path
) -> None:
    out = tmp_path / "offline"
    perform(softhsm, out, issuing_request)
    root = (out / "root.pem").read_bytes()
    for lost in ("issuing.pem", "root.crl", "transcript.json"):
        (out / lost).unlink()
    perform(softhsm, out, issuing_request)
    assert (out / "root.pem").read_bytes() == root
    assert (out / "issuing.pem").exists()


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    keep(tmp_path / "root.pem", b"first")
    with pytest.raises(CeremonyRefused):
        keep(tmp_path / "root.pem", b"second")
    assert (tmp_path / "root.pem").read_bytes() == b"first"


def test_a_request_signed_by_another_key_is_refused(small_ca: SmallCa, issuing_request: Path) -> None:
    request = x509.load_pem_x509_csr(issuing_request.read_bytes())
    der = bytearray(request.public_bytes(Encoding.DER))
    der[-1] ^= 1
    forged = x509.load_der_x509_csr(bytes(der))
    with pytest.raises(CeremonyRefused):
        sign_issuing(small_ca.root, forged, NOW, Pointers())

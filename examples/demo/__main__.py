"""``python -m examples.demo DIR [--document FILE.pdf]``: see ``scripts/demo``."""

from __future__ import annotations

import argparse
import json
import secrets
import subprocess
import sys
import tempfile
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import httpx
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from api.settings import Settings
from examples.demo import judges, lock
from examples.demo.company import Company, licence_picture, ordinary_document
from examples.demo.phone import OperatorDesk, Phone, Refused
from examples.demo.places import bottom_right
from examples.demo.service import NotServing, program, running
from hsm import SealBridgeError


def main() -> int:
    """Play the story; 0 when every judge agrees."""
    parser = argparse.ArgumentParser(prog="scripts/demo")
    parser.add_argument("out", type=Path)
    parser.add_argument("--document", type=Path)
    options = parser.parse_args()
    if options.document and not options.document.is_file():
        parser.error(f"{options.document} is not a file")
    company = Company()
    document = options.document.read_bytes() if options.document else ordinary_document(company)
    (options.out / "report.json").unlink(missing_ok=True)  # an earlier run's word must not stand for this one
    with tempfile.TemporaryDirectory(prefix="sealbridge-demo-") as work:
        try:
            verdicts = _play(Path(work), options.out, company, document)
        except (SealBridgeError, Refused, NotServing, subprocess.CalledProcessError, httpx.HTTPError) as exc:
            print(f"✗ {exc}", file=sys.stderr)
            return 1
    return _report(options.out, company, verdicts)


def _play(work: Path, out: Path, company: Company, document: bytes) -> list[judges.Verdict]:
    module = Settings().pkcs11_module
    _step("CA 锁", "a legacy CA issues the company's lock")
    lock_folder = _make_lock(work, module)
    trusted = work / "data" / "lock-cas"
    trusted.mkdir(parents=True)
    for name in ("lock-ca.pem", "lock-ca.crl"):
        (trusted / name).write_bytes((lock_folder / name).read_bytes())
    (out / "lock-ca.pem").write_bytes((lock_folder / "lock-ca.pem").read_bytes())
    _step("初始化", "tokens, root ceremony, issuing CA, database")
    with running(work / "data", work / "server.log") as url, Phone(url) as phone, OperatorDesk(url) as desk:
        _step("实名认证", "the phone signs in and passes the face check")
        phone.sign_in(company.phone)
        phone.prove_identity(company.administrator, company.administrator_id)
        _step("认领企业", "the phone claims the enterprise and gets the form")
        application = phone.claim(company, licence_picture(company))
        _step("发送到电脑", "the lock agent checks the form and signs it on the lock")
        address, code = phone.send_to_computer(application)
        with _agent(address, code, module, lock_folder, work) as agent:
            phone.confirm_pc(application)
        if agent.returncode:
            raise subprocess.CalledProcessError(agent.returncode, "sealbridge-agent")
        (out / "application-form.pdf").write_bytes(phone.form(application))
        phone.submit(application)
        _step("审核", "an operator approves")
        desk.sign_in("operator", work / "data" / "secrets" / "operator.password")
        _write_json(out / "checks.json", desk.checks(application))
        desk.approve(application)
        _step("下载证书", "PIN, key pair in the token, certificate")
        pin = secrets.token_hex(4)
        serial, certificate = phone.download(application, pin)
        (out / "subscriber.pem").write_text(certificate, encoding="ascii")
        _step("盖章", "the new certificate seals a document on the token")
        sealed = phone.seal(serial, pin, document, *bottom_right(document))
        (out / "sealed.pdf").write_bytes(sealed)
        _step(
            "加入企业", "a clerk asks, the administrator seals the letter of authorisation, the clerk seals"
        )
        with Phone(url) as clerk:
            _clerk_joins(clerk, phone, desk, company, (serial, pin), document, out)
        for name in ("root", "issuing"):
            der = phone.call("GET", f"/pki/{name}.cer").content
            pem = x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM)
            (out / f"{name}.pem").write_bytes(pem)
        (out / "crl.der").write_bytes(phone.call("GET", "/pki/issuing.crl").content)
        # While the service is up: some of them ask its responder.
        return judges.all_verdicts(out, f"{url}/pki/ocsp")


def _clerk_joins(
    clerk: Phone,
    boss: Phone,
    desk: OperatorDesk,
    company: Company,
    seal: tuple[str, str],
    document: bytes,
    out: Path,
) -> None:
    """``seal``: serial and PIN of the administrator's certificate."""
    clerk.sign_in(company.clerk_phone)
    clerk.prove_identity(company.clerk, company.clerk_id)
    application = clerk.join(company, ["login", "seal"])
    boss.agree(*seal)
    (out / "authorisation.pdf").write_bytes(clerk.form(application))
    desk.approve(application)
    pin = secrets.token_hex(4)
    serial, certificate = clerk.download(application, pin)
    (out / "clerk.pem").write_text(certificate, encoding="ascii")
    sealed = clerk.seal(serial, pin, document, *bottom_right(document))
    (out / "sealed-by-clerk.pdf").write_bytes(sealed)


def _make_lock(work: Path, module: Path) -> Path:
    folder = work / "lock"
    (folder / "tokens").mkdir(parents=True)
    (folder / "softhsm2.conf").write_text(
        f"directories.tokendir = {folder}/tokens\nobjectstore.backend = file\nlog.level = ERROR\n"
    )
    command = [sys.executable, "-m", "examples.demo.lock", str(module), str(folder)]
    subprocess.run(command, check=True, env=lock.environment(folder))
    return folder


def _agent(address: str, code: str, module: Path, folder: Path, work: Path) -> subprocess.Popen[bytes]:
    command = [program("sealbridge-agent"), "approve", address, "--code", code, "--yes"]
    command += ["--module", str(module), "--token-label", lock.LABEL, "--home", str(work / "agent")]
    command += ["--pin-file", str(folder / lock.PIN_FILE)]
    return subprocess.Popen(command, env=lock.environment(folder))


def _report(out: Path, company: Company, verdicts: list[judges.Verdict]) -> int:
    report = {
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "enterprise": {"name": company.name, "credit_code": company.credit_code},
        "agreed": all(one.agrees for one in verdicts),
        "verdicts": [asdict(one) for one in verdicts],
    }
    _write_json(out / "report.json", report)
    for one in verdicts:
        print(f"{'✓' if one.agrees else '✗'} {one.what} — {one.judge}")
        if not one.agrees:
            print(one.said, file=sys.stderr)
    return 0 if report["agreed"] else 1


def _write_json(path: Path, told: object) -> None:
    path.write_text(json.dumps(told, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def _step(chinese: str, english: str) -> None:
    print(f"── {chinese} ({english})", flush=True)


if __name__ == "__main__":
    sys.exit(main())

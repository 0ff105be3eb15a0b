"""下载到 CA 锁, end to end: a phone, a blank lock in a PC, the real agent; and what the lock signs then."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from hsm import Token, TokenConfig, TokenKeys, init_token, public_certificates
from tests.api.people import COMPANY, a_credit_code, a_picture
from tests.journeys.app import App, good, until
from tests.journeys.conftest import Office, UsbLock, staffed
from tests.journeys.judges import Public
from tests.journeys.test_main_job import AGENT, approve


@dataclass
class Pc:
    """A computer with one lock and the agent."""

    lock: UsbLock
    home: Path

    def begin(self, command: str, sent: dict[str, Any], *more: str) -> subprocess.Popen[str]:
        """``sealbridge-agent enrol`` or ``renew`` at the address that the phone shows."""
        words: list[str | Path] = [AGENT, command, sent["address"], "--code", sent["code"], "--yes", *more]
        words += ["--pin-file", self.lock.pin_file, "--module", self.lock.module]
        words += ["--token-label", self.lock.label, "--home", self.home]
        return subprocess.Popen(
            words, env=dict(os.environ), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )

    def certificates(self) -> dict[int, x509.Certificate]:
        found = public_certificates(TokenConfig(self.lock.module, self.lock.label))
        read = [x509.load_der_x509_certificate(one.der) for one in found]
        return {one.serial_number: one for one in read}


@pytest.fixture
def pc(softhsm: Path, tmp_path: Path) -> Pc:
    """With a lock that nobody has used yet."""
    label, pin = f"lock-{secrets.token_hex(4)}", secrets.token_urlsafe(9)
    init_token(softhsm, label, secrets.token_urlsafe(9), pin)
    pin_file = tmp_path / "pin"
    pin_file.write_text(pin)
    return Pc(UsbLock(softhsm, label, pin_file, COMPANY, a_credit_code()), tmp_path / "agent")


@pytest.fixture(scope="module")
def product(on_sqlite: Any) -> str:
    terms = {"custody": "lock", "encryption_profile": "enterprise-encryption", "key_kind": "rsa-2048"}
    return staffed(on_sqlite).first.product("linyi-enterprise-lock", name="企业数字证书（CA 锁）", **terms)


def path(application: str) -> str:
    return f"/v1/applications/{application}/enrolment"


def send(boss: App, application: str) -> dict[str, Any]:
    sent: dict[str, Any] = good(boss.http.post(path(application))).json()
    return sent


def shown(boss: App, application: str) -> dict[str, Any]:
    """What the phone shows once keys are to be compared."""

    def look() -> dict[str, Any] | None:
        state: dict[str, Any] = boss.get(path(application))
        return state if state["step"] == "confirmation" else None

    return until(look, "keys on the lock")


def confirm(boss: App, application: str, digest: str) -> dict[str, Any]:
    answer = boss.http.post(f"{path(application)}/confirmation", json={"keys_digest": digest})
    given: dict[str, Any] = good(answer).json()
    return given


def ended(agent: subprocess.Popen[str]) -> str:
    said, _ = agent.communicate(timeout=60)
    assert agent.returncode == 0, said
    return said


def enrolled(boss: App, pc: Pc, application: str, command: str = "enrol", *more: str) -> dict[str, Any]:
    agent = pc.begin(command, send(boss, application), *more)
    try:
        state = shown(boss, application)
        given = confirm(boss, application, state["keys_digest"])
        said = ended(agent)
    finally:
        agent.kill()
    assert state["check"] in said
    assert state["lock_label"] == pc.lock.label
    assert boss.get(path(application))["step"] == "done"
    return given


def due(office: Office, boss: App, credit_code: str, product: str) -> str:
    application = boss.applied(credit_code, product)
    good(boss.put_paper(application, a_picture()))
    boss.submit(application)
    office.approve(application)
    return application


def test_a_blank_lock_becomes_the_enterprises_own(
    office: Office, pc: Pc, product: str, tmp_path: Path
) -> None:
    boss = App(office.server).join_in("王建国")
    application = due(office, boss, pc.lock.credit_code, product)
    given = enrolled(boss, pc, application)

    public = Public(boss.http, tmp_path)
    leaf = public.verify(given)
    second = public.verify(given | {"certificate": given["encryption"]["certificate"]})
    assert {leaf.serial_number, second.serial_number} == set(pc.certificates())
    opens_envelopes(pc, second)
    (listed,) = [one for one in boss.listed("active") if one["purpose"] == "signing"]
    assert (listed["custody"], listed["serial"]) == ("lock", given["serial"])

    # It signs what the enterprise's lock signs: the form of another person's application.
    clerk = App(office.server).join_in("李晓明")
    other = clerk.applied(pc.lock.credit_code, product)
    done = approve(pc.lock, clerk, other, pc.home)
    assert done.returncode == 0, done.stderr
    assert clerk.status(other) == "signed"
    assert "Signature is Valid." in public.pdfsig(clerk.form(other))
    (seal,) = public.pyhanko(clerk.form(other))
    assert seal.valid, seal

    # And the form of its own renewal, which leaves the present certificate where it is.
    renewal = boss.apply_for("renewal", serial=given["serial"])
    assert good_code(boss.act(renewal, "seal", pin="8642-Seal")) == "custody_is_lock"
    done = approve(pc.lock, boss, renewal, pc.home)
    assert done.returncode == 0, done.stderr
    if boss.submit(renewal) != "approved":
        office.approve(renewal)
    followed = enrolled(boss, pc, renewal, "renew")
    assert public.verify(followed).public_key() != leaf.public_key()
    assert len(pc.certificates()) == 4
    opens_envelopes(pc, second)
    assert boss.certificate(given["serial"])["replaced_by"] == followed["serial"]

    # The next one goes on with the same pair.
    again = boss.apply_for("renewal", serial=followed["serial"])
    done = approve(pc.lock, boss, again, pc.home, None, "--certificate", name_of(followed))
    assert done.returncode == 0, done.stderr
    if boss.submit(again) != "approved":
        office.approve(again)
    third = enrolled(boss, pc, again, "renew", "--same-key")
    assert public.verify(third).public_key() == public.verify(followed).public_key()


def test_an_agent_killed_anywhere_goes_on_with_the_same_key_and_certificate(
    office: Office, pc: Pc, product: str
) -> None:
    boss = App(office.server).join_in("王建国")
    application = due(office, boss, pc.lock.credit_code, product)

    agent = pc.begin("enrol", send(boss, application))
    first = shown(boss, application)
    kill(agent)
    agent = pc.begin("enrol", send(boss, application))
    assert shown(boss, application)["keys_digest"] == first["keys_digest"]
    kill(agent)  # before the phone confirms, so that nobody is there when the certificates are
    given = confirm(boss, application, first["keys_digest"])
    assert pc.certificates() == {}
    assert boss.get(path(application))["step"] == "writing"

    ended(pc.begin("enrol", send(boss, application)))
    assert int(given["serial"], 16) in pc.certificates()
    assert len(pc.certificates()) == 2
    ended(pc.begin("enrol", send(boss, application)))  # once more changes nothing
    assert len(pc.certificates()) == 2
    assert boss.get(path(application))["step"] == "done"


def opens_envelopes(pc: Pc, certificate: x509.Certificate) -> None:
    """The lock has the private key of an encryption certificate."""
    public = certificate.public_key()
    assert isinstance(public, RSAPublicKey)
    sealed = public.encrypt(b"content key", padding.PKCS1v15())
    config = TokenConfig(pc.lock.module, pc.lock.label)
    (key_id,) = {
        one.id
        for one in public_certificates(config)
        if x509.load_der_x509_certificate(one.der).serial_number == certificate.serial_number
    }
    with Token.open(config, lambda: pc.lock.pin_file.read_text()) as token:
        key = TokenKeys(token).open_by_id(key_id)
        assert isinstance(key, RSAPrivateKey)
        assert key.decrypt(sealed, padding.PKCS1v15()) == b"content key"


def kill(agent: subprocess.Popen[str]) -> None:
    agent.send_signal(signal.SIGKILL)
    agent.communicate(timeout=30)


def good_code(answer: Any) -> str:
    return str(answer.json()["code"])


def name_of(given: dict[str, Any]) -> str:
    """How the agent calls a certificate."""
    certificate = x509.load_pem_x509_certificate(given["certificate"].encode())
    return certificate.fingerprint(hashes.SHA256()).hex()[:16]

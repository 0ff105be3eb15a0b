"""A forgotten PIN: locked, reset by two operators, and the old bids still open."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.api.people import COMPANY, PIN, code_of
from tests.journeys.app import good
from tests.journeys.conftest import Office, founded
from tests.journeys.judges import Public, ran
from tests.journeys.papers import bid_letter

NEW_PIN = "Remembered-7"
OFFER = "投标报价：1,234,567.89 元"


def test_a_forgotten_pin_is_reset_and_the_old_envelope_opens(office: Office, tmp_path: Path) -> None:
    enterprise = founded(office, "linyi-enterprise-month-dual")
    boss = enterprise.boss
    encryption = next(one["serial"] for one in boss.listed("active") if one["purpose"] == "encryption")
    envelope = enveloped(boss.certificate(encryption)["certificate"], tmp_path)
    assert opened(office, encryption, envelope, PIN) == OFFER

    wrong = [code_of(boss.stamp(enterprise.serial, bid_letter(), f"Forgotten-{n}")) for n in range(6)]
    assert wrong[-1] == (403, "pin_locked")
    assert boss.linked("PIN 码已锁定") == enterprise.serial
    state = boss.get(f"/v1/certificates/{enterprise.serial}/pin")
    assert (state["locked"], state["reset"]) == (True, "pin-reset")

    # Two operators, each of whom has looked at the case.
    application = boss.apply_for(state["reset"], serial=enterprise.serial, grounds="忘记 PIN 码")
    assert boss.submit(application) == "submitted"
    assert good(office.first.judge(application, "approve")).json()["status"] == "endorsed"
    assert code_of(office.first.judge(application, "approve")) == (403, "second_operator_needed")
    assert good(office.second.judge(application, "approve")).json()["status"] == "approved"
    assert boss.linked("PIN 码重置已通过") == application

    given = boss.download(application, NEW_PIN)
    public = Public(boss.http, tmp_path)
    public.verify(given)
    public.check_sealed(good(boss.stamp(given["serial"], bid_letter(), NEW_PIN)).content, COMPANY)
    assert given["encryption"]["serial"] == encryption
    assert opened(office, encryption, envelope, NEW_PIN) == OFFER
    assert opened(office, encryption, envelope, PIN) == "pin_wrong"
    assert public.responder(enterprise.serial) == "revoked"


def enveloped(certificate: str, folder: Path) -> Path:
    """A bid as a bidder's program encrypts it, here OpenSSL."""
    recipient, plain, envelope = folder / "to.pem", folder / "bid.txt", folder / "bid.p7m"
    recipient.write_text(certificate)
    plain.write_text(OFFER)
    how = ["-encrypt", "-binary", "-aes256", "-outform", "DER", "-recip", recipient]
    ran("openssl", "cms", *how, "-keyopt", "rsa_padding_mode:oaep", "-in", plain, "-out", envelope)
    return envelope


def opened(office: Office, serial: str, envelope: Path, pin: str) -> str:
    """What is in the envelope, or the code of the refusal."""
    server = office.server
    command = [sys.executable, "-m", "tests.journeys.envelope_child", str(server.data), serial, str(envelope)]
    done = subprocess.run(
        command, env=server.environment, input=pin, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip().splitlines()[-1]

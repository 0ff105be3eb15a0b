"""The main job, end to end, as people and programs do it: one enterprise, one lock, one seal."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.api.people import COMPANY, PIN, Desk, Phone, a_credit_code
from tests.api.running import Server
from tests.journeys.conftest import LockMaker, UsbLock
from tests.journeys.judges import Public
from tests.journeys.papers import bid_letter

AGENT = Path(sys.executable).with_name("sealbridge-agent")


def approve(
    lock: UsbLock, phone: Phone, application: str, home: Path, sent: tuple[str, str] | None = None, *more: str
) -> subprocess.CompletedProcess[str]:
    """The lock's owner, at a PC of their own, and the phone that says yes to it."""
    address, code = sent or phone.send_to_computer(application)
    command: list[str | Path] = [AGENT, "approve", address, "--code", code, "--pin-file", lock.pin_file]
    command += ["--yes", "--module", lock.module, "--token-label", lock.label, "--home", home, *more]
    with subprocess.Popen(
        command, env=dict(os.environ), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as agent:
        phone.confirm_pc(application)
        out, err = agent.communicate(timeout=120)
    return subprocess.CompletedProcess(command, agent.returncode, out, err)


def test_one_enterprise_one_lock_one_seal(on_sqlite: Server, lock_maker: LockMaker, tmp_path: Path) -> None:
    server = on_sqlite
    lock_maker.ca.publish(server.data / "lock-cas", "legacy")
    lock = lock_maker.make(COMPANY, a_credit_code())
    phone = Phone(server).sign_in()

    application = phone.applied(lock.credit_code)
    done = approve(lock, phone, application, tmp_path / "agent")
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
    sealed = phone.stamp(downloaded["serial"], bid_letter())
    assert sealed.status_code == 200, sealed.text

    public = Public(phone.http, tmp_path)
    public.verify(downloaded)
    public.check_sealed(sealed.content, COMPANY)

    form = phone.http.get(f"/v1/applications/{application}/form").content
    assert "Signature is Valid." in public.pdfsig(form)
    (by_lock,) = public.pyhanko(form, lock_maker.ca.certificate)
    assert by_lock.valid, by_lock
    assert not public.pyhanko(form)[0].valid  # the lock is not one of ours


def test_a_lock_of_another_company_is_told_so_at_the_pc(
    on_sqlite: Server, lock_maker: LockMaker, tmp_path: Path
) -> None:
    server = on_sqlite
    lock_maker.ca.publish(server.data / "lock-cas", "legacy")
    stolen_for = lock_maker.make("临沂月光建设有限公司", a_credit_code())
    thief = Phone(server).sign_in()
    application = thief.applied(a_credit_code())
    done = approve(stolen_for, thief, application, tmp_path / "agent")
    assert done.returncode == 1
    assert "lock_of_other_enterprise" in done.stderr
    assert thief.http.get(f"/v1/applications/{application}").json()["status"] == "draft"


def test_the_servers_log_has_no_secrets(on_sqlite: Server, lock_maker: LockMaker, tmp_path: Path) -> None:
    server = on_sqlite
    lock_maker.ca.publish(server.data / "lock-cas", "legacy")
    lock = lock_maker.make(COMPANY, a_credit_code())
    phone = Phone(server).sign_in()
    application = phone.applied(lock.credit_code)
    address, code = phone.send_to_computer(application)
    approve(lock, phone, application, tmp_path / "agent", (address, code))
    phone.act(application, "submit")
    Desk(server).judge(application, "approve")
    serial = phone.act(application, "download", pin=PIN).json()["serial"]
    phone.stamp(serial, bid_letter(), "Wrong-Pin")
    secrets = [PIN, "Wrong-Pin", code, address.rpartition("/")[2], phone.number, server.operator_password()]
    secrets.append(str(phone.http.headers["Authorization"]).partition(" ")[2])
    secrets += [path.read_text().strip() for path in (server.data / "secrets").iterdir()]
    said = server.log.read_text()
    assert "request" in said
    assert [one for one in secrets if one in said] == []

"""What a support desk is given: the log and the report, useful, and without a secret."""

from __future__ import annotations

import logging
from pathlib import Path

from mobile_bridge.agent.logs import log, log_unexpected, write_log
from mobile_bridge.agent.versions import OWN
from mobile_bridge.server.service import BridgeService, CreatedSession
from tests.mobile_bridge.agent.conftest import PIN, Plugged
from tests.mobile_bridge.agent.window import Window
from tests.mobile_bridge.conftest import claimed
from tests.mobile_bridge.forms import CREDIT_CODE, ENTERPRISE, FACTS

WRONG = "314159"


def test_log_and_report_tell_what_happened_and_no_secret(
    window: Window, company_pc: Plugged, service: BridgeService, sent: CreatedSession, origin: str
) -> None:
    token, address = claimed(service, sent), sent.address.rpartition("/")[2]
    window.arrive(origin, token, f"/pc/{address}")
    window.choose()
    window.pin(WRONG)
    window.pin(PIN)
    window.open("/tasks/unknown")
    home = company_pc.folder / "home"
    told = company_pc.run("diagnose", "--home", str(home), "--proxy", "http://clerk:hunter2@proxy:3128")
    assert told.returncode == 0, told.stderr
    report, log = told.stdout, (home / "agent.log").read_text()
    for useful in (f"agent {OWN}", "libsofthsm2.so", "secp256r1", "running now: yes", origin, "pin_wrong"):
        assert useful in report
    for step in ("approval: pin_wrong", "approval: done", "page refused: task_forgotten"):
        assert step in log
    form = window.fields()["form"]
    secrets = [PIN, WRONG, token, address, address.replace("-", ""), sent.code, form, "hunter2", "clerk"]
    secrets += [ENTERPRISE, CREDIT_CODE, FACTS.applicant_name, FACTS.applicant_phone_masked, FACTS.title]
    secrets += [str((home / "instance.json").read_text()).partition('"secret": "')[2][:64]]
    assert [one for one in secrets if one and (one in report or one in log)] == []


def test_the_log_turns_over_and_a_full_disk_stops_nothing(tmp_path: Path) -> None:
    before = log.handlers[:]
    try:
        write_log(tmp_path / "state" / "agent.log", "info")
        for number in range(20_000):
            log.info("driver %s: %d locks and a line of some length", "x" * 60, number)
        files = sorted(path.name for path in (tmp_path / "state").iterdir())
        assert files == ["agent.log", "agent.log.1", "agent.log.2", "agent.log.3"]
        (tmp_path / "file").touch()
        write_log(tmp_path / "file" / "agent.log", "info")  # no folder can be made there
        log.info("goes on")
    finally:
        for handler in set(log.handlers) - set(before):
            log.removeHandler(handler)
            handler.close()
        log.setLevel(logging.NOTSET)


def test_an_error_that_nobody_foresaw_is_logged_without_its_words(tmp_path: Path) -> None:
    before = log.handlers[:]
    try:
        write_log(tmp_path / "agent.log", "info")
        try:
            raise ValueError(f"pin={PIN}")
        except ValueError as error:
            log_unexpected(error)
        said = (tmp_path / "agent.log").read_text()
    finally:
        for handler in set(log.handlers) - set(before):
            log.removeHandler(handler)
            handler.close()
        log.setLevel(logging.NOTSET)
    assert "unexpected ValueError at test_support.py:" in said
    assert PIN not in said

"""``sealbridge-agent enrol`` on real tokens: what goes on a lock, and locks that fail midway."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from socket import socket

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import Engine

from mobile_bridge.server import enrolment_routes
from mobile_bridge.server.enrolling import Enrolments
from mobile_bridge.server.rules import SessionKind, Status
from mobile_bridge.server.service import BridgeService, CreatedSession
from tests.mobile_bridge.agent.conftest import MODULE, PIN, Plugged, new_pc
from tests.mobile_bridge.agent.test_terminal import code_of
from tests.mobile_bridge.agent.window import Window
from tests.mobile_bridge.application import bridge_app
from tests.mobile_bridge.conftest import Clock
from tests.mobile_bridge.enrolment_desk import EnrolmentDesk
from tests.mobile_bridge.forms import ENTERPRISE
from tests.mobile_bridge.serving import served
from tests.support.faulty_lock import FaultyLock

OWNER = "person/1"


@pytest.fixture
def desk() -> EnrolmentDesk:
    return EnrolmentDesk()


@pytest.fixture
def origin(
    engine: Engine, clock: Clock, service: BridgeService, desk: EnrolmentDesk, listener: socket
) -> Iterator[str]:
    enrolments = Enrolments(engine, clock, desk)
    app = bridge_app(service)
    app.include_router(enrolment_routes.router(enrolments))
    with served(app, listener) as origin:
        yield origin


@pytest.fixture
def sent(service: BridgeService, origin: str) -> CreatedSession:
    return service.create(SessionKind.LOCK_ENROLMENT, "application-1", OWNER)


@pytest.fixture
def pc(tmp_path: Path) -> Plugged:
    """With a blank lock."""
    made = new_pc(tmp_path)
    made.add("company", "p-256", "--blank")
    return made


def enrol(
    pc: Plugged, sent: CreatedSession, *more: str, module: Path = MODULE
) -> subprocess.CompletedProcess[str]:
    words = ["enrol", sent.address, "--code", sent.code, "--yes", "--pin-file", str(pc.pin_file)]
    return pc.run(*words, "--home", str(pc.folder / "home"), *more, module=module)


def on_lock(pc: Plugged) -> int:
    """How many certificates it has."""
    script = (
        "import sys; from pathlib import Path; from hsm import TokenConfig, public_certificates; "
        "print(len(public_certificates(TokenConfig(Path(sys.argv[1]), 'company'))))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(MODULE)], env=pc.environment, capture_output=True, text=True
    )
    return int(done.stdout)


@pytest.mark.parametrize("dual", [False, True])
def test_a_blank_lock_gets_its_certificates(
    pc: Plugged, desk: EnrolmentDesk, service: BridgeService, sent: CreatedSession, dual: bool
) -> None:
    if dual:
        desk.dual()
    run = enrol(pc, sent)
    assert run.returncode == 0, run.stderr
    assert ENTERPRISE in run.stdout
    assert desk._keys(desk.offers[-1]).check in run.stdout
    assert desk.written_down == desk.expected
    assert on_lock(pc) == (2 if dual else 1)
    assert service.status(sent.id, OWNER).status is Status.COMPLETE
    assert pc.pin_file.read_text() not in run.stdout + run.stderr


def test_what_came_back_wrong_is_not_written(pc: Plugged, desk: EnrolmentDesk, sent: CreatedSession) -> None:
    desk.spoil = lambda given: replace(given, signing=desk.ca.issue(other()))
    assert code_of(enrol(pc, sent)) == "certificate_unexpected"
    assert on_lock(pc) == 0
    assert desk.written_down is None


def test_begun_again_it_goes_on_with_the_same_key_and_certificate(
    pc: Plugged, desk: EnrolmentDesk, service: BridgeService, sent: CreatedSession
) -> None:
    desk.spoil = lambda given: replace(given, chain="")
    enrol(pc, sent)
    desk.spoil = lambda given: given
    again = service.create(SessionKind.LOCK_ENROLMENT, "application-1", OWNER)
    run = enrol(pc, again)
    assert run.returncode == 0, run.stderr
    assert (desk.issued, len(desk.offers), on_lock(pc)) == (1, 1, 1)
    assert desk.written_down == desk.expected


def test_another_lock_does_not_take_the_certificate(
    pc: Plugged,
    desk: EnrolmentDesk,
    service: BridgeService,
    sent: CreatedSession,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    enrol(pc, sent)
    other_pc = new_pc(tmp_path_factory.mktemp("other"))
    other_pc.add("company", "p-256", "--blank")
    again = service.create(SessionKind.LOCK_ENROLMENT, "application-1", OWNER)
    assert code_of(enrol(other_pc, again)) == "key_not_on_lock"
    assert on_lock(other_pc) == 0


def test_the_same_address_serves_once(pc: Plugged, sent: CreatedSession) -> None:
    assert enrol(pc, sent).returncode == 0
    assert code_of(enrol(pc, sent)) == "address_unknown"


def test_a_wrong_code_makes_nothing(pc: Plugged, desk: EnrolmentDesk, sent: CreatedSession) -> None:
    wrong = replace(sent, code=f"{(int(sent.code) + 1) % 10**6:06d}")
    assert code_of(enrol(pc, wrong)) == "code_wrong"
    assert desk.offers == []


def test_a_first_certificate_is_no_renewal(pc: Plugged, service: BridgeService, sent: CreatedSession) -> None:
    words = ["renew", sent.address, "--code", sent.code, "--yes", "--pin-file", str(pc.pin_file)]
    assert code_of(pc.run(*words, "--home", str(pc.folder / "home"))) == "nothing_to_renew"
    assert service.status(sent.id, OWNER).status is Status.REFUSED


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("full", "token_full"),
        ("read-only", "token_read_only"),
        ("no-generation", "key_generation_missing"),
        ("pulled-after-key", "token_unavailable"),
        ("pulled-after-signature", "token_unavailable"),
    ],
)
def test_a_lock_that_fails_says_so_and_is_taken_up_again(
    pc: Plugged,
    failing: FaultyLock,
    desk: EnrolmentDesk,
    service: BridgeService,
    sent: CreatedSession,
    fault: str,
    code: str,
) -> None:
    failing.now(fault)
    assert code_of(enrol(pc, sent, module=failing.module)) == code
    assert on_lock(pc) == 0
    failing.now("")
    again = service.create(SessionKind.LOCK_ENROLMENT, "application-1", OWNER)
    run = enrol(pc, again, module=failing.module)
    assert run.returncode == 0, run.stderr
    assert (on_lock(pc), desk.issued) == (1, 1)


def test_a_pair_that_came_to_nothing_is_cleared_away(
    pc: Plugged, desk: EnrolmentDesk, sent: CreatedSession
) -> None:
    desk.spoil = lambda given: replace(given, chain="")
    enrol(pc, sent)
    words = ["orphans", "--pin-file", str(pc.pin_file), "--home", str(pc.folder / "home")]
    found = pc.run(*words).stdout.split()
    assert len(found) == 1
    assert code_of(pc.run(*words, "--yes", "--delete", "ffff")) == "certificate_ambiguous"
    assert "已删除" in pc.run(*words, "--yes", "--delete", found[0][:12]).stdout
    assert "没有" in pc.run(*words).stdout


@pytest.fixture
def window(pc: Plugged, origin: str, service: BridgeService, sent: CreatedSession) -> Iterator[Window]:
    """The agent's page, arrived at the enrolment."""
    token = service.claim(sent.address, sent.code)
    with pc.page() as page, httpx.Client(base_url=page, trust_env=False, follow_redirects=True) as browser:
        window = Window(browser, page)
        window.arrive(origin, token)
        yield window


def look(window: Window, words: str) -> str:
    """The page, once it says so."""
    for _ in range(150):
        shown = window.open(window.task).text
        if words in shown:
            return shown
        time.sleep(0.2)
    raise AssertionError(shown)


def test_on_the_page_a_lock_gets_its_certificates(
    window: Window, pc: Plugged, desk: EnrolmentDesk, service: BridgeService, sent: CreatedSession
) -> None:
    desk.confirmed = False
    assert window.page
    for shown in ("下载证书到 CA 锁", ENTERPRISE, "138****5678", "company"):
        assert shown in window.page.text
    serial = re.findall(r'name="lock" value="([^"]+)"', window.page.text)[0]
    slipped = window.send(f"{window.task}/keys", lock=serial, pin="000000").text
    assert "PIN 码错误" in slipped
    assert "000000" not in slipped
    window.send(f"{window.task}/keys", lock=serial, pin=PIN)
    assert desk._keys(desk.offers[-1]).check in look(window, "核对校验码")
    desk.confirmed = True
    assert "证书已写入 CA 锁" in look(window, "证书已写入")
    assert desk.written_down == desk.expected
    assert on_lock(pc) == 1
    assert service.status(sent.id, OWNER).status is Status.COMPLETE


def test_on_the_page_declining_makes_nothing(
    window: Window, pc: Plugged, desk: EnrolmentDesk, service: BridgeService, sent: CreatedSession
) -> None:
    assert "已取消下载" in window.send(f"{window.task}/refusal").text
    assert service.status(sent.id, OWNER).status is Status.REFUSED
    assert desk.offers == []


def test_forms_of_other_pages_make_no_keys(window: Window, desk: EnrolmentDesk) -> None:
    assert window.page
    serial = re.findall(r'name="lock" value="([^"]+)"', window.page.text)[0]
    told = {"lock": serial, "pin": PIN, "attempt": "0", "form": "guessed"}
    foreign = window.browser.post(
        f"{window.task}/keys", data=told, headers={"Origin": "https://evil.example"}
    )
    assert foreign.status_code == 403
    forged = window.browser.post(f"{window.task}/keys", data=told, headers={"Origin": window.origin})
    assert forged.status_code == 400
    assert desk.offers == []


def other() -> ec.EllipticCurvePublicKey:
    return ec.generate_private_key(ec.SECP256R1()).public_key()

"""``sealbridge-agent`` in a terminal, with real tokens against a real server."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mobile_bridge.server.rules import Status
from mobile_bridge.server.service import BridgeService, CreatedSession
from tests.mobile_bridge.agent.conftest import PIN, Plugged
from tests.mobile_bridge.forms import CREDIT_CODE, ENTERPRISE, WaitingForms

OWNER = "person-1"
Arguments = Callable[[Plugged], list[str]]


@pytest.fixture(autouse=True)
def phone(service: BridgeService, sent: CreatedSession) -> Iterator[None]:
    """Says yes to the PC as soon as it has claimed."""
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.1):
            state = service.status(sent.id, OWNER)
            if state.status is Status.CLAIMED and state.pc is not None and not state.pc.confirmed:
                service.confirm_pc(sent.id, OWNER, state.pc.number)

    watching = threading.Thread(target=watch)
    watching.start()
    yield
    over.set()
    watching.join()


def code_of(run: subprocess.CompletedProcess[str]) -> str:
    """The code of a refusal, which is the last line."""
    assert run.returncode == 1, run.stdout + run.stderr
    return run.stderr.strip().splitlines()[-1].partition(":")[0]


@pytest.mark.parametrize("kind", ["p-256", "rsa-2048"])
def test_a_form_is_signed_on_the_lock(
    empty_pc: Plugged,
    arguments: Arguments,
    forms: WaitingForms,
    service: BridgeService,
    sent: CreatedSession,
    kind: str,
) -> None:
    empty_pc.add("company", kind)
    run = empty_pc.run(*arguments(empty_pc), "--save", str(empty_pc.folder / "saved"))
    assert run.returncode == 0, run.stderr
    assert ENTERPRISE in run.stdout
    assert CREDIT_CODE in run.stdout
    assert "138****5678" in run.stdout
    digest = hashlib.sha256(forms.signed["application-1"]).hexdigest()
    assert digest in run.stdout
    assert service.status(sent.id, OWNER).status is Status.COMPLETE
    assert (empty_pc.folder / "saved" / "document.pdf").read_bytes().startswith(b"%PDF-")


def test_the_pin_is_in_no_output(company_pc: Plugged, arguments: Arguments) -> None:
    run = company_pc.run(*arguments(company_pc))
    assert run.returncode == 0
    assert PIN not in run.stdout + run.stderr


def test_a_person_reads_agrees_and_types_the_pin(
    company_pc: Plugged, sent: CreatedSession, service: BridgeService, tmp_path: Path
) -> None:
    typed = f"y\ny\n000000\n{PIN}\n"  # the server, the form, a slip, the PIN
    command = ("approve", sent.address, "--code", sent.code, "--home", str(tmp_path / "home"))
    run = company_pc.run(*command, typed=typed)
    assert run.returncode == 0, run.stderr
    assert "PIN 码错误" in run.stderr
    assert service.status(sent.id, OWNER).status is Status.COMPLETE


def test_a_person_declines(
    company_pc: Plugged, sent: CreatedSession, service: BridgeService, tmp_path: Path
) -> None:
    command = ("approve", sent.address, "--code", sent.code, "--home", str(tmp_path / "home"))
    assert code_of(company_pc.run(*command, typed="y\nn\n")) == "user_cancelled"
    assert service.status(sent.id, OWNER).status is Status.REFUSED


def test_a_server_that_is_not_allowed_learns_nothing(
    company_pc: Plugged, sent: CreatedSession, service: BridgeService, tmp_path: Path
) -> None:
    command = ("approve", sent.address, "--code", sent.code, "--home", str(tmp_path / "home"))
    assert code_of(company_pc.run(*command, typed="n\n")) == "server_not_allowed"
    assert service.status(sent.id, OWNER).status is Status.CREATED


class TestRefusals:
    """Each has a code of its own; none but the last spends the session."""

    def test_no_driver(self, empty_pc: Plugged, arguments: Arguments, service: BridgeService) -> None:
        missing = empty_pc.folder / "missing.so"
        assert code_of(empty_pc.run(*arguments(empty_pc), module=missing)) == "no_driver"

    def test_no_token(
        self, empty_pc: Plugged, arguments: Arguments, service: BridgeService, sent: CreatedSession
    ) -> None:
        assert code_of(empty_pc.run(*arguments(empty_pc))) == "no_token"
        assert service.status(sent.id, OWNER).status is Status.CREATED

    def test_no_certificate(self, empty_pc: Plugged, arguments: Arguments) -> None:
        empty_pc.add("blank", "p-256", "--blank")
        assert code_of(empty_pc.run(*arguments(empty_pc))) == "no_certificate"

    def test_wrong_pin_is_tried_once(
        self, company_pc: Plugged, arguments: Arguments, service: BridgeService, tmp_path: Path
    ) -> None:
        wrong = tmp_path / "wrong.pin"
        wrong.write_text("000000")
        line = arguments(company_pc)
        line[line.index("--pin-file") + 1] = str(wrong)
        run = company_pc.run(*line)
        assert code_of(run) == "pin_wrong"
        assert run.stderr.count("PIN 码错误") == 1

    def test_two_locks_and_nobody_to_choose(
        self, empty_pc: Plugged, arguments: Arguments, service: BridgeService, sent: CreatedSession
    ) -> None:
        empty_pc.add("one", "p-256")
        empty_pc.add("two", "p-256")
        assert code_of(empty_pc.run(*arguments(empty_pc))) == "certificate_ambiguous"
        assert empty_pc.run(*arguments(empty_pc), "--token-label", "two").returncode == 0

    def test_wrong_code(self, company_pc: Plugged, arguments: Arguments, sent: CreatedSession) -> None:
        line = arguments(company_pc)
        line[line.index("--code") + 1] = f"{(int(sent.code) + 1) % 10**6:06d}"
        run = company_pc.run(*line)
        assert code_of(run) == "code_wrong"
        assert "还可尝试 4 次" in run.stderr

    def test_second_claim(
        self, company_pc: Plugged, arguments: Arguments, service: BridgeService, sent: CreatedSession
    ) -> None:
        service.claim(sent.address.rpartition("/")[2], sent.code)
        assert code_of(company_pc.run(*arguments(company_pc))) == "already_claimed"

    def test_nobody_at_the_address(self, company_pc: Plugged, tmp_path: Path) -> None:
        command = ("approve", "http://127.0.0.1:9/pc/ABCDE-FGHJK", "--code", "123456", "--yes")
        assert code_of(company_pc.run(*command, "--home", str(tmp_path))) == "server_unreachable"

    def test_plain_http_to_another_machine(self, company_pc: Plugged) -> None:
        command = ("approve", "http://ca.example/pc/ABCDE-FGHJK", "--code", "123456", "--yes")
        assert code_of(company_pc.run(*command)) == "server_insecure"


def test_what_the_agent_finds(empty_pc: Plugged) -> None:
    empty_pc.add("company", "p-256", "--expired")
    listed = empty_pc.run("tokens").stdout
    assert "company" in listed
    assert "不在有效期内" in listed
    assert listed.count("证书 ") == 1  # neither the encryption certificate nor any other


def test_the_agent_needs_neither_the_server_nor_its_packages() -> None:
    check = (
        "import sys, mobile_bridge.agent.__main__; "
        "print(*{name.partition('.')[0] for name in sys.modules}, 'mobile_bridge.server' in sys.modules)"
    )
    loaded = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True).stdout
    assert {"sqlalchemy", "fastapi", "pydantic", "pyhanko", "ca", "api", "True"}.isdisjoint(loaded.split())

"""``sealbridge setup`` and the commands that look after an installation."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import stat
import subprocess
import time
from pathlib import Path

import pytest
import yaml

from tests.api.people import Desk
from tests.api.running import Server
from tests.support import preloaded
from tests.support.preloaded import SEALBRIDGE

FAST = {"SEALBRIDGE_ROOT_KEY_KIND": "p-384", "SEALBRIDGE_ISSUING_KEY_KIND": "p-256"}


@pytest.fixture
def installation(tmp_path: Path) -> Server:
    return Server(tmp_path / "var", extra=FAST)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = Server(tmp_path_factory.mktemp("template") / "var", extra=FAST)
    made.set_up()
    return made.data


@pytest.fixture
def installed(installation: Server, template: Path) -> Server:
    """An installation that was set up, and copied from where that was done."""
    shutil.copytree(template, installation.data)
    conf = installation.data / "softhsm2.conf"
    conf.write_text(conf.read_text().replace(str(template), str(installation.data)))
    return installation


def files(folder: Path) -> dict[str, bytes]:
    kept = ("secrets", "pki", "offline")
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for name in kept
        for path in sorted((folder / name).rglob("*"))
        if path.is_file() and "tokens" not in path.parts
    }


def test_setting_up_twice_changes_nothing(installation: Server) -> None:
    installation.set_up()
    before = files(installation.data)
    assert {"secrets/issuing.pin", "pki/root.pem", "pki/issuing-1.crl", "offline/root/transcript.pdf"} <= set(
        before
    )
    installation.set_up()
    assert files(installation.data) == before


def test_the_root_is_made_by_the_ceremony_that_operators_know(installed: Server) -> None:
    """The same plans, officers and transcripts; any two of the three shares open the root again."""
    offline = installed.data / "offline"
    told = json.loads((offline / "root" / "transcript.json").read_text(encoding="utf-8"))
    assert told["plan_sha256"] == hashlib.sha256((offline / "root.yaml").read_bytes()).hexdigest()
    shares = sorted((offline / "officers").iterdir())
    assert [stat.S_IMODE(path.stat().st_mode) for path in shares] == [0o600] * 3
    shutil.copy(shares[2], shares[0])
    plan = offline / "next-list.yaml"
    plan.write_text(
        "ceremony: root-crl\ntitle: 下一期\nout: next\nkey: root-1\nissuer: root/root.pem\n"
        "previous: root/root.crl\ntoken: " + json.dumps(told_token(offline)) + "\n",
        encoding="utf-8",
    )
    done = perform(installed, plan.name)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (offline / "next" / "root.crl").exists()


def told_token(offline: Path) -> object:
    return yaml.safe_load((offline / "root.yaml").read_text(encoding="utf-8"))["token"]


def test_a_root_that_is_elsewhere(installation: Server, installed: Server, tmp_path: Path) -> None:
    other = Server(tmp_path / "other", extra=FAST)
    request = tmp_path / "issuing.csr"
    for _ in range(2):
        done = other.command("setup", "--request", request)
        assert done.returncode == 0, done.stderr
        assert "root.crl" in done.stdout
    offline = installed.data / "offline"
    plan = yaml.safe_load((offline / "issuing.yaml").read_text(encoding="utf-8"))
    plan |= {"out": "second", "request": str(request)}
    (offline / "second.yaml").write_text(yaml.safe_dump(plan, allow_unicode=True), encoding="utf-8")
    assert perform(installed, "second.yaml").returncode == 0
    pki = other.data / "pki"
    shutil.copy(offline / "issuing" / "issuing.pem", pki)  # another installation's, by mistake
    for name in ("root.pem", "root.crl"):
        shutil.copy(offline / "root" / name, pki)
    refused = other.command("setup")
    assert refused.returncode == 1
    assert "不匹配" in refused.stderr
    shutil.copy(offline / "second" / "issuing.pem", pki)
    done = other.command("setup")
    assert done.returncode == 0, done.stderr
    assert not (other.data / "offline").exists()
    other.start()
    try:
        assert Desk(other).http.get("/v1/review/applications").json()["items"] == []
    finally:
        other.close()


def perform(installed: Server, plan: str) -> subprocess.CompletedProcess[str]:
    """A ceremony with the installation's root."""
    offline = installed.data / "offline"
    command: list[str | Path] = [SEALBRIDGE, "ceremony", offline / plan, "--yes", "--softhsm", offline]
    return subprocess.run(
        [*command, "--shares", offline / "officers"],
        env=installed.environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_what_a_killed_setup_left_is_cleared_away(installation: Server) -> None:
    (installation.data / "offline-cut-short").mkdir(parents=True)
    installation.set_up()
    assert [path.name for path in installation.data.glob("offline*")] == ["offline"]


def test_a_foreign_folder_in_the_roots_place_is_left_alone(installation: Server) -> None:
    foreign = installation.data / "offline" / "keep-me.txt"
    foreign.parent.mkdir(parents=True)
    foreign.write_text("1")
    done = installation.command("setup")
    assert done.returncode == 1
    assert str(foreign.parent) in done.stderr
    assert foreign.read_text() == "1"


def test_everything_is_for_the_servers_user_alone(installed: Server) -> None:
    assert stat.S_IMODE(installed.data.stat().st_mode) == 0o700
    for path in (installed.data / "secrets").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    for folder in ("secrets", "offline", "tokens"):
        assert stat.S_IMODE((installed.data / folder).stat().st_mode) == 0o700


def test_the_roots_folder_may_go_to_a_safe(installed: Server, tmp_path: Path) -> None:
    (installed.data / "offline").rename(tmp_path / "safe")
    installed.set_up()
    installed.start()
    try:
        assert installed.client().get("/pki/root.crl").status_code == 200
        seen = installed.command("token", "list").stdout
        assert "issuing" in seen
        assert "root" not in seen
    finally:
        installed.close()


@pytest.mark.parametrize(
    ("step", "seconds"),
    [("密钥文件", 0.01), ("准备数据库", 0.3), ("密码设备", 0.05), ("仪式", 1.5), ("吊销列表", 0.02)],
)
def test_a_setup_killed_in_the_middle_is_finished_by_the_next(
    installation: Server, tmp_path: Path, step: str, seconds: float
) -> None:
    said = tmp_path / "said"
    with open(os.devnull, "rb") as nothing, said.open("wb") as output:
        command = ["setup", "--data", installation.data]
        process = preloaded.start(command, installation.environment, (nothing, output, output))
    while step not in said.read_text(encoding="utf-8"):
        assert process.poll() is None, said.read_text(encoding="utf-8")
        time.sleep(0.005)
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    process.wait()
    installation.set_up()
    installation.start()
    try:
        assert Desk(installation).http.get("/v1/review/applications").json()["items"] == []
    finally:
        installation.close()


def test_a_moved_installation_is_mended_by_setup(installed: Server, template: Path) -> None:
    conf = installed.data / "softhsm2.conf"
    conf.write_text(conf.read_text().replace(str(installed.data), "/nonexistent"))
    assert installed.command("doctor").returncode == 1
    installed.set_up()
    assert installed.command("doctor").returncode == 0


def test_serving_without_setup_says_what_to_do(installation: Server) -> None:
    installation.data.mkdir()
    done = installation.command("serve", "--port", str(installation.port))
    assert done.returncode == 1
    assert "sealbridge setup" in done.stderr
    assert "Traceback" not in done.stderr


def test_production_refuses_what_is_for_demonstration(installed: Server) -> None:
    installed.extra = FAST | {"SEALBRIDGE_MODE": "production"}
    done = installed.command("serve", "--port", str(installed.port))
    assert done.returncode == 1
    for word in ("SEALBRIDGE_SMS", "https", "softhsm", "platform.key"):
        assert word in done.stderr


def test_the_doctor_finds_a_healthy_installation_healthy(server: Server) -> None:
    done = server.command("doctor")
    assert done.returncode == 0, done.stdout + done.stderr
    for subject in ("驱动", "设备 issuing", "算法", "密钥", "数据库", "字体", "时钟"):
        assert f"✓ {subject}" in done.stdout


@pytest.mark.parametrize(
    ("harm", "subject"),
    [
        (lambda data: shutil.rmtree(data / "tokens"), "驱动"),
        (lambda data: (data / "secrets" / "issuing.pin").unlink(), "登录"),
        (lambda data: (data / "sealbridge.db").unlink(), "数据库"),
        (lambda data: (data / "pki" / "issuing.pem").unlink(), "密钥"),
        (lambda data: (data / "secrets" / "server.key").unlink(), "配置"),
        (lambda data: (data / "lock-cas" / "x.pem").write_text("nonsense"), "CA 锁"),
    ],
)
def test_the_doctor_names_the_fault_and_the_cure(installed: Server, harm: object, subject: str) -> None:
    assert callable(harm)
    harm(installed.data)
    done = installed.command("doctor")
    assert done.returncode == 1, done.stdout
    lines = done.stdout.splitlines()
    fault = next(number for number, line in enumerate(lines) if line.startswith(f"✗ {subject}"))
    assert lines[fault + 1].strip().startswith("→")


def test_the_doctor_before_setup(installation: Server) -> None:
    done = installation.command("doctor")
    assert done.returncode == 1
    assert "sealbridge setup" in done.stdout
    assert not installation.data.exists()


def test_a_missing_driver(installed: Server) -> None:
    installed.extra = FAST | {"SEALBRIDGE_PKCS11_MODULE": "/nonexistent/driver.so"}
    done = installed.command("doctor")
    assert done.returncode == 1
    assert "SEALBRIDGE_PKCS11_MODULE" in done.stdout


def test_operators_by_command(server: Server) -> None:
    added = server.command("operator", "add", "second", "--password-file", "-", said="another-password\n")
    assert added.returncode == 0, added.stderr
    login = {"name": "second", "password": "another-password"}
    assert server.client().post("/v1/operator/sessions", json=login).status_code == 201
    again = server.command("operator", "add", "second", "--password-file", "-", said="another-password\n")
    assert again.returncode == 1
    assert "operator_exists" in again.stderr


def test_tokens_by_command(installed: Server, tmp_path: Path) -> None:
    for name in ("pin", "so-pin"):
        (tmp_path / name).write_text("a-long-enough-pin\n")
    pins = ("--pin-file", tmp_path / "pin", "--so-pin-file", tmp_path / "so-pin")
    made = installed.command("token", "init", "spare", *pins)
    assert made.returncode == 0, made.stderr
    assert "spare" in installed.command("token", "list").stdout
    again = installed.command("token", "init", "spare", *pins)
    assert again.returncode == 1
    assert "token_ambiguous" in again.stderr


def test_a_setting_that_is_wrong_is_named(installation: Server) -> None:
    installation.extra = {"SEALBRIDGE_PUBLIC_URL": "gopher://x"}
    done = installation.command("doctor")
    assert done.returncode == 1
    assert "public_url" in done.stderr

"""The sealbridge: link on three desktops, and one agent for each user."""

from __future__ import annotations

import os
import plistlib
import shutil
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from mobile_bridge.agent.desktop.linux import Linux, desktop_entry, quoted
from mobile_bridge.agent.desktop.macos import MacOs
from mobile_bridge.agent.desktop.windows import KEY, entries, keys
from mobile_bridge.agent.instance import Instance, running
from tests.mobile_bridge.agent.conftest import Plugged

SECRET = f"sealbridge:start?token=STOLEN{os.getpid()}#token=STOLEN"


@pytest.fixture
def user(empty_pc: Plugged) -> dict[str, str]:
    """A user's own desktop, whose browser writes down what it is to open."""
    browser = empty_pc.folder / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" >> {empty_pc.folder}/opened\n')
    browser.chmod(0o755)
    (empty_pc.folder / "user").mkdir()
    return empty_pc.environment | {"BROWSER": str(browser), "DISPLAY": ":99", "XDG_CURRENT_DESKTOP": "X"}


def opened(pc: Plugged) -> list[str]:
    """What the browser was asked to open, once it was."""
    for _ in range(100):
        if (pc.folder / "opened").exists():
            break
        time.sleep(0.1)
    return (pc.folder / "opened").read_text().split()


def agent(user: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mobile_bridge.agent", *arguments]
    return subprocess.run(command, env=user, capture_output=True, text=True, timeout=60)


@pytest.mark.skipif(not shutil.which("xdg-mime"), reason="no xdg-utils here")
def test_installed_used_and_uninstalled(empty_pc: Plugged, user: dict[str, str]) -> None:
    """For real: xdg-open starts the agent by the link; afterwards nothing of it is left."""
    asked = ["xdg-mime", "query", "default", "x-scheme-handler/sealbridge"]
    done = agent(user, "install")
    assert done.returncode == 0, done.stderr
    default = subprocess.run(asked, env=user, capture_output=True, text=True, check=True).stdout.strip()
    assert default == "sealbridge-agent.desktop"
    entry = empty_pc.folder / "user" / "applications" / default
    started = user | {"SEALBRIDGE_AGENT_PORT": "0"}
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(["xdg-open", SECRET], env=started, **quiet):
        (url,) = opened(empty_pc)
        found = running(empty_pc.folder / "user" / "sealbridge" / "instance.json", patiently=True)
        assert found
        assert url == found.url
        assert "签章程序正在运行" in httpx.get(url, trust_env=False).text
        _end()
    assert "STOLEN" not in (empty_pc.folder / "user" / "sealbridge" / "agent.log").read_text()
    assert agent(user, "uninstall").returncode == 0
    assert not entry.exists()
    assert subprocess.run(asked, env=user, capture_output=True, text=True).stdout.strip() == ""


def _end() -> None:
    """End the agent that the desktop started: the one process with this test's link in its arguments."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if b"mobile_bridge.agent" in words and SECRET.encode() in words:
            os.kill(int(process.name), 15)


def test_a_second_start_shows_the_page_of_the_first(company_pc: Plugged, tmp_path: Path) -> None:
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" >> {tmp_path}/opened\n')
    browser.chmod(0o755)
    with company_pc.page() as origin:
        command = company_pc.command("serve", "--port", "0", "--home", str(company_pc.folder / "home"))
        environment = company_pc.environment | {"BROWSER": str(browser)}
        second = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
        assert second.returncode == 0, second.stderr
        assert f"已在运行：{origin}/" in second.stdout
        assert (tmp_path / "opened").read_text().strip() == f"{origin}/"


def test_it_runs_without_a_console(empty_pc: Plugged, tmp_path: Path) -> None:
    """As pythonw.exe runs it from the link: no standard output, no standard error."""
    arguments = ["sealbridge-agent", "serve", "--port", "0", "--home", str(tmp_path)]
    program = (
        f"import sys; sys.stdin = sys.stdout = sys.stderr = None; sys.argv = {arguments!r}; "
        "from mobile_bridge.agent.__main__ import main; main()"
    )
    with subprocess.Popen([sys.executable, "-c", program], env=empty_pc.environment) as agent:
        found = None
        for _ in range(100):
            found = running(tmp_path / "instance.json")
            if found or agent.poll() is not None:
                break
            time.sleep(0.1)
        assert found
        assert httpx.get(found.url + "locks", trust_env=False, timeout=30).status_code == 200
        agent.terminate()


def test_a_stranger_on_the_port_is_no_agent(company_pc: Plugged, tmp_path: Path) -> None:
    with company_pc.page() as origin:
        port = origin.rpartition(":")[2]
        mark = tmp_path / "instance.json"
        Instance.begin(mark, int(port))  # another secret: whoever listens there cannot know it
        assert mark.stat().st_mode & 0o077 == 0
        assert running(mark) is None
        other = company_pc.run("serve", "--port", port, "--home", str(tmp_path / "another user"))
        assert other.returncode == 1
        assert "port_taken" in other.stderr


def test_a_desktop_entry_is_quoted_as_its_specification_asks() -> None:
    assert quoted("/usr/bin/python3") == "/usr/bin/python3"
    assert quoted("/home/张 三/100%/py") == '"/home/张 三/100%%/py"'
    assert quoted('a"b`c$d\\e') == '"a\\\\"b\\\\`c\\\\$d\\\\\\\\e"'
    entry = desktop_entry(["/opt/my agent/python", "-P", "-m", "mobile_bridge.agent"])
    assert 'Exec="/opt/my agent/python" -P -m mobile_bridge.agent %u\n' in entry


def test_other_defaults_stay(tmp_path: Path) -> None:
    desktop = Linux(tmp_path / "data", tmp_path / "config")
    desktop.config.mkdir()
    defaults = desktop.config / "mimeapps.list"
    defaults.write_text(
        "[Default Applications]\ntext/html=browser.desktop\n"
        "x-scheme-handler/sealbridge=sealbridge-agent.desktop;other.desktop;\n"
    )
    desktop.unregister()
    kept = "[Default Applications]\ntext/html=browser.desktop\nx-scheme-handler/sealbridge=other.desktop;\n"
    assert defaults.read_text() == kept


def test_windows_keys(tmp_path: Path) -> None:
    written = entries(
        [r"C:\Users\张 三\venv\pythonw.exe", "-P", "-m", "mobile_bridge.agent", "serve", "--open"]
    )
    told = {(key, name): text for key, name, text in written}
    assert told[KEY, "URL Protocol"] == ""
    line = told[rf"{KEY}\shell\open\command", ""]
    assert line == r'"C:\Users\张 三\venv\pythonw.exe" -P -m mobile_bridge.agent serve --open "%1"'
    assert {key for key, _, _ in written} <= {*keys()}
    assert all(
        not later.startswith(earlier + "\\") for n, earlier in enumerate(keys()) for later in keys()[n + 1 :]
    )


def test_a_bundle_for_macos(tmp_path: Path) -> None:
    desktop = MacOs(tmp_path)
    for _ in range(2):  # a second time over the first
        bundle = Path(desktop.register([sys.executable, "-c", "print('begun')", "a b"]))
    told = plistlib.loads((bundle / "Contents" / "Info.plist").read_bytes())
    assert told["CFBundleURLTypes"][0]["CFBundleURLSchemes"] == ["sealbridge"]
    program = bundle / "Contents" / "MacOS" / told["CFBundleExecutable"]
    assert subprocess.run([program], capture_output=True, text=True, check=True).stdout == "begun\n"
    desktop.unregister()
    assert not bundle.exists()

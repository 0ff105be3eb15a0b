"""Drivers that misbehave, as real libraries: none of them takes the agent down, and each is told apart."""

from __future__ import annotations

import shutil
import subprocess
import time
from pathlib import Path

import pytest

from mobile_bridge.agent import modules
from mobile_bridge.agent.errors import DriverCrashed, DriverSilent
from mobile_bridge.agent.lock import Locks
from mobile_bridge.agent.modules import find_modules
from mobile_bridge.errors import NoDriver
from tests.mobile_bridge.agent.conftest import MODULE, Plugged

pytestmark = pytest.mark.skipif(not shutil.which("cc"), reason="no C compiler here")

_SOURCES = {
    "crash at load": "__attribute__((constructor)) static void begin(void) { abort(); }",
    "exit at load": "__attribute__((constructor)) static void begin(void) { exit(0); }",
    "crash when asked": "unsigned long C_GetFunctionList(void *list) { return *(volatile int *)0; }",
    "hang at load": "__attribute__((constructor)) static void begin(void) { for (;;) sleep(1); }",
    "no PKCS#11": "int nothing;",
}


def built(folder: Path, name: str) -> Path:
    library = folder / f"lib{name.replace(' ', '-').replace('#', '')}.so"
    source = f"#include <stdlib.h>\n#include <unistd.h>\n{_SOURCES[name]}\n"
    command = ["cc", "-shared", "-fPIC", "-x", "c", "-o", str(library), "-"]
    subprocess.run(command, input=source, text=True, check=True)
    return library


@pytest.mark.parametrize("name", ["crash at load", "exit at load", "crash when asked"])
def test_a_driver_that_ends_its_process(tmp_path: Path, name: str) -> None:
    locks = Locks([built(tmp_path, name)])
    with pytest.raises(DriverCrashed):
        locks.certificates()
    assert [finding.problem.code for finding in locks.survey() if finding.problem] == ["driver_crashed"]


def test_a_driver_that_never_answers(tmp_path: Path) -> None:
    begun = time.monotonic()
    with pytest.raises(DriverSilent):
        Locks([built(tmp_path, "hang at load")], limit=1.0).certificates()
    assert time.monotonic() - begun < 20


def test_a_library_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(NoDriver):
        Locks([built(tmp_path, "no PKCS#11"), tmp_path / "missing.so"]).certificates()


def test_a_good_driver_beside_bad_ones_works(empty_pc: Plugged, tmp_path: Path) -> None:
    empty_pc.add("company", "p-256")
    bad = built(tmp_path, "crash at load")
    listed = empty_pc.run("tokens", "--module", str(bad))
    assert listed.returncode == 0
    assert "崩溃" in listed.stdout
    assert listed.stdout.count("证书 ") == 1


def test_modules_are_found_where_vendors_put_them(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(modules, "_LIBRARY_FOLDERS", (str(tmp_path),))
    monkeypatch.setattr(modules, "_LINUX", ("{lib}/libcastle*.so*", "{lib}/p11-kit-*.so"))
    (tmp_path / "libcastle.so.1.0.0").touch()
    (tmp_path / "libcastle.so").symlink_to("libcastle.so.1.0.0")
    (tmp_path / "p11-kit-client.so").touch()
    library = tmp_path / "libcastle.so.1.0.0"
    assert find_modules() == [library]  # once, and no proxy
    assert find_modules([tmp_path / "libcastle.so"]) == [tmp_path / "libcastle.so"]
    assert find_modules([MODULE], search=False) == [MODULE]


def test_patterns_of_every_system_name_their_folders(monkeypatch: pytest.MonkeyPatch) -> None:
    for system, mark in (("win32", ".dll"), ("darwin", "lib"), ("linux", ".so")):
        monkeypatch.setattr("sys.platform", system)
        patterns = modules._patterns()
        assert len(patterns) > 8
        assert all(mark in each and "{" not in each for each in patterns)

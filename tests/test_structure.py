"""The shape of the house: what import-linter and ruff do not look at."""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("hsm", "ca", "mobile_bridge", "api")
SOURCES = sorted(
    path
    for folder in (*PACKAGES, "tests", "bench", "examples", "scripts")
    for path in (ROOT / folder).rglob("*")
    if path.is_file()
    and (path.suffix in (".py", ".sh", ".typ", ".html", ".css") or path.parent.name == "scripts")
)


def test_there_is_something_to_look_at() -> None:
    assert len(SOURCES) > 100


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_file_is_longer_than_400_lines(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400


@pytest.mark.parametrize("folder", ["hsm", "ca", "api", "mobile_bridge", "tests", "scripts", "docker"])
def test_the_folders_of_the_mission_are_there(folder: str) -> None:
    assert any((ROOT / folder).iterdir())


@pytest.mark.parametrize("package", PACKAGES)
def test_packages_are_typed(package: str) -> None:
    assert (ROOT / package / "py.typed").exists()


@pytest.mark.parametrize("name", ["utils", "common", "helpers", "domain", "misc"])
def test_nothing_is_named_after_nothing(name: str) -> None:
    assert not [path for path in SOURCES if name in (path.stem, path.parent.name)]


def test_rules_are_pure() -> None:
    """``rules.py`` and the profiles import the standard library and errors alone."""
    rules = [path for path in SOURCES if path.name in ("rules.py", "kinds.py") and "tests" not in path.parts]
    for path in [*rules, ROOT / "ca" / "profiles" / "model.py", ROOT / "ca" / "status.py"]:
        for line in path.read_text(encoding="utf-8").splitlines():
            if found := re.match(r"(?:from|import) ([\w.]+)", line):
                module = found[1]
                pure = module.partition(".")[0] in sys.stdlib_module_names
                assert pure or module.endswith((".errors", ".rules", ".kinds", "ca.status")), (
                    f"{path}: {line}"
                )


def test_every_dependency_is_pinned() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [
        *project["dependencies"],
        *(one for extra in project["optional-dependencies"].values() for one in extra),
    ]
    names = {re.split(r"[\[<>=]", one)[0].lower().replace("_", "-") for one in wanted}
    pinned = (ROOT / "constraints.txt").read_text(encoding="utf-8").lower().replace("_", "-")
    assert not {name for name in names if f"\n{name}==" not in f"\n{pinned}"}

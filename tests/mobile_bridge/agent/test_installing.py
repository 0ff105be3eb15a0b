"""``pip install .[agent]`` as a lock's owner does it: from a wheel, into an environment of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from mobile_bridge.agent.versions import OWN

ROOT = Path(__file__).parents[3]
SERVERS = {"sqlalchemy", "alembic", "psycopg", "fastapi", "pyhanko", "pydantic-settings", "qrcode", "opencv"}
PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check"]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project's wheel, built from a copy: nothing is left in the folder that others test."""
    source, built = (tmp_path_factory.mktemp(name) for name in ("source", "wheel"))
    for package in ("hsm", "ca", "api", "mobile_bridge"):
        shutil.copytree(ROOT / package, source / package, ignore=shutil.ignore_patterns("__pycache__"))
    for file in ("pyproject.toml", "README.md"):
        shutil.copy(ROOT / file, source)
    _pip("wheel", "--no-deps", "--wheel-dir", str(built), str(source))
    (made,) = built.glob("*.whl")
    return made


def _pip(*arguments: str) -> None:
    done = subprocess.run([*PIP, "--quiet", *arguments], capture_output=True, text=True, timeout=300)
    if "No matching distribution" in done.stderr or "Could not fetch" in done.stderr:
        pytest.skip("no package index is in reach")
    assert done.returncode == 0, done.stderr


def test_the_agent_installs_alone(wheel: Path, tmp_path: Path) -> None:
    home = tmp_path / "agent"
    venv.create(home)
    python = home / ("Scripts" if os.name == "nt" else "bin") / "python"
    options = ["--no-compile", "--constraint", str(ROOT / "constraints.txt")]
    _pip("--python", str(python), "install", *options, f"{wheel}[agent]")
    listed = subprocess.run(
        [*PIP, "--python", str(python), "list", "--format=freeze"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    names = {line.partition("==")[0].lower() for line in listed.splitlines()}
    assert {"sealbridge", "starlette", "python-pkcs11"} <= names
    assert not {name for name in names if name.startswith(tuple(SERVERS))}
    agent = python.with_name("sealbridge-agent")
    told = subprocess.run([agent, "version"], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert told.stdout.strip() == OWN
    packaged = "from mobile_bridge.agent.page.rendering import _PAGES; print(*_PAGES.list_templates())"
    told = subprocess.run([python, "-c", packaged], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert {"pin.html", "home.html"} <= {*told.stdout.split()}
    assert list(home.rglob("assets/pad.js"))

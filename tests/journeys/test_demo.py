"""The demonstration goes with the service: what it plays is what the manual shows."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.api.running import clean_environment


def test_every_judge_of_the_demonstration_agrees(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "examples.demo", str(tmp_path)]
    done = subprocess.run(command, env=clean_environment(), capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["agreed"]
    assert len(report["verdicts"]) == 11
    checks = json.loads((tmp_path / "checks.json").read_text())
    assert {one["outcome"] for one in checks} == {"passed"}

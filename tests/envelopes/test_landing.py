"""A target appears whole or not at all, whatever ends the process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from mobile_bridge.envelopes import Recipient, SourceChanged, seal_file
from mobile_bridge.envelopes import landing as module
from mobile_bridge.envelopes.landing import landing
from tests.envelopes.conftest import Holder

CHILD = """
import sys, time
from pathlib import Path
from mobile_bridge.envelopes import landing
if sys.argv[2] == "named":
    landing._UNNAMED = None
with landing.landing(Path(sys.argv[1])) as file:
    file.write(b"half a bid")
    file.flush()
    print("written", flush=True)
    time.sleep(60)
"""


@pytest.fixture(params=["unnamed", "named"])
def manner(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "named":  # as on Windows, macOS, and file systems without O_TMPFILE
        monkeypatch.setattr(module, "_UNNAMED", None)
    return str(request.param)


def names(folder: Path) -> list[str]:
    return sorted(one.name for one in folder.iterdir())


def write_half(target: Path) -> None:
    with landing(target) as file:
        file.write(b"half")
        raise RuntimeError


def write_late(target: Path) -> None:
    with landing(target, replace=False) as file:
        target.write_bytes(b"somebody else's")
        file.write(b"mine")


def test_it_takes_the_place_of_what_was_there_only_when_whole(manner: str, tmp_path: Path) -> None:
    target = tmp_path / "bid"
    target.write_bytes(b"before")
    with landing(target) as file:
        file.write(b"after")
        assert target.read_bytes() == b"before"
    assert target.read_bytes() == b"after"
    assert names(tmp_path) == ["bid"]
    assert target.stat().st_mode & 0o777 == 0o600
    with pytest.raises(RuntimeError):
        write_half(target)
    assert (names(tmp_path), target.read_bytes()) == (["bid"], b"after")


def test_it_can_leave_alone_what_is_there(manner: str, tmp_path: Path) -> None:
    target = tmp_path / "bid"
    with pytest.raises(FileExistsError):
        write_late(target)
    assert (names(tmp_path), target.read_bytes()) == (["bid"], b"somebody else's")


def test_a_killed_process_leaves_nothing_for_long(manner: str, tmp_path: Path) -> None:
    target = tmp_path / "bid"
    with subprocess.Popen(
        [sys.executable, "-c", CHILD, target, manner], stdout=subprocess.PIPE, cwd=Path.cwd()
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"written\n"
        left = names(tmp_path)
        with landing(target) as file:  # what a living process writes is not touched
            file.write(b"mine")
        assert set(left) <= set(names(tmp_path))
        child.send_signal(signal.SIGKILL)
        child.wait()
    assert left == [] or manner == "named"
    assert all(one.startswith(".bid.") and one.endswith(".part") for one in left)
    with landing(target) as file:
        file.write(b"again")
    assert (names(tmp_path), target.read_bytes()) == (["bid"], b"again")


def test_a_source_that_changes_while_it_is_read_is_not_sealed(
    holders: dict[str, Holder], tmp_path: Path
) -> None:
    bid = tmp_path / "bid"

    def grow(done: int, size: int) -> None:
        with bid.open("ab") as file:
            file.write(b"more")

    def shrink(done: int, size: int) -> None:
        os.truncate(bid, 300_000)

    for change in (grow, shrink):
        bid.write_bytes(bytes(600_000))
        with pytest.raises(SourceChanged):
            seal_file(bid, tmp_path / "p7m", [Recipient(holders["rsa"].certificate)], progress=change)
        assert names(tmp_path) == ["bid"]

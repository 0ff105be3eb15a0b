"""``sealbridge`` without waiting for its imports.

A start of the command is mostly the import of some two thousand modules, and a run of the tests starts it
hundreds of times. So a mother process imports them once, and each command is a fork of it: a process of its
own, with its own environment, folder, files and signals, waited for and killed like any other.

Where a process must really begin anew (another library preloaded, another system than Linux), it does.
"""

from __future__ import annotations

import atexit
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import IO, Any, Final

SEALBRIDGE: Final = Path(sys.executable).with_name("sealbridge")
Arguments = Sequence[str | Path]


class Process:
    """A running ``sealbridge …``, as ``subprocess.Popen`` shows one. ``returncode``: negative for a signal.

    ``told``: a pipe from whoever waits for the process: a line with its number, a line with its status.
    """

    def __init__(self, told: int) -> None:
        self._told = os.fdopen(told, "rb", buffering=0)
        number = self._told.readline()
        assert number, "the process that starts sealbridge has ended: what it said is above"
        self.pid = int(number)
        self.returncode: int | None = None

    def __del__(self) -> None:
        self._told.close()

    def poll(self) -> int | None:
        """The exit status, None while it runs."""
        with suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """The exit status. Raises subprocess.TimeoutExpired after so many seconds."""
        if self.returncode is None:
            if not select.select([self._told], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired("sealbridge", timeout or 0.0)
            self.returncode = int(self._told.readline())
            self._told.close()
        return self.returncode

    def send_signal(self, which: int) -> None:
        """Like ``kill``; nothing when it has ended."""
        if self.poll() is None:
            os.kill(self.pid, which)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)


Started = Process | subprocess.Popen[bytes]


def start(
    arguments: Arguments,
    environment: Mapping[str, str],
    files: tuple[IO[Any], IO[Any], IO[Any]],
    folder: Path | None = None,
) -> Started:
    """``sealbridge`` with ``arguments``. ``files``: its standard input, output and errors."""
    if sys.platform != "linux" or "LD_PRELOAD" in environment:
        stdin, stdout, stderr = files
        return subprocess.Popen(
            [SEALBRIDGE, *arguments], env=environment, cwd=folder, stdin=stdin, stdout=stdout, stderr=stderr
        )
    return _mother().bear([str(one) for one in arguments], environment, files, folder or Path.cwd())


def run(
    arguments: Arguments, environment: Mapping[str, str], said: str = "", folder: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Run it to its end, which must come within two minutes. ``said``: its standard input."""
    with tempfile.TemporaryFile() as typed, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        typed.write(said.encode())
        typed.seek(0)
        process = start(arguments, environment, (typed, out, err), folder)
        try:
            status = process.wait(timeout=120)
        finally:
            process.kill()
        out.seek(0)
        err.seek(0)
        return subprocess.CompletedProcess(list(arguments), status, out.read().decode(), err.read().decode())


class _Mother:
    def __init__(self) -> None:
        self._socket, hers = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        clean = {name: value for name, value in os.environ.items() if not name.startswith("SOFTHSM2_")}
        with hers:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _LIFE, str(hers.fileno())], pass_fds=[hers.fileno()], env=clean
            )
        atexit.register(self.close)

    def bear(
        self, arguments: list[str], environment: Mapping[str, str], files: Sequence[IO[Any]], folder: Path
    ) -> Process:
        """A child that does what is asked."""
        reading, writing = os.pipe()
        try:
            wanted = json.dumps([arguments, dict(environment), str(folder)]).encode()
            socket.send_fds(self._socket, [wanted], [*(one.fileno() for one in files), writing])
        finally:
            os.close(writing)
        return Process(reading)

    def close(self) -> None:
        """Nothing more will be asked; the children she has stay."""
        self._socket.close()
        self._process.wait()


_LIFE: Final = "import sys; from tests.support.forking import live; live(int(sys.argv[1]))"


@cache
def _mother() -> _Mother:
    return _Mother()

"""The process whose forks are ``sealbridge`` commands; see ``preloaded``."""

from __future__ import annotations

import gc
import json
import os
import signal
import socket
import sys
import threading
import traceback
from atexit import _run_exitfuncs
from contextlib import suppress
from importlib import import_module
from typing import Final, NoReturn

_MOST: Final = 1 << 20  # bytes of one request
_IMPORTED: Final = ("api.cli", "api.app", "api.logs", "api.http", "api.serving", "api.provisioning.steps")


def live(number: int) -> None:
    """Fork as the socket of this number asks, until its other end is closed."""
    # numpy's OpenBLAS starts a thread for each further core as it is imported, and needs none of them here.
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    for name in _IMPORTED:
        import_module(name)
    gc.freeze()
    assert len(os.listdir("/proc/self/task")) == 1, "a fork would be without this process's other threads"
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C at the terminal is for the tests
    with socket.socket(fileno=number) as asked:
        while True:
            wanted, files, _, _ = socket.recv_fds(asked, _MOST, 4)
            if not wanted:
                return
            _bury()
            if os.fork() == 0:
                asked.close()
                _wait(wanted, files[:3], files[3])
            for one in files:
                os.close(one)


def _bury() -> None:
    """Those that waited for a command which has ended."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _wait(wanted: bytes, files: list[int], told: int) -> NoReturn:
    """Tell the command's number, then its status."""
    pid = os.fork()
    if pid == 0:
        os.close(told)
        _become(wanted, files)
    for one in files:
        os.close(one)
    os.write(told, f"{pid}\n".encode())
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    with suppress(BrokenPipeError):  # whoever asked is gone
        os.write(told, f"{status}\n".encode())
    os._exit(0)


def _become(wanted: bytes, files: list[int]) -> NoReturn:
    arguments, environment, folder = json.loads(wanted)
    for target, one in enumerate(files):
        os.dup2(one, target)
        os.close(one)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.argv = ["sealbridge", *arguments]
    os._exit(_ended())


def _ended() -> int:
    """Run the command, and end as the interpreter does."""
    from api.cli import main

    status = 0
    try:
        main()
    except SystemExit as left:
        status = left.code if isinstance(left.code, int) else int(left.code is not None)
        if isinstance(left.code, str):
            print(left.code, file=sys.stderr)
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
    except BaseException:
        traceback.print_exc()
        status = 1
    threading._shutdown()  # type: ignore[attr-defined]
    _run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    return status

"""A real server in a process of its own, set up and started as an operator would."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.api import conformity
from tests.support import preloaded


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def clean_environment(**more: str) -> dict[str, str]:
    """This process's environment without what configures another installation."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("SEALBRIDGE_", "SOFTHSM2_"))
    }
    return kept | more


@dataclass
class Server:
    """One installation. ``extra``: more of its environment."""

    data: Path
    port: int = field(default_factory=free_port)
    extra: dict[str, str] = field(default_factory=dict)
    process: preloaded.Started | None = None
    clients: list[httpx.Client] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        return self.data.with_name(f"{self.data.name}.log")

    @property
    def environment(self) -> dict[str, str]:
        return clean_environment(**{"SEALBRIDGE_PUBLIC_URL": self.url} | self.extra)

    def command(self, *arguments: str | Path, said: str = "") -> subprocess.CompletedProcess[str]:
        """Run ``sealbridge …`` on this installation."""
        return preloaded.run([*arguments, "--data", self.data], self.environment, said)

    def set_up(self) -> None:
        done = self.command("setup")
        assert done.returncode == 0, done.stdout + done.stderr

    def start(self) -> None:
        command = ["serve", "--data", self.data, "--port", str(self.port)]
        with open(os.devnull, "rb") as nothing, self.log.open("ab") as log:
            self.process = preloaded.start(command, self.environment, (nothing, log, log))
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            assert self.process.poll() is None, self.log.read_text()
            try:
                if httpx.get(f"{self.url}/healthz", timeout=5).status_code == 200:
                    return
            except httpx.TransportError:
                time.sleep(0.05)
        raise AssertionError(f"the server does not answer: {self.log.read_text()}")

    def stop(self, how: signal.Signals = signal.SIGINT) -> int:
        """Stop as Ctrl-C does; returns the exit status."""
        assert self.process is not None
        self.process.send_signal(how)
        status = self.process.wait(timeout=30)
        self.process = None
        return status

    def client(self, path: str = "") -> httpx.Client:
        """A device with connections of its own; closed with the server.

        Every problem that it receives is held against the description of the API.
        """
        made = httpx.Client(
            base_url=self.url + path, timeout=60, event_hooks={"response": [conformity.check]}
        )
        self.clients.append(made)
        return made

    def close(self) -> None:
        for client in self.clients:
            client.close()
        if self.process is not None:
            self.stop()

    def kept(self) -> dict[Path, bytes]:
        """The database's files as they lie on the disk.

        Read by another process: where one closes a file of an SQLite database by itself, the locks go that
        SQLite has on it in the same process (https://sqlite.org/howtocorrupt.html, 2.2).
        """
        files = self.data.glob("sealbridge.db*")
        return {one: subprocess.run(["cat", one], capture_output=True, check=True).stdout for one in files}

    def operator_password(self) -> str:
        return (self.data / "secrets" / "operator.password").read_text().strip()

"""A PostgreSQL cluster of the test run's own, on a socket in a temporary folder; never the machine's."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def missing() -> str | None:
    """Why there is no PostgreSQL here, None when there can be one."""
    return None if _programs() else "postgresql is not installed"


@contextmanager
def cluster(folder: Path) -> Iterator[str]:
    """A running cluster; gives a function-free URL prefix to which a database name is appended."""
    programs = _programs()
    assert programs is not None
    data, sockets = folder / "data", folder / "run"
    for made in (data, sockets):
        made.mkdir()
        made.chmod(0o700)
    _give_away(folder)
    _run(programs / "initdb", "-D", data, "-U", "sealbridge", "-A", "trust", "-E", "UTF8", "--locale=C")
    options = (
        f"-c listen_addresses='' -c unix_socket_directories={sockets} -c max_connections=100 -c fsync=off"
    )
    _run(programs / "pg_ctl", "-D", data, "-l", folder / "log", "-w", "-o", options, "start")
    try:
        yield f"postgresql+psycopg://sealbridge@/{{name}}?host={sockets}"
    finally:
        _run(programs / "pg_ctl", "-D", data, "-m", "immediate", "stop")


def create_database(url: str, name: str) -> str:
    """A new database in the cluster of ``url`` (the cluster's template); returns its URL."""
    from sqlalchemy import create_engine, text

    engine = create_engine(url.format(name="postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f'CREATE DATABASE "{name}"'))
    engine.dispose()
    return url.format(name=name)


def _programs() -> Path | None:
    found = shutil.which("initdb")
    if found:
        return Path(found).parent
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return versions[-1].parent if versions else None


def _run(*command: object) -> None:
    words = [str(word) for word in command]
    if os.getuid() == 0:  # PostgreSQL refuses to run as root
        words = ["setpriv", f"--reuid={_user()}", f"--regid={_user()}", "--clear-groups", *words]
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL, cwd="/")


def _give_away(folder: Path) -> None:
    if os.getuid() != 0:
        return
    owner = pwd.getpwnam(_user())
    for path in (folder, *folder.iterdir()):
        os.chown(path, owner.pw_uid, owner.pw_gid)
    for parent in folder.parents:  # pytest's folders are closed to others
        if parent.stat().st_uid == 0 and not parent.stat().st_mode & 0o001:
            parent.chmod(parent.stat().st_mode | 0o111)


def _user() -> str:
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"

"""A report for a support desk: what is installed, what is plugged in, who can be reached, what went wrong.

It says nothing that its reader should not know: no PIN, no token, no signing address, nobody's name. Locks
are told apart by the end of their serial number; certificates by key, issuer and end.
"""

from __future__ import annotations

import platform
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec, rsa

from hsm.errors import SealBridgeError
from mobile_bridge.agent.errors import ServerRefused, code_of
from mobile_bridge.agent.instance import running
from mobile_bridge.agent.lock import Finding, LockCertificate
from mobile_bridge.agent.server_client import ServerClient
from mobile_bridge.agent.servers import Origin
from mobile_bridge.agent.setup import Setup
from mobile_bridge.agent.versions import OWN

_PACKAGES: Final = ("cryptography", "python-pkcs11", "asn1crypto", "httpx", "starlette", "uvicorn")
_LAST_LINES: Final = 40
_TROUBLE: Final = re.compile(r" (?:WARNING|ERROR) ")


def report(setup: Setup) -> str:
    """The report, as text."""
    parts = (_versions(), _settings(setup), _locks(setup), _servers(setup), _troubles(setup.folders.log))
    return "\n".join(line for part in parts for line in (*part, ""))


def _versions() -> Iterator[str]:
    yield f"SealBridge agent {OWN}, {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC"
    yield f"Python {platform.python_version()} {platform.architecture()[0]}, {platform.platform()}"
    yield ", ".join(f"{name} {_version(name)}" for name in _PACKAGES)


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "missing"


def _settings(setup: Setup) -> Iterator[str]:
    config = setup.config
    yield "[settings]"
    yield f"port {config.port}, log level {config.log_level}, other servers: {config.other_servers}"
    yield f"proxy: {_without_login(config.proxy)}, CA file: {'yes' if config.ca_file else 'no'}"
    yield f"settings file: {'yes' if setup.folders.settings.exists() else 'no'}"
    yield f"running now: {'yes' if running(setup.folders.instance) else 'no'}"


def _without_login(proxy: str) -> str:
    parts = urlsplit(proxy)
    return f"{parts.scheme}://{parts.hostname}:{parts.port or ''}" if parts.hostname else proxy


def _locks(setup: Setup) -> Iterator[str]:
    yield "[drivers and locks]"
    findings = setup.locks().survey()
    if not findings:
        yield "no driver found"
    for finding in findings:
        yield from _finding(finding)


def _finding(finding: Finding) -> Iterator[str]:
    if finding.problem is not None:
        yield f"{_without_home(finding.module)}: {code_of(finding.problem)}"
        return
    yield f"{_without_home(finding.module)}: {finding.description}, {len(finding.tokens)} locks"
    for token in finding.tokens:
        yield f"  lock …{token.serial[-4:]}, {token.manufacturer} {token.model}, PIN {token.pin_state}"
        for each in finding.certificates:
            if each.token.serial == token.serial:
                yield f"    certificate {_key(each)}, issued by {each.issuer}, until {each.ends:%Y-%m-%d}"


def _key(each: LockCertificate) -> str:
    public = each.certificate.public_key()
    if isinstance(public, rsa.RSAPublicKey):
        return f"RSA {public.key_size}"
    return public.curve.name if isinstance(public, ec.EllipticCurvePublicKey) else type(public).__name__


def _without_home(path: Path) -> str:
    """A path that does not name the user."""
    home = Path.home()
    return f"~/{path.relative_to(home)}" if path.is_relative_to(home) else str(path)


def _servers(setup: Setup) -> Iterator[str]:
    yield "[servers]"
    for server, by_person in setup.servers().all():
        yield f"{server} ({'allowed here' if by_person else 'from settings'}): {_reach(setup, server)}"


def _reach(setup: Setup, server: str) -> str:
    """Whether a bridge answers there: without a task it must refuse us, in its own words."""
    try:
        ServerClient(Origin.parse(server), route=setup.route()).task()
    except ServerRefused as refused:
        return f"reached ({refused.server_code})"
    except SealBridgeError as error:
        return f"{error.code}: {str(error).rpartition(': ')[2]}"
    return "reached"


def _troubles(log: Path) -> Iterator[str]:
    yield "[last errors]"
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        yield "no log"
        return
    yield from [line for line in lines if _TROUBLE.search(line)][-_LAST_LINES:]


def write(text: str, file: Path | None) -> None:
    """To a file, or to the terminal."""
    if file is None:
        sys.stdout.write(text)
    else:
        file.write_text(text, encoding="utf-8")

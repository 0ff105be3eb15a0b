"""A bid of 2 GB encrypted and decrypted, beside ``openssl cms`` with the same cipher on the same disk.

Each run is a process of its own, programs in turns; the best of ROUNDS counts. Ours reckons the SHA-256 of
what it writes and waits until it is on the disk; OpenSSL does neither. ``openssl cms -decrypt`` takes a whole
file into memory, and cannot take 2 GB: it decrypts 1 GB, and the rates are compared. Memory is the largest
resident size of ours.
"""

from __future__ import annotations

import datetime
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from bench.report import Line

SIZE = 2 * 10**9
ROUNDS = 2
GOAL = 0.80
MOST_MB = 100.0
_PIECE = os.urandom(1 << 20)

SEAL = """
import sys; from pathlib import Path; from cryptography import x509
from mobile_bridge.envelopes import Kind, Recipient, seal_file
own = Recipient(x509.load_pem_x509_certificate(Path("own.pem").read_bytes()))
made = seal_file(Path(sys.argv[2]), Path(sys.argv[3]), [own], kind=Kind(sys.argv[1]))
Path("key").write_bytes(made.content_key)
"""
OPEN = """
from pathlib import Path; from mobile_bridge.envelopes import open_file
open_file(Path("ours"), Path("key").read_bytes(), Path("opened"))
"""


def run() -> Iterator[Line]:
    """GCM both ways, CBC both ways, and the memory of ours."""
    with tempfile.TemporaryDirectory(prefix="sealbridge-bench-") as folder:
        work = Path(folder)
        if shutil.disk_usage(work).free < 6 * SIZE:
            raise SystemExit(f"{work}: {6 * SIZE // 10**9} GB of free disk are needed")
        _bid(work / "bid", SIZE)
        _bid(work / "half", SIZE // 2)
        _holder(work)
        memory = 0.0
        for kind, cipher in (("auth", "-aes-256-gcm"), ("cbc", "-aes-256-cbc")):
            theirs = f"openssl cms -encrypt -binary {cipher} -stream -outform DER -in bid -out theirs own.pem"
            _timed(work, _seal(kind, "half", "their-half"))
            line, used = _beside(work, f"encrypt 2 GB, {kind}, MB", _seal(kind, "bid", "ours"), theirs, SIZE)
            memory = max(memory, used)
            yield line
            theirs = (
                "openssl cms -decrypt -inform DER -in their-half -out theirs -inkey own.key -recip own.pem"
            )
            ours = [sys.executable, "-c", OPEN]
            line, used = _beside(work, f"decrypt 2 GB, {kind}, MB", ours, theirs, SIZE // 2)
            memory = max(memory, used)
            yield line
        yield Line("memory of 2 GB either way, MB", memory, MOST_MB, 1.0, less_is_better=True)


def _seal(kind: str, plain: str, envelope: str) -> list[str]:
    return [sys.executable, "-c", SEAL, kind, plain, envelope]


def _beside(work: Path, what: str, ours: Sequence[str], theirs: str, their_size: int) -> tuple[Line, float]:
    rates, ceilings, memory = [], [], 0.0
    for _ in range(ROUNDS):
        ceilings.append(their_size / 1e6 / _timed(work, theirs.split())[0])
        seconds, used = _timed(work, ours)
        rates.append(SIZE / 1e6 / seconds)
        memory = max(memory, used)
    return Line(what, max(rates), max(ceilings), GOAL), memory


def _timed(work: Path, command: Sequence[str]) -> tuple[float, float]:
    """Seconds, and megabytes of memory at most."""
    for left in ("theirs", "opened"):
        (work / left).unlink(missing_ok=True)
    os.sync()  # what the run before left to be written is not this one's
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parent.parent)}
    begin = time.perf_counter()
    process = subprocess.Popen(command, cwd=work, env=environment)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - begin
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, command
    return seconds, usage.ru_maxrss / 1024


def _bid(file: Path, size: int) -> None:
    with file.open("wb") as made:
        for _ in range(size // len(_PIECE)):
            made.write(_PIECE)
        made.write(_PIECE[: size % len(_PIECE)])


def _holder(work: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "bench")])
    begin = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(begin)
        .not_valid_after(begin + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    (work / "own.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    (work / "own.key").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))

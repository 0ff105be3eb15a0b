"""A room for ceremonies: the shipped plans, a SoftHSM2 token, and officers' shares in files."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from ca.ceremony.steps import AuthorityName, request_certificate
from tests.support import preloaded

EXAMPLES = Path(__file__).parents[3] / "examples" / "ceremonies"


class Place:
    """A folder with the plans, the token and the officers' shares."""

    def __init__(self, folder: Path, module: Path) -> None:
        self.folder = folder
        self.module = module
        for plan in EXAMPLES.glob("*.yaml"):
            text = plan.read_text(encoding="utf-8").replace("/usr/lib/softhsm/libsofthsm2.so", str(module))
            text = text.replace("kind: rsa-3072", "kind: p-384").replace("kind: rsa-4096", "kind: p-256")
            (folder / plan.name).write_text(text, encoding="utf-8")
        (folder / "made").mkdir()

    def change(self, plan: str, before: str, after: str) -> None:
        text = (self.folder / plan).read_text(encoding="utf-8")
        assert before in text
        (self.folder / plan).write_text(text.replace(before, after), encoding="utf-8")

    def perform(self, plan: str, *options: str, said: str = "") -> subprocess.CompletedProcess[str]:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("SOFTHSM2")}
        return preloaded.run(["ceremony", self.folder / plan, *options], environment, said, self.folder)

    def performed(self, plan: str, *options: str) -> str:
        done = self.perform(plan, "--yes", "--shares", "shares", "--softhsm", "tokens", *options)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def refused(self, plan: str, *options: str) -> str:
        done = self.perform(plan, "--yes", "--shares", "shares", "--softhsm", "tokens", *options)
        assert done.returncode == 1, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done.stderr

    def made(self, name: str) -> Path:
        return self.folder / "made" / name

    def certificate(self, name: str) -> x509.Certificate:
        return x509.load_pem_x509_certificate(self.made(name).read_bytes())

    def crl(self, name: str) -> x509.CertificateRevocationList:
        return x509.load_der_x509_crl(self.made(name).read_bytes())

    def request(self, name: str) -> None:
        request = request_certificate(
            ec.generate_private_key(ec.SECP256R1()), AuthorityName("签发二", "示例")
        )
        self.made(name).write_bytes(request.public_bytes(Encoding.PEM))


def on_token(place: Place, code: str) -> str:
    """Run code with the root token open as ``keys``."""
    opened = (
        "import sys; from pathlib import Path; from hsm import *; from ca.officers import join_shares\n"
        "pin = join_shares([Path(f'shares/officer-{n}.txt').read_text() for n in (2, 3)])\n"
        "with Token.open(TokenConfig(Path(sys.argv[1]), 'root'), lambda: pin) as token:\n"
        "    keys = TokenKeys(token)\n"
    )
    environment = os.environ | {"SOFTHSM2_CONF": str(place.folder / "tokens" / "softhsm2.conf")}
    done = subprocess.run(
        [sys.executable, "-c", f"{opened}    {code}\n", place.module], cwd=place.folder, env=environment,
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture
def place(tmp_path: Path, softhsm: Path) -> Place:
    return Place(tmp_path, softhsm)


@pytest.fixture
def rooted(place: Place) -> Place:
    place.performed("root.yaml")
    return place

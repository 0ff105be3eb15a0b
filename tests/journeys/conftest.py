"""A company's lock: a real token with a certificate from a legacy CA."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from hsm import KeyKind, Token, TokenConfig, TokenKeys, init_token
from tests.api.locks import LockCa


@dataclass(frozen=True)
class UsbLock:
    """A lock as its owner has it: plugged in, with its PIN on a note."""

    module: Path
    label: str
    pin_file: Path
    organization: str
    credit_code: str


@dataclass
class LockMaker:
    """Gives locks to companies."""

    module: Path
    folder: Path
    ca: LockCa

    def make(self, organization: str, credit_code: str, kind: KeyKind = KeyKind.RSA_2048) -> UsbLock:
        label, pin = f"lock-{secrets.token_hex(4)}", secrets.token_urlsafe(9)
        init_token(self.module, label, secrets.token_urlsafe(9), pin)
        with Token.open(TokenConfig(self.module, label), lambda: pin) as token:
            keys = TokenKeys(token)
            public = keys.generate("signing", kind).public_key()
            certificate = self.ca.certify(public, organization, credit_code)
            token.import_certificate("signing", keys.id_of("signing"), certificate.public_bytes(Encoding.DER))
        pin_file = self.folder / f"{label}.pin"
        pin_file.write_text(pin)
        return UsbLock(self.module, label, pin_file, organization, credit_code)


@pytest.fixture
def lock_maker(softhsm: Path, tmp_path: Path) -> LockMaker:
    return LockMaker(softhsm, tmp_path, LockCa())

"""Makes a company's lock: a SoftHSM2 token with a signing certificate among others that must not be offered.

Run as a program, because SoftHSM2 reads its configuration once a process:
``python -m tests.mobile_bridge.agent.lock_maker MODULE LABEL KIND PIN_FILE [--expired] [--blank] [--ready]``
"""

from __future__ import annotations

import sys
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding

from hsm import KeyKind, Token, TokenConfig, TokenKeys, init_token
from tests.mobile_bridge.forms import ENTERPRISE
from tests.mobile_bridge.lock_keys import lock_certificate


def make_lock(module: Path, label: str, kind: str, pin: str, flags: set[str]) -> None:
    if "--ready" not in flags:  # a TPM's token is made by its own tool
        init_token(module, label, so_pin="87654321", user_pin=pin)
    if "--blank" in flags:
        return
    with Token.open(TokenConfig(module, label), lambda: pin) as token:
        keys = TokenKeys(token)
        for name, signs in (("sign", True), ("encrypt", False)):
            key = keys.generate(name, KeyKind(kind))
            days = -1 if "--expired" in flags else 365
            certificate = lock_certificate(key.public_key(), f"{ENTERPRISE} {name}", signs=signs, days=days)
            token.import_certificate(name, keys.id_of(name), certificate.public_bytes(Encoding.DER))


if __name__ == "__main__":
    make_lock(Path(sys.argv[1]), sys.argv[2], sys.argv[3], Path(sys.argv[4]).read_text(), set(sys.argv[5:]))

"""Pulls a SoftHSM2 token (its folder) out from under an open key. Argument: the PKCS#11 module."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

from tests.support import softhsm

_folder = softhsm.enter_new_folder()

from hsm import KeyKind, Token, TokenConfig, TokenKeys, init_token  # noqa: E402
from hsm.errors import TokenGone  # noqa: E402


def main() -> None:
    module = Path(sys.argv[1])
    init_token(module, "lock", "so-pin-123", "pin-123456")
    token = Token.open(TokenConfig(module, "lock"), lambda: "pin-123456")
    key = TokenKeys(token).generate("k", KeyKind.P256)
    assert isinstance(key, EllipticCurvePrivateKey)
    with tempfile.TemporaryDirectory() as elsewhere:
        shutil.move(Path(_folder.name) / "tokens", Path(elsewhere) / "pulled")
        for _ in range(3):
            try:
                key.sign(b"m", ec.ECDSA(hashes.SHA256()))
            except TokenGone as exc:
                print(exc.code)


if __name__ == "__main__":
    main()

"""A token that does SM2 under a vendor's numbers: real SoftHSM2 and OpenSSL behind ``sm2_module.c``."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

_SOURCE = Path(__file__).with_suffix(".c")
_HEADERS = Path("/usr/include/openssl/evp.h")

TABLE = """\
[sm2]
sign = 0x80008200
takes = "digest"
gives = "raw"
generate = 0x80008001
key_type = 0x80000004
"""


def missing() -> str | None:
    """Why there can be none here."""
    if not shutil.which("cc"):
        return "no C compiler"
    return None if _HEADERS.exists() else "no headers of OpenSSL (libssl-dev)"


def build(folder: Path, behind: Path) -> Path:
    """Compile the module in ``folder``, before ``behind``; its environment is set for this process."""
    module = folder / "libsm2.so"
    command = ["cc", "-shared", "-fPIC", "-O1", "-Wall", "-o", module, _SOURCE, "-lcrypto", "-ldl"]
    subprocess.run(command, check=True, capture_output=True)
    os.environ["SEALBRIDGE_SM2_BEHIND"] = str(behind)
    return module

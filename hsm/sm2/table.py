"""How one vendor's module does SM2: the numbers that it chose, read from a TOML file.

[sm2]
sign = 0x80008200        # mechanism of C_Sign
takes = "digest"         # what C_Sign is given: "digest" (e, made here) or "message" (the module hashes)
gives = "raw"            # r and s side by side ("raw"), or a SEQUENCE of both ("der")
generate = 0x80008001    # mechanism of C_GenerateKeyPair; leave it out where keys are made elsewhere
key_type = 0x80000004    # CKA_KEY_TYPE of SM2 keys; 3 (CKK_EC) in modules that take SM2 as one more curve
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from hsm.errors import MechanismTableRefused
from hsm.sm2.curve import PARAMETERS

_MOST: Final = 2**32
_KEYS: Final = frozenset({"sign", "takes", "gives", "generate", "key_type", "parameters"})
_TAKES: Final = {"digest": False, "message": True}
_GIVES: Final = {"raw": False, "der": True}


@dataclass(frozen=True, slots=True)
class Sm2Mechanisms:
    """``hashes``: the module makes SM3 of the signer's Z and the message itself; ``gives_der``: a SEQUENCE.

    ``parameters``: CKA_EC_PARAMS of new keys, DER. ``generate``: None where the module makes no keys for us.
    """

    sign: int
    hashes: bool
    gives_der: bool
    key_type: int
    generate: int | None = None
    parameters: bytes = PARAMETERS


def read_table(path: Path) -> Sm2Mechanisms:
    """The table in a TOML file. Raises MechanismTableRefused, OSError."""
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))["sm2"]
        return _table(dict(told))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, KeyError, TypeError, ValueError) as error:
        raise MechanismTableRefused(f"{path}: {type(error).__name__} {error}", path=path) from error


def _table(told: dict[str, Any]) -> Sm2Mechanisms:
    if unknown := told.keys() - _KEYS:
        raise ValueError(f"not known: {sorted(unknown)}")
    generate = told.get("generate")
    return Sm2Mechanisms(
        sign=_number(told["sign"]),
        hashes=_TAKES[told["takes"]],
        gives_der=_GIVES[told["gives"]],
        key_type=_number(told["key_type"]),
        generate=None if generate is None else _number(generate),
        parameters=bytes.fromhex(told["parameters"]) if "parameters" in told else PARAMETERS,
    )


def _number(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < _MOST:
        raise ValueError(f"{value!r} is not a number of PKCS#11")
    return value

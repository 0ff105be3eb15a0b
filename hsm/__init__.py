"""PKCS#11 tokens from Python: threads, sessions, keys and their custody. No SQL and no web in here.

    token = Token.open(TokenConfig(Path("/usr/lib/softhsm/libsofthsm2.so"), label="issuing"), pin)
    key = TokenKeys(token).generate("issuing-1", KeyKind.P256)
    certificate = builder.sign(key, hashes.SHA256())      # any builder of ``cryptography``

A key in a token is a private key of ``cryptography``. A token may be lost and come back under a running
program; a PIN is never tried twice by machine. Every refusal is an ``HsmError`` with a stable code.
"""

from __future__ import annotations

from hsm.certificates import TokenCertificate, public_certificates
from hsm.config import PinSource, TokenConfig, pin_from_file
from hsm.enrolling import EnrolledPairs, certify_openly, public_keys
from hsm.errors import HsmError, Kind, SealBridgeError
from hsm.escrow import open_escrow, restored_blob
from hsm.keys import PrivateKey
from hsm.mechanisms import KeyKind, KeyUse, kind_of
from hsm.module import Module
from hsm.observation import Observer
from hsm.pin_seal import PinCost, PinSeal
from hsm.public_keys import PublicKey
from hsm.secret_seal import SecretSeal
from hsm.slots import PinState, TokenInfo, init_token, list_tokens
from hsm.sm2.curve import Sm2PublicKey
from hsm.sm2.keys import TokenSm2Key
from hsm.sm2.store import Sm2Keys
from hsm.sm2.table import Sm2Mechanisms, read_table
from hsm.store import KeyStore, TokenKeys, has_key
from hsm.token import Token
from hsm.wrapped import KeyBlobs, Vault, WrappedKeys
from hsm.wrapping import AesKeyWrapper, KeyWrapper

__all__ = [
    "AesKeyWrapper",
    "EnrolledPairs",
    "HsmError",
    "KeyBlobs",
    "KeyKind",
    "KeyStore",
    "KeyUse",
    "KeyWrapper",
    "Kind",
    "Module",
    "Observer",
    "PinCost",
    "PinSeal",
    "PinSource",
    "PinState",
    "PrivateKey",
    "PublicKey",
    "SealBridgeError",
    "SecretSeal",
    "Sm2Keys",
    "Sm2Mechanisms",
    "Sm2PublicKey",
    "Token",
    "TokenCertificate",
    "TokenConfig",
    "TokenInfo",
    "TokenKeys",
    "TokenSm2Key",
    "Vault",
    "WrappedKeys",
    "certify_openly",
    "has_key",
    "init_token",
    "kind_of",
    "list_tokens",
    "open_escrow",
    "pin_from_file",
    "public_certificates",
    "public_keys",
    "read_table",
    "restored_blob",
]

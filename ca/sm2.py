"""SM2 signatures with SM3 (GB/T 32918.2, GM/T 0009), checked by OpenSSL's libcrypto.

The cryptography library has SM3 and no SM2. Nothing is signed here: that is for tokens (``hsm.sm2``).
"""

from __future__ import annotations

import ctypes
import ctypes.util
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Final

from ca.errors import SignatureMismatch, SigningKeyRefused, Sm2Unavailable
from ca.hierarchy import SM2_WITH_SM3
from hsm.sm2.curve import USER_ID

WITH_SM3: Final = SM2_WITH_SM3

_LIBRARIES: Final = ("libcrypto.so.3", "/opt/homebrew/opt/openssl@3/lib/libcrypto.3.dylib")
_POINTERS: Final = (
    *("d2i_PUBKEY", "EVP_PKEY_CTX_new", "EVP_MD_CTX_new", "EVP_sm3"),
    *("EVP_PKEY_free", "EVP_PKEY_CTX_free", "EVP_MD_CTX_free", "EVP_MD_CTX_set_pkey_ctx"),
)


def check(spki: bytes, signature: bytes, data: bytes, user_id: bytes = USER_ID) -> None:
    """Check a signature (DER of r and s) over ``data`` by a key (DER SubjectPublicKeyInfo).

    Raises SignatureMismatch, SigningKeyRefused for a key that is not SM2, Sm2Unavailable without OpenSSL 3.
    """
    crypto = _libcrypto()
    with _key(crypto, spki) as key, _contexts(crypto, key) as (digest, signer):
        if crypto.EVP_PKEY_CTX_set1_id(signer, user_id, len(user_id)) != 1:
            raise SigningKeyRefused("not an SM2 key")
        crypto.EVP_MD_CTX_set_pkey_ctx(digest, signer)
        if crypto.EVP_DigestVerifyInit(digest, None, _pointer(crypto.EVP_sm3()), None, key) != 1:
            raise SigningKeyRefused("not an SM2 key")
        is_good = crypto.EVP_DigestVerify(digest, signature, len(signature), data, len(data))
        crypto.ERR_clear_error()
        if is_good != 1:
            raise SignatureMismatch("the SM2 signature does not verify with the key")


@cache
def _libcrypto() -> ctypes.CDLL:
    names = [*_LIBRARIES, ctypes.util.find_library("crypto") or ""]
    for name in names:
        if not name or (name.startswith("/") and not Path(name).exists()):
            continue
        if sys.platform == "darwin" and not name.startswith("/opt"):
            continue  # the system's own library ends a process that loads it
        try:
            crypto = ctypes.CDLL(name)
        except OSError:
            continue
        if hasattr(crypto, "EVP_PKEY_CTX_set1_id") and hasattr(crypto, "EVP_sm3"):
            return _typed(crypto)
    raise Sm2Unavailable("no libcrypto of OpenSSL 3 with SM2 was found")


def _typed(crypto: ctypes.CDLL) -> ctypes.CDLL:
    for name in _POINTERS:
        getattr(crypto, name).restype = ctypes.c_void_p
    pointer, size = ctypes.c_void_p, ctypes.c_size_t
    crypto.d2i_PUBKEY.argtypes = [pointer, pointer, ctypes.c_long]
    crypto.EVP_PKEY_CTX_new.argtypes = [pointer, pointer]
    crypto.EVP_PKEY_is_a.argtypes = [pointer, ctypes.c_char_p]
    crypto.EVP_PKEY_CTX_set1_id.argtypes = [pointer, ctypes.c_char_p, ctypes.c_int]
    crypto.EVP_MD_CTX_set_pkey_ctx.argtypes = [pointer, pointer]
    crypto.EVP_DigestVerifyInit.argtypes = [pointer] * 5
    crypto.EVP_DigestVerify.argtypes = [pointer, ctypes.c_char_p, size, ctypes.c_char_p, size]
    for name in ("EVP_PKEY_free", "EVP_PKEY_CTX_free", "EVP_MD_CTX_free"):
        getattr(crypto, name).argtypes = [pointer]
    return crypto


@contextmanager
def _key(crypto: ctypes.CDLL, spki: bytes) -> Iterator[ctypes.c_void_p]:
    encoded = ctypes.c_char_p(spki)
    key = _pointer(crypto.d2i_PUBKEY(None, ctypes.byref(encoded), len(spki)))
    try:
        if not key or crypto.EVP_PKEY_is_a(key, b"SM2") != 1:
            crypto.ERR_clear_error()
            raise SigningKeyRefused("not an SM2 key")
        yield key
    finally:
        crypto.EVP_PKEY_free(key)


@contextmanager
def _contexts(crypto: ctypes.CDLL, key: ctypes.c_void_p) -> Iterator[tuple[ctypes.c_void_p, ctypes.c_void_p]]:
    digest = _pointer(crypto.EVP_MD_CTX_new())
    signer = _pointer(crypto.EVP_PKEY_CTX_new(key, None))
    try:
        yield digest, signer
    finally:
        crypto.EVP_MD_CTX_free(digest)
        crypto.EVP_PKEY_CTX_free(signer)


def _pointer(address: int | None) -> ctypes.c_void_p:
    return ctypes.c_void_p(address)

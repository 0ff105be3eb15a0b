"""Signatures of the open platform, ``sign_type=RSA2``, and the files that hold its keys."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import (
    RSAPrivateKey,
    RSAPublicKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
    load_der_public_key,
    load_pem_private_key,
    load_pem_public_key,
)

from api.errors import ConfigurationRefused

_LEAST_BITS: Final = 2048


def signed_text(parameters: Mapping[str, str], *, without: frozenset[str], keep_empty: bool = False) -> str:
    """``a=1&b=2``: what is signed of a form, values as they are before URL-encoding, sorted by name.

    A caller leaves empty values out of what it signs; a notice is signed with them (``keep_empty``).
    """
    signed = sorted(
        (name, value) for name, value in parameters.items() if name not in without and (value or keep_empty)
    )
    return "&".join(f"{name}={value}" for name, value in signed)


def sign(key: RSAPrivateKey, text: str) -> str:
    """The signature of ``text`` in UTF-8, base64."""
    made = key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
    return base64.b64encode(made).decode()


def is_signed(key: RSAPublicKey, text: str, signature: str) -> bool:
    """Whether ``signature`` (base64) is the key's over ``text``."""
    try:
        made = base64.b64decode(signature, validate=True)
        key.verify(made, text.encode(), padding.PKCS1v15(), hashes.SHA256())
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


def private_key(text: str) -> RSAPrivateKey:
    """A private key in PEM, or the bare base64 of PKCS#8 that Alipay's key tool writes.

    Raises ConfigurationRefused.
    """
    try:
        loaded = (
            load_pem_private_key(text.encode(), None)
            if "-----BEGIN" in text
            else load_der_private_key(base64.b64decode(text), None)
        )
    except (ValueError, TypeError):
        loaded = None
    if not isinstance(loaded, RSAPrivateKey) or loaded.key_size < _LEAST_BITS:
        raise ConfigurationRefused(
            f"the Alipay application key must be an RSA private key of {_LEAST_BITS} bits or more (PKCS#8)",
            reason="支付宝应用私钥无法读取",
        )
    return loaded


def public_key(text: str) -> RSAPublicKey:
    """A public key in PEM, or the bare base64 that Alipay's console shows. Raises ConfigurationRefused."""
    try:
        loaded = (
            load_pem_public_key(text.encode())
            if "-----BEGIN" in text
            else load_der_public_key(base64.b64decode(text))
        )
    except (ValueError, TypeError):
        loaded = None
    if not isinstance(loaded, RSAPublicKey) or loaded.key_size < _LEAST_BITS:
        raise ConfigurationRefused(
            f"Alipay's public key must be an RSA key of {_LEAST_BITS} bits or more",
            reason="支付宝公钥无法读取",
        )
    return loaded


def new_private_key() -> str:
    """An application key, PKCS#8 in PEM."""
    key = generate_private_key(65537, _LEAST_BITS)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def public_half(private: str) -> str:
    """The public key of a private one, PEM."""
    key = private_key(private).public_key()
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

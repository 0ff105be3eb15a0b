"""Signature V3, ``ACS3-HMAC-SHA256``, of Alibaba Cloud's OpenAPI. Pure.

https://help.aliyun.com/zh/sdk/product-overview/v3-request-structure-and-signature
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import quote

ALGORITHM: Final = "ACS3-HMAC-SHA256"
_AUTHORIZATION: Final = re.compile(
    rf"{ALGORITHM} Credential=([^,\s]+),\s*SignedHeaders=([a-z0-9;-]+),\s*Signature=([0-9a-f]{{64}})"
)


def digest(body: bytes) -> str:
    """SHA-256 of a body in hexadecimal: ``x-acs-content-sha256``."""
    return hashlib.sha256(body).hexdigest()


def query_string(parameters: Mapping[str, str]) -> str:
    """Parameters in the one order and encoding that is signed (RFC 3986); also what is sent."""
    return "&".join(f"{_encode(name)}={_encode(value)}" for name, value in sorted(parameters.items()))


def authorization(
    method: str,
    path: str,
    parameters: Mapping[str, str],
    headers: Mapping[str, str],
    key_id: str,
    secret: str,
) -> str:
    """The ``Authorization`` header of a request. All ``headers`` (lower-case names) are signed."""
    names = sorted(headers)
    signature = _sign(method, path, parameters, headers, names, secret)
    return f"{ALGORITHM} Credential={key_id},SignedHeaders={';'.join(names)},Signature={signature}"


def parse(authorization_header: str) -> tuple[str, list[str], str] | None:
    """(key id, names of the signed headers, signature) of an ``Authorization`` header; None for another."""
    found = _AUTHORIZATION.fullmatch(authorization_header.strip())
    return None if found is None else (found[1], found[2].split(";"), found[3])


def is_signed(
    method: str,
    path: str,
    parameters: Mapping[str, str],
    headers: Mapping[str, str],
    names: list[str],
    signature: str,
    secret: str,
) -> bool:
    """Whether the signature over the headers ``names`` is right."""
    return hmac.compare_digest(_sign(method, path, parameters, headers, names, secret), signature)


def _sign(
    method: str,
    path: str,
    parameters: Mapping[str, str],
    headers: Mapping[str, str],
    names: list[str],
    secret: str,
) -> str:
    signed = "".join(f"{name}:{headers[name].strip()}\n" for name in names)
    body = headers["x-acs-content-sha256"]
    request = "\n".join([method, path or "/", query_string(parameters), signed, ";".join(names), body])
    text = f"{ALGORITHM}\n{digest(request.encode())}"
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()


def _encode(text: str) -> str:
    return quote(text, safe="~")

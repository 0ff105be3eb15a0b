"""A signed client of Alibaba Cloud's OpenAPI, for every product that takes signature V3."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlsplit

import httpx

from api.outside.aliyun.signature import authorization, digest, query_string
from api.outside.errors import ProviderRefused, ProviderUnreachable

_TIMEOUT: Final = httpx.Timeout(10.0, connect=3.0)
_FORM: Final = "application/x-www-form-urlencoded"


class AliyunClient:
    """Calls of one product at one endpoint. Safe for many threads.

    ``endpoint``: e.g. ``https://dysmsapi.aliyuncs.com``. ``http``: another client, for tests.
    """

    def __init__(
        self,
        endpoint: str,
        key_id: str,
        key_secret: str,
        clock: Callable[[], datetime],
        http: httpx.Client | None = None,
    ) -> None:
        parts = urlsplit(endpoint)
        self._host, self._path = parts.netloc, parts.path or "/"
        self._url = f"{parts.scheme}://{self._host}{self._path}"
        self._key_id, self._key_secret = key_id, key_secret
        self._clock = clock
        # Without the environment's proxies and .netrc: keys go where the settings say and nowhere else.
        self._http = http or httpx.Client(timeout=_TIMEOUT, trust_env=False)

    def call(
        self, action: str, version: str, query: Mapping[str, str], form: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        """POST an RPC-style action; personal data belongs in ``form``, since addresses are logged on the way.

        Returns the JSON object of a 200 answer, whose own ``Code`` the caller judges. Raises ProviderRefused
        (4xx with a code: signature, key, permission, parameters) and ProviderUnreachable (time-out, 5xx).
        """
        body = b"" if form is None else query_string(form).encode()
        headers = self._headers(action, version, body, None if form is None else _FORM)
        headers["authorization"] = authorization(
            "POST", self._path, query, headers, self._key_id, self._key_secret
        )
        url = f"{self._url}?{query_string(query)}" if query else self._url
        try:
            answer = self._http.post(url, content=body, headers=headers | {"accept": "application/json"})
        except httpx.HTTPError as error:
            # Its own text may repeat the address, and with it the parameters.
            raise ProviderUnreachable(f"{action}: {type(error).__name__}") from None
        return _read(action, answer)

    def close(self) -> None:
        """End its connections."""
        self._http.close()

    def _headers(self, action: str, version: str, body: bytes, content_type: str | None) -> dict[str, str]:
        headers = {
            "host": self._host,
            "x-acs-action": action,
            "x-acs-version": version,
            "x-acs-date": self._clock().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "x-acs-signature-nonce": secrets.token_hex(16),
            "x-acs-content-sha256": digest(body),
        }
        return headers if content_type is None else headers | {"content-type": content_type}


def _read(action: str, answer: httpx.Response) -> dict[str, Any]:
    try:
        told = answer.json()
    except ValueError:
        told = None
    if answer.status_code >= 500 or not isinstance(told, dict):
        raise ProviderUnreachable(f"{action}: HTTP {answer.status_code}")
    if answer.status_code != 200:
        raise ProviderRefused(str(told.get("Code", answer.status_code)), f"{action}: {told.get('Message')}")
    return told

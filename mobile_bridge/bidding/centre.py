"""The trading centre as the tool calls it: JSON under /tool/v1."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Self
from urllib.parse import quote, urlsplit

import httpx

from mobile_bridge.bidding.errors import CentreAddressInvalid, CentreRefused, CentreUnreachable, SignedOut

PREFIX: Final = "/tool/v1"
_TIMEOUT: Final = httpx.Timeout(60.0, connect=10.0)
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
_SIGNED_OUT: Final = "signed_out"


def read_address(text: str) -> str:
    """The origin of a centre. Raises CentreAddressInvalid."""
    try:
        parts = urlsplit(text.strip().rstrip("/"))
        parts.port  # noqa: B018 - checked when read
    except ValueError as error:
        raise CentreAddressInvalid(text) from error
    secure = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
    if not secure or not parts.hostname or parts.path or parts.query or parts.fragment or parts.username:
        raise CentreAddressInvalid(text)
    return f"{parts.scheme}://{parts.netloc}"


class Centre:
    """One trading centre. Every method raises CentreUnreachable, CentreRefused, SignedOut."""

    def __init__(self, address: str, token: str = "") -> None:
        self.address = read_address(address)
        self._http = httpx.Client(base_url=self.address + PREFIX, timeout=_TIMEOUT, follow_redirects=False)
        self.token = token

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def get(self, *path: str) -> dict[str, Any]:
        """The JSON at a path, given by its parts."""
        return self._json(self._call("GET", path))

    def post(self, *path: str, told: Mapping[str, Any] | None = None, token: str = "") -> dict[str, Any]:
        """What the centre answers to JSON. ``token``: another one than the session's."""
        return self._json(self._call("POST", path, json=told or {}, token=token))

    def send_pdf(self, pdf: bytes) -> dict[str, Any]:
        """Hand over a document to be sealed."""
        headers = {"Content-Type": "application/pdf"}
        return self._json(self._call("POST", ("documents",), content=pdf, headers=headers))

    def fetch(self, *path: str) -> bytes:
        """The bytes at a path."""
        return self._call("GET", path).content

    def send_piece(self, upload: str, envelope: str, offset: int, data: bytes) -> int:
        """The bytes of an envelope from ``offset`` on; how many have come."""
        path = ("uploads", upload, envelope)
        told = self._json(self._call("PUT", path, params={"offset": offset}, content=data))
        return int(told["received"])

    def _call(self, method: str, path: tuple[str, ...], token: str = "", **request: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token or self.token}"} if token or self.token else {}
        headers |= request.pop("headers", {})
        address = "/" + "/".join(quote(one, safe="") for one in path)
        try:
            response = self._http.request(method, address, headers=headers, **request)
        except httpx.HTTPError as error:
            raise CentreUnreachable(f"{self.address}: {type(error).__name__}") from error
        if response.is_success:
            return response
        problem = self._json(response)
        code, words = str(problem.get("code", ""))[:60], str(problem.get("message", ""))[:200]
        if code == _SIGNED_OUT:
            raise SignedOut(f"HTTP {response.status_code}")
        if not code:
            raise CentreUnreachable(f"HTTP {response.status_code}, not a problem of a trading centre")
        raise CentreRefused(f"HTTP {response.status_code} {code}", centre_code=code, words=words)

    def _json(self, response: httpx.Response) -> dict[str, Any]:
        try:
            told = response.json()
        except ValueError as error:
            raise CentreUnreachable(f"HTTP {response.status_code}, not JSON") from error
        if not isinstance(told, dict):
            raise CentreUnreachable(f"HTTP {response.status_code}, not an object")
        return told

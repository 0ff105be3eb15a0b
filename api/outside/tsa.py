"""A time stamp authority of others, over HTTP (RFC 3161, section 3.4)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import httpx
from cryptography import x509

from ca import der
from ca.documents.errors import TimeStampMissing
from ca.timestamps.verification import check_issuer

_TIMEOUT: Final = httpx.Timeout(10.0, connect=3.0)
_ASKED: Final = {"content-type": "application/timestamp-query", "accept": "application/timestamp-reply"}
_REPLY: Final = "application/timestamp-reply"
_LONGEST: Final = 64 * 1024


class OutsideTsa:
    """Asks one authority. Safe for many threads.

    ``trusted``: the CAs whose stampers are believed, read anew for every stamp. ``http``: another client, for
    tests.
    """

    def __init__(
        self, url: str, trusted: Callable[[], Sequence[x509.Certificate]], http: httpx.Client | None = None
    ) -> None:
        self._url = url
        self._trusted = trusted
        # Redirections are not followed: requests go where the settings say and nowhere else.
        self._http = http or httpx.Client(timeout=_TIMEOUT)

    def answer(self, request: bytes) -> bytes:
        """The TimeStampResp to a TimeStampReq; its token is signed by a stamper of a trusted CA.

        What it is over is the asker's to check. Raises TimeStampMissing.
        """
        try:
            response = self._sent(request)
            self._check_signer(response)
        except (httpx.HTTPError, ValueError) as error:
            raise TimeStampMissing(f"{self._url}: {type(error).__name__}: {error}") from error
        return response

    def close(self) -> None:
        """End its connections."""
        self._http.close()

    def _sent(self, request: bytes) -> bytes:
        with self._http.stream("POST", self._url, content=request, headers=_ASKED) as answer:
            kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
            if answer.status_code != httpx.codes.OK or kind != _REPLY:
                raise ValueError(f"HTTP {answer.status_code}, {kind or 'no content type'}")
            read = bytearray()
            for part in answer.iter_raw():
                read += part
                if len(read) > _LONGEST:
                    raise ValueError(f"an answer of more than {_LONGEST} bytes")
            return bytes(read)

    def _check_signer(self, response: bytes) -> None:
        _status, *token = der.read(response).children()
        if token:  # a refusal has none, and the asker reads why
            check_issuer(token[0].whole, self._trusted())

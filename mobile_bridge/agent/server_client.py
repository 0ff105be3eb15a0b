"""The agent's calls to the server: HTTPS, no redirects, every failure told apart."""

from __future__ import annotations

import json
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx

from mobile_bridge import wire
from mobile_bridge.agent.config import NO_PROXY, SYSTEM_PROXY
from mobile_bridge.agent.document import MAX_BYTES
from mobile_bridge.agent.errors import ServerRefused
from mobile_bridge.agent.servers import Origin
from mobile_bridge.agent.versions import OWN, newer
from mobile_bridge.errors import DocumentSuspicious, MessageMalformed, ServerUnreachable

_TIMEOUT: Final = httpx.Timeout(30.0, connect=10.0)
_MAX_MESSAGE: Final = 256 * 1024
_RETRY_PAUSES: Final = (1.0, 3.0)
_FINAL: Final = (401, 404, 410)  # the session is over, or was never this agent's


Progress = Callable[[int, int | None], None]
"""Told of bytes that came, and of how many there are, if the server said so."""


@dataclass(frozen=True, slots=True)
class Route:
    """How servers are reached. ``proxy``: SYSTEM_PROXY (the variables and the system's own settings),
    NO_PROXY, or a URL; ``ca_file``: PEM of CAs besides those that are known.

    Nothing on this PC itself is ever reached by a proxy.
    """

    proxy: str = SYSTEM_PROXY
    ca_file: Path | None = None

    def client(self, origin: Origin) -> httpx.Client:
        """A client for one server, to be closed."""
        told: dict[str, Any] = {"timeout": _TIMEOUT, "headers": {"User-Agent": f"sealbridge-agent/{OWN}"}}
        if self.ca_file is not None:
            context = ssl.create_default_context()
            context.load_verify_locations(self.ca_file)
            told["verify"] = context
        if origin.is_loopback or self.proxy == NO_PROXY:
            return httpx.Client(trust_env=False, **told)
        if self.proxy == SYSTEM_PROXY:
            return httpx.Client(trust_env=True, **told)
        return httpx.Client(trust_env=False, proxy=self.proxy, **told)


DIRECT: Final = Route()


class ServerClient:
    """One server, and with a task token one session on it. Raises ServerUnreachable and ServerRefused.

    ``newer_agent``: the version of a newer agent that the server told of, empty when there is none.
    """

    def __init__(self, origin: Origin, task_token: str = "", route: Route = DIRECT) -> None:
        self.origin = origin
        self.newer_agent = ""
        self._route = route
        self._headers = wire.authorization(task_token) if task_token else {}

    def claim(self, address: str, code: str) -> ServerClient:
        """Claim the session at an address; the client that holds it."""
        body = self._post(wire.CLAIMS_PATH, wire.Claim(address, code).to_json())
        return ServerClient(self.origin, wire.Claimed.from_json(body).task_token, self._route)

    def task(self) -> wire.Task:
        """What is to be approved."""
        return wire.Task.from_json(_json(self._call("GET", wire.TASK_PATH, _MAX_MESSAGE)))

    def offer(self, certificate: bytes) -> None:
        """Name the certificate (DER); the server prepares the document for it."""
        self._post(wire.CERTIFICATE_PATH, wire.Certificate(wire.pack(certificate)).to_json())

    def document(self, progress: Progress | None = None) -> bytes:
        """The prepared PDF. Raises DocumentSuspicious when it is larger than any real one."""
        return self._call("GET", wire.DOCUMENT_PATH, MAX_BYTES, progress=progress)

    def answer(self, cms: bytes) -> str:
        """Post the signature; the SHA-256 of the signed document.

        Tried again when the server is out of reach: it takes the same answer twice.
        """
        message = wire.Answer(wire.pack(cms)).to_json()
        return wire.Accepted.from_json(self._again(wire.ANSWER_PATH, message)).sha256

    def enrolment(self) -> wire.Enrolment:
        """What is wanted of a lock."""
        return wire.Enrolment.from_json(_json(self._call("GET", wire.ENROLMENT_PATH, _MAX_MESSAGE)))

    def offer_keys(self, request: bytes, encryption_key: bytes, label: str, serial: str) -> bytes:
        """Offer keys on a lock; the challenge for the encryption key, or nothing."""
        second = wire.pack(encryption_key) if encryption_key else ""
        shown = label[: wire.MAX_NAME], serial[: wire.MAX_NAME]
        message = wire.EnrolmentKeys(wire.pack(request), second, *shown).to_json()
        challenge = wire.Challenge.from_json(self._again(wire.KEYS_PATH, message)).challenge
        return wire.unpack(challenge, wire.MAX_KEY) if challenge else b""

    def prove(self, proof: str) -> None:
        """Send what the challenge held."""
        self._again(wire.PROOF_PATH, wire.Proof(proof).to_json())

    def certificates(self) -> wire.Certificates:
        """What was issued; empty until the phone has confirmed."""
        return wire.Certificates.from_json(_json(self._call("GET", wire.CERTIFICATES_PATH, _MAX_MESSAGE)))

    def written(self, signing_sha256: str, encryption_sha256: str) -> None:
        """Say that they are on the lock."""
        self._again(wire.WRITTEN_PATH, wire.Written(signing_sha256, encryption_sha256).to_json())

    def refuse(self, reason: str) -> None:
        """Decline."""
        self._post(wire.REFUSAL_PATH, wire.Refusal(reason).to_json())

    def _again(self, path: str, message: Mapping[str, str]) -> Any:
        """Post what may come twice; tried again when the server is out of reach."""
        for pause in _RETRY_PAUSES:
            try:
                return self._post(path, message)
            except ServerUnreachable:
                time.sleep(pause)
        return self._post(path, message)

    def _post(self, path: str, message: Mapping[str, str]) -> Any:
        body = self._call("POST", path, _MAX_MESSAGE, message)
        return _json(body) if body else None

    def _call(
        self,
        method: str,
        path: str,
        limit: int,
        message: Mapping[str, str] | None = None,
        progress: Progress | None = None,
    ) -> bytes:
        url = self.origin.text + path
        try:
            with (
                self._route.client(self.origin) as client,
                client.stream(method, url, json=message, headers=self._headers) as response,
            ):
                body = _read(response, limit, progress)
        except (httpx.HTTPError, OSError) as error:  # OSError: a CA file that cannot be read
            raise ServerUnreachable(f"{self.origin.text}: {type(error).__name__}") from error
        self.newer_agent = newer(response.headers.get(wire.AGENT_VERSION_HEADER, "")) or self.newer_agent
        if response.is_success:
            return body
        raise _refusal(response.status_code, body)


def _read(response: httpx.Response, limit: int, progress: Progress | None) -> bytes:
    told = response.headers.get("content-length", "")
    total = int(told) if told.isdecimal() else None
    body = bytearray()
    for piece in response.iter_bytes():
        body += piece
        if len(body) > limit:
            raise DocumentSuspicious(f"more than {limit} bytes")
        if progress is not None:
            progress(len(body), total)
    return bytes(body)


def _refusal(status: int, body: bytes) -> Exception:
    """A problem of the server's own (RFC 9457); anything else did not come from a bridge."""
    try:
        problem = _json(body)
        code, message = problem["code"], problem["message"]
    except (MessageMalformed, KeyError, TypeError):
        return ServerUnreachable(f"HTTP {status} without a problem: not a signing server, or a redirect")
    return ServerRefused(str(code), str(message), is_final=status in _FINAL)


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError as error:
        raise MessageMalformed("not JSON") from error

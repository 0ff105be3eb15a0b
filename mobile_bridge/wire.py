"""The messages between the server and the lock agent. No I/O, standard library only.

All of them are flat JSON objects of strings; binary values travel in base64 (RFC 4648, section 4). Once
claimed, a session is spoken of with ``Authorization: Bearer <task token>`` (RFC 6750).

| request                   | body        | answer            |
|---------------------------|-------------|-------------------|
| POST CLAIMS_PATH          | Claim       | 201 Claimed       |
| GET  TASK_PATH            |             | Task              |
| POST CERTIFICATE_PATH     | Certificate | 204               |
| GET  DOCUMENT_PATH        |             | application/pdf   |
| POST ANSWER_PATH          | Answer      | Accepted          |
| POST REFUSAL_PATH         | Refusal     | 204               |

A refusal of the server is an ``application/problem+json`` object (RFC 9457) with a stable ``code``.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import asdict, dataclass, fields
from typing import Any, Final, Self
from urllib.parse import urlencode

from mobile_bridge.errors import MessageMalformed, MessageTooLarge

PREFIX: Final = "/bridge/v1"
CLAIMS_PATH: Final = f"{PREFIX}/claims"
TASK_PATH: Final = f"{PREFIX}/task"
CERTIFICATE_PATH: Final = f"{TASK_PATH}/certificate"
DOCUMENT_PATH: Final = f"{TASK_PATH}/document"
ANSWER_PATH: Final = f"{TASK_PATH}/answer"
REFUSAL_PATH: Final = f"{TASK_PATH}/refusal"

PAGE_PREFIX: Final = "/pc"
"""Under it, the page that a person opens: ``<server>/pc/XXXXX-XXXXX``."""

AGENT_PORT: Final = 8765
"""Where the agent's page listens on the loopback interface unless it is told otherwise."""
START_LINK: Final = "sealbridge:start"
"""Starts the agent and no more: a program's arguments are no place for a task token."""
AGENT_VERSION_HEADER: Final = "Sealbridge-Agent-Version"
"""In every answer to the agent that is a message: the newest version of the agent that the server knows."""
LOCK_SIGNATURE: Final = "lock-signature"
"""The kind of a task that ends in an ``Answer``."""

MAX_CERTIFICATE: Final = 16 * 1024
MAX_CMS: Final = 64 * 1024
MAX_REASON: Final = 200
"""Most bytes of a certificate and of a CMS, most characters of a refusal's reason."""


class _Message:
    """A frozen dataclass of strings."""

    __slots__ = ()

    def to_json(self) -> dict[str, str]:
        """The object that JSON shall hold."""
        return asdict(self)  # type: ignore[call-overload,no-any-return]

    @classmethod
    def from_json(cls, data: Any) -> Self:
        """A message from decoded JSON; unknown fields are left to newer versions. Raises MessageMalformed."""
        if not isinstance(data, dict):
            raise MessageMalformed(f"not a {cls.__name__}")
        told = {field.name: data.get(field.name, field.default) for field in fields(cls)}  # type: ignore[arg-type]
        if not all(isinstance(text, str) for text in told.values()):
            raise MessageMalformed(f"not a {cls.__name__}")
        return cls(**told)


@dataclass(frozen=True, slots=True)
class Claim(_Message):
    """The address on the phone, dashes and case as typed, and the code shown under it."""

    address: str
    code: str


@dataclass(frozen=True, slots=True)
class Claimed(_Message):
    """The secret that stands for the session from now on, given out once."""

    task_token: str


@dataclass(frozen=True, slots=True)
class Task(_Message):
    """What the lock's holder must see before deciding. ``expires_at``: RFC 3339, UTC.

    ``kind``: what is asked of the lock; an agent declines to begin what it does not know.
    """

    site: str
    title: str
    applicant_name: str
    applicant_phone_masked: str
    enterprise_name: str
    credit_code: str
    expires_at: str
    kind: str = LOCK_SIGNATURE


@dataclass(frozen=True, slots=True)
class Certificate(_Message):
    """The certificate that the holder is about to sign with: DER in base64."""

    certificate: str


@dataclass(frozen=True, slots=True)
class Answer(_Message):
    """A detached CMS over the prepared document: DER in base64."""

    cms: str


@dataclass(frozen=True, slots=True)
class Accepted(_Message):
    """SHA-256 of the signed document as the server keeps it, hexadecimal."""

    sha256: str


@dataclass(frozen=True, slots=True)
class Refusal(_Message):
    """Why the holder declined; may be empty."""

    reason: str


def pack(data: bytes) -> str:
    """Binary data as a message carries it."""
    return base64.b64encode(data).decode("ascii")


def unpack(text: str, limit: int) -> bytes:
    """Binary data of a message, 1 to ``limit`` bytes. Raises MessageMalformed, MessageTooLarge."""
    if len(text) > (limit + 2) // 3 * 4:
        raise MessageTooLarge(f"more than {limit} bytes")
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise MessageMalformed("not base64") from error
    if not data:
        raise MessageMalformed("empty")
    if len(data) > limit:
        raise MessageTooLarge(f"more than {limit} bytes")
    return data


def authorization(task_token: str) -> dict[str, str]:
    """The header that names and opens a claimed session."""
    return {"Authorization": f"Bearer {task_token}"}


def agent_link(server: str, task_token: str, port: int = AGENT_PORT, back: str = "") -> str:
    """The agent's own page for a task. The token is in the fragment, which no server sees or logs.

    ``back``: path of the server's page to which the browser goes afterwards.
    """
    told = {"server": server} | ({"back": back} if back else {})
    return f"http://127.0.0.1:{port}/task?{urlencode(told)}#token={task_token}"

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

A task for getting a certificate onto a lock answers ``task_is_enrolment`` to all but the claim and the
refusal, and goes on so:

| request                   | body              | answer              |
|---------------------------|-------------------|---------------------|
| GET  ENROLMENT_PATH       |                   | Enrolment           |
| POST KEYS_PATH            | EnrolmentKeys     | Challenge           |
| POST PROOF_PATH           | Proof             | 204                 |
| GET  CERTIFICATES_PATH    |                   | Certificates        |
| POST WRITTEN_PATH         | Written           | 204                 |

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

ENROLMENT_PATH: Final = f"{TASK_PATH}/enrolment"
KEYS_PATH: Final = f"{ENROLMENT_PATH}/keys"
PROOF_PATH: Final = f"{ENROLMENT_PATH}/proof"
CERTIFICATES_PATH: Final = f"{ENROLMENT_PATH}/certificates"
WRITTEN_PATH: Final = f"{ENROLMENT_PATH}/written"

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
MAX_REQUEST: Final = 16 * 1024
MAX_KEY: Final = 4 * 1024
MAX_NAME: Final = 64
"""Most bytes of a certificate request and of a public key, most characters of a lock's label or serial."""


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
class _Shown(_Message):
    """What the lock's holder must see before deciding. ``expires_at``: RFC 3339, UTC."""

    site: str
    title: str
    applicant_name: str
    applicant_phone_masked: str
    enterprise_name: str
    credit_code: str
    expires_at: str


@dataclass(frozen=True, slots=True)
class Task(_Shown):
    """What the lock's holder must see before deciding. ``expires_at``: RFC 3339, UTC.

    ``kind``: what is asked of the lock; an agent declines to begin what it does not know.
    """

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


@dataclass(frozen=True, slots=True)
class Enrolment(_Shown):
    """What the lock's holder must see, and what is wanted of the lock.

    ``reference``: names the enrolment for good: pairs on the lock are found again by it. ``nonce``: the
    challenge password of the request (RFC 2985, section 5.4.1), another one in each session. ``key_kind``:
    of ``hsm.KeyKind``. ``signing_subject``, ``encryption_subject``: RFC 4514; the second is empty where no
    encryption certificate is wanted. ``present_signing``, ``present_encryption``: SHA-256 of the certificates
    that are renewed, hexadecimal; empty for first ones. ``issued``: ``yes`` once there are certificates.
    """

    reference: str
    nonce: str
    key_kind: str
    signing_subject: str
    encryption_subject: str
    present_signing: str
    present_encryption: str
    issued: str


@dataclass(frozen=True, slots=True)
class EnrolmentKeys(_Message):
    """The keys on the lock. ``signing_request``: a PKCS#10 (RFC 2986) by the signing key; ``encryption_key``:
    the SubjectPublicKeyInfo of the other one, or empty. ``lock_label``, ``lock_serial``: for people to
    compare.
    """

    signing_request: str
    encryption_key: str
    lock_label: str
    lock_serial: str


@dataclass(frozen=True, slots=True)
class Challenge(_Message):
    """For the encryption key to open (``mobile_bridge.possession``); empty where nothing more is to prove."""

    challenge: str


@dataclass(frozen=True, slots=True)
class Proof(_Message):
    """That the challenge was opened, hexadecimal."""

    proof: str


@dataclass(frozen=True, slots=True)
class Certificates(_Message):
    """What was issued, DER in base64. ``chain``: issuing CA first, root last, PEM one after the other.

    All are empty while the phone has not confirmed; the second too where there is only one certificate.
    """

    signing_certificate: str
    encryption_certificate: str
    chain: str


@dataclass(frozen=True, slots=True)
class Written(_Message):
    """SHA-256 of the certificates that are on the lock now, hexadecimal; the second may be empty."""

    signing_sha256: str
    encryption_sha256: str


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

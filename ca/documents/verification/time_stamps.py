"""Time stamps in signatures and over documents (RFC 3161): when something was there, by whose word."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from hmac import compare_digest
from typing import Any, Final

from asn1crypto import tsp

from ca.documents.verification import messages
from ca.documents.verification.certificates import Certificates, subject_of
from ca.documents.verification.messages import DigestOf, Flaw, Message
from ca.documents.verification.model import Problem, TimeStampReport

_STAMPING: Final = "time_stamping"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def of_signature(token: Any, value: bytes, known: Certificates) -> TimeStampReport:
    """A token (asn1crypto's ContentInfo) over a signature value."""

    def digest_of(name: str) -> bytes:
        return hashlib.new(name, value, usedforsecurity=False).digest()

    try:
        return judge(messages.read(token.dump()), digest_of, known, over_document=False)
    except Flaw as flaw:
        return TimeStampReport(_EPOCH, "", False, False, (flaw.problem.value,))


def judge(
    message: Message, digest_of: DigestOf, known: Certificates, *, over_document: bool
) -> TimeStampReport:
    """A token that was read. ``digest_of``: of what it is to be over. Raises Flaw when it is no token."""
    encoded = message.content or b""
    try:
        info = tsp.TSTInfo.load(encoded, strict=True)
        at: datetime = info["gen_time"].native
        imprint, named = info["message_imprint"]["hashed_message"].native, info["message_imprint"]
        name = messages.DIGESTS.get(named["hash_algorithm"]["algorithm"].dotted, "")
    except Exception as error:  # broken structures meet a reader's every exception
        raise Flaw(Problem.FORMAT_UNKNOWN, "not a time stamp") from error
    problems = messages.faults(
        message,
        "tst_info",
        lambda digest: hashlib.new(digest, encoded, usedforsecurity=False).digest(),
        lambda: encoded,
    )
    if not name or not compare_digest(imprint, digest_of(name)):
        problems.append(Problem.DIGEST_DIFFERS)
    if not _is_stamper(message.certificate):
        problems.append(Problem.CERTIFICATE_NOT_FOR_SIGNING)
    judged = known.judge(message.certificate, at)
    if judged.problem is not None:
        problems.append(judged.problem)
    authority = subject_of(message.certificate)
    codes = tuple(one.value for one in dict.fromkeys(problems))
    return TimeStampReport(at, authority, over_document, not codes, codes)


def _is_stamper(certificate: Any) -> bool:
    """RFC 3161, section 2.3: the usage is time stamping and no other."""
    usage = certificate.extended_key_usage_value
    return usage is not None and usage.native == [_STAMPING]

"""What a signature beside a file is worth, with given roots as the only trust and no network."""

from __future__ import annotations

import logging
import re
from base64 import b64decode
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import BinaryIO, Final

from ca.documents.detached.digests import digests_of
from ca.documents.detached.report import FileReport, SignerReport
from ca.documents.errors import SignatureUnreadable
from ca.documents.verification import judging, long_term, messages, time_stamps
from ca.documents.verification.certificates import facts, may_sign_documents
from ca.documents.verification.long_term import Embedded, Proof
from ca.documents.verification.messages import Flaw, Message
from ca.documents.verification.model import Problem, SealReport, TimeStampReport
from ca.documents.verification.seals import seal_in
from ca.documents.verification.trust import Trust

log = logging.getLogger(__name__)

MAX_BYTES: Final = 16 * 1024 * 1024
"""Of a signature: a seal, certificates, and lists for B-LT."""
Digests = Callable[[Iterable[str]], Mapping[str, bytes]]
"""Gives digests of a file by names of hashlib; one that it does not have is left out."""
_PEM: Final = re.compile(rb"-----BEGIN (PKCS7|CMS)-----\s+([A-Za-z0-9+/=\s]+?)-----END \1-----")


def verify_detached(file: BinaryIO, signature: bytes, trust: Trust, at: datetime) -> FileReport:
    """What is known of ``file``, read once, by its ``signature`` (CMS in DER, BER or PEM), at ``at``.

    Raises SignatureUnreadable.
    """
    return verify_by_digests(lambda names: digests_of(file, names), signature, trust, at)


def verify_by_digests(digests: Digests, signature: bytes, trust: Trust, at: datetime) -> FileReport:
    """``verify_detached`` where the file is elsewhere. Raises SignatureUnreadable."""
    if len(signature) > MAX_BYTES:
        raise SignatureUnreadable(f"{len(signature)} bytes, at most {MAX_BYTES}")
    try:
        found = messages.read_all(_unarmoured(signature))
    except Flaw as flaw:
        raise SignatureUnreadable(str(flaw)) from flaw
    read = [one for one in found if isinstance(one, Message)]
    if any(one.content is not None for one in read):
        raise SignatureUnreadable("the content is inside: not a signature beside a file")
    judge = _Judge(read, digests({one.digest for one in read}), trust, at)
    return FileReport(at, tuple(map(judge.report, found)))


def _unarmoured(signature: bytes) -> bytes:
    found = _PEM.search(signature)
    return b64decode(found[2]) if found else signature


class _Judge:
    """Everything that the signers of a message share."""

    def __init__(
        self, read: Iterable[Message], digests: Mapping[str, bytes], trust: Trust, at: datetime
    ) -> None:
        self._digests, self._at = digests, at
        embedded = Embedded()
        for one in read:
            try:
                embedded.add_message(one)
            except Exception as error:  # what is carried for others is read only now, and may break
                log.info("left out what cannot be read: %s", type(error).__name__)
        self._known, self._alone = embedded.knowing(trust), embedded.alone(trust)

    def report(self, message: Message | Flaw) -> SignerReport:
        """What is known of one signer."""
        if isinstance(message, Flaw):
            return SignerReport(problems=(message.problem.value,))
        try:
            return self._judged(message)
        except Exception as error:  # a certificate is read while it is judged, and may break then
            log.info("a signer cannot be judged: %s", type(error).__name__)
            return SignerReport(problems=(Problem.UNREADABLE.value,))

    def _judged(self, message: Message) -> SignerReport:
        stamps, proof = self._proof(message)
        proven, claimed = min((at for _, at in proof.in_signature), default=None), message.claimed_at
        moment = proven or min(claimed or self._at, self._at)
        then = self._known.judge(message.certificate, moment)
        now = self._known.judge(message.certificate, self._at)
        broken = messages.faults(message, "data", lambda name: self._digests.get(name, b""), _unread)
        seal, seal_problems = self._seal(message, moment)
        problems: list[str] = [*broken, *seal_problems]
        problems += judging.stamp_problems(stamps)
        problems += judging.certificate_problems(then, now, proven, claimed)
        if not may_sign_documents(message.certificate):
            problems.append(Problem.CERTIFICATE_NOT_FOR_SIGNING)
        return SignerReport(
            certificate=facts(message.certificate),
            claimed_at=claimed,
            proven_at=proven,
            algorithms=message.algorithms,
            intact=not broken,
            then=then.state,
            now=now.state,
            time_stamps=tuple(stamps),
            level=long_term.level(message, moment, proof, self._alone),
            seal=seal,
            problems=judging.by_gravity(str(one) for one in problems),
        )

    def _proof(self, message: Message) -> tuple[list[TimeStampReport], Proof]:
        value = message.signer["signature"].native
        stamps = [(one, time_stamps.of_signature(one, value, self._known)) for one in message.stamps]
        trusted = [
            (messages.read(token.dump()).certificate, stamp.at) for token, stamp in stamps if stamp.trusted
        ]
        return [stamp for _, stamp in stamps], Proof(tuple(trusted), (), False)

    def _seal(self, message: Message, at: datetime) -> tuple[SealReport | None, list[str]]:
        try:
            seal = seal_in(message, at, self._known)
        except Flaw as flaw:
            return None, [flaw.problem]
        return seal, list(seal.faults) if seal else []


def _unread() -> bytes:
    """RFC 5652 allows to sign without attributes; CAdES does not, and large files would not fit."""
    raise ValueError("no signed attributes")

"""The lock agent's side of 下载到 CA 锁 over HTTP; messages as in ``mobile_bridge.wire``."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC

from fastapi import APIRouter

from mobile_bridge import wire
from mobile_bridge.errors import MessageMalformed
from mobile_bridge.server.enrolling import Enrolments, Offer
from mobile_bridge.server.routes import TaskToken

_HEX_DIGEST = 64


def router(service: Enrolments) -> APIRouter:
    """The routes under ``wire.ENROLMENT_PATH``."""
    routes = APIRouter(tags=["电脑端签章"])

    @routes.get(wire.ENROLMENT_PATH)
    def enrolment(token: TaskToken) -> wire.Enrolment:
        """下载到 CA 锁: whom the certificates will name, and which keys are wanted."""
        wanted, nonce, expires_at = service.facts(token)
        told = asdict(wanted) | {"issued": "yes" if wanted.issued else ""}
        told |= told.pop("facts")
        until = expires_at.astimezone(UTC).isoformat(timespec="seconds")
        return wire.Enrolment(**told, nonce=nonce, expires_at=until)

    @routes.post(wire.KEYS_PATH)
    def keys(token: TaskToken, body: wire.EnrolmentKeys) -> wire.Challenge:
        """提交密钥: keys made on the lock, with the proof that they are there."""
        offer = Offer(
            wire.unpack(body.signing_request, wire.MAX_REQUEST),
            wire.unpack(body.encryption_key, wire.MAX_KEY) if body.encryption_key else b"",
            _name(body.lock_label),
            _name(body.lock_serial),
        )
        challenge = service.offer(token, offer)
        return wire.Challenge(wire.pack(challenge) if challenge else "")

    @routes.post(wire.PROOF_PATH, status_code=204)
    def proof(token: TaskToken, body: wire.Proof) -> None:
        """证明持有加密密钥: what the challenge held, as a MAC."""
        service.prove(token, _digest(body.proof))

    @routes.get(wire.CERTIFICATES_PATH)
    def certificates(token: TaskToken) -> wire.Certificates:
        """取证书: empty until the phone has confirmed the keys; may be asked again."""
        given = service.certificates(token)
        if given is None:
            return wire.Certificates("", "", "")
        second = wire.pack(given.encryption) if given.encryption else ""
        return wire.Certificates(wire.pack(given.signing), second, given.chain)

    @routes.post(wire.WRITTEN_PATH, status_code=204)
    def written(token: TaskToken, body: wire.Written) -> None:
        """已写入 CA 锁: the certificates are on the lock; may be said again."""
        second = _digest(body.encryption_sha256) if body.encryption_sha256 else ""
        service.written(token, _digest(body.signing_sha256), second)

    return routes


def _name(text: str) -> str:
    if len(text) > wire.MAX_NAME or not text.isprintable():
        raise MessageMalformed(f"a lock's name has at most {wire.MAX_NAME} printable characters")
    return text


def _digest(text: str) -> str:
    if len(text) != _HEX_DIGEST or not set(text) <= set("0123456789abcdef"):
        raise MessageMalformed("a SHA-256 in lower-case hexadecimal is expected")
    return text

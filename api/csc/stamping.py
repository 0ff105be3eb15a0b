"""``signatures/timestamp``: a time stamp of our own authority (RFC 3161) in JSON."""

from __future__ import annotations

import re
from base64 import b64encode
from typing import Any, Final

from asn1crypto import algos, tsp

from api.csc.errors import CscRefused, invalid
from api.csc.rules import check_lengths, hashing_of, read_hash
from api.errors import AppError
from ca.timestamps import TimeStamper
from hsm.errors import Kind

_NONCE: Final = {10: re.compile(r"[0-9]{1,40}"), 16: re.compile(r"[0-9A-Fa-f]{1,32}")}


class StampRefused(AppError):
    """No time stamp can be made at this moment: the clock is not trusted, or the token is away."""

    kind = Kind.UNAVAILABLE
    code = "time_stamp_unavailable"
    zh = "时间戳服务暂不可用，请稍后再试"


class Stamping:
    """Asks the time stamp authority of this server."""

    def __init__(self, stamper: TimeStamper) -> None:
        self._stamper = stamper

    def stamp(self, hash_text: str, hash_algorithm: str, nonce: str | None, base: int) -> str:
        """A time-stamp token, DER in base64. ``base``: 10 or 16, in which this version writes nonces.

        Raises CscRefused, StampRefused.
        """
        if not hash_text:
            raise CscRefused("Empty hash parameter")
        hashing, digest = hashing_of(hash_algorithm, "hashAlgo"), read_hash(hash_text, "hash")
        check_lengths([digest], hashing)
        asked: dict[str, Any] = {
            "version": 1,
            "message_imprint": {
                "hash_algorithm": algos.DigestAlgorithm({"algorithm": hashing.value}),
                "hashed_message": digest,
            },
            "cert_req": True,
        }
        if nonce is not None:
            asked["nonce"] = _number(nonce, base)
        answer = tsp.TimeStampResp.load(self._stamper.answer(tsp.TimeStampReq(asked).dump()))
        if answer["status"]["status"].native != "granted":
            raise StampRefused("the authority did not grant it")
        return b64encode(answer["time_stamp_token"].dump()).decode()


def _number(nonce: str, base: int) -> int:
    if _NONCE[base].fullmatch(nonce) is None:
        raise invalid("nonce")
    return int(nonce, base)

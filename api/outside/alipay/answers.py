"""The answer of a call: JSON text, of which the part under ``…_response`` is signed as it stands."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from api.outside.alipay.signing import is_signed
from api.outside.errors import ProviderAnswerInvalid, ProviderRefused, ProviderUnreachable

_SUCCESS: Final = "10000"
_FAILED: Final = "40004"
# Alipay's own faults: whether it acted is not known, so the caller asks again.
_THEIR_FAULTS: Final = frozenset({"20000"})
_THEIR_SUB_CODES: Final = frozenset({"ACQ.SYSTEM_ERROR", "SYSTEM_ERROR", "aop.ACQ.SYSTEM_ERROR"})


class AlipayRefused(ProviderRefused):
    """Alipay understood and did not do it (code 40004).

    ``provider_code``: the sub_code of its documentation, ``ACQ.TRADE_NOT_EXIST`` and the like.
    """

    code = "alipay_refused"


@dataclass(frozen=True, slots=True)
class Answer:
    """A signed answer that says success. ``text``: exactly what was signed, for evidence."""

    content: dict[str, Any]
    text: str


def read_answer(body: bytes, method: str, key: RSAPublicKey) -> Answer:
    """The signed part of an answer to ``method``.

    Only the text that the signature covers is looked into. Raises ProviderAnswerInvalid (not signed by
    ``key``, or of another method), AlipayRefused, ProviderRefused, ProviderUnreachable.
    """
    answer, signature = _signed_part(body, method)
    if signature is None:
        _refuse_unsigned(answer.content)
    elif not is_signed(key, answer.text, signature):
        raise ProviderAnswerInvalid(f"the answer to {method} is not signed by Alipay")
    _check_success(answer.content)
    return answer


def _signed_part(body: bytes, method: str) -> tuple[Answer, str | None]:
    """The inner text as it was sent, and the signature beside it."""
    node = method.replace(".", "_") + "_response"
    try:
        text = body.decode()
        head = re.match(rf'\s*\{{\s*"({node}|error_response)"\s*:\s*', text)
        if head is None:
            raise ValueError("another node")
        content, end = json.JSONDecoder().raw_decode(text, head.end())
        signature = json.loads(text).get("sign")
    except (ValueError, RecursionError):
        raise ProviderAnswerInvalid(f"the answer to {method} is not of its shape") from None
    if not isinstance(content, dict) or (head[1] != node and content.get("code") == _SUCCESS):
        raise ProviderAnswerInvalid(f"the answer to {method} says nothing of it")
    return Answer(content, text[head.end() : end]), signature if isinstance(signature, str) else None


def _refuse_unsigned(content: dict[str, Any]) -> None:
    """The gateway does not sign what it says to an application that it does not know."""
    if str(content.get("code", _SUCCESS)) == _SUCCESS:
        raise ProviderAnswerInvalid("an unsigned answer says success")
    raise ProviderRefused(str(content.get("sub_code") or content["code"]), "unsigned, from Alipay's gateway")


def _check_success(content: dict[str, Any]) -> None:
    code, sub_code = str(content.get("code")), str(content.get("sub_code", ""))
    if code == _SUCCESS:
        return
    if code in _THEIR_FAULTS or sub_code in _THEIR_SUB_CODES:
        raise ProviderUnreachable(f"Alipay: {code} {sub_code}")
    if code == _FAILED:
        raise AlipayRefused(sub_code, "Alipay did not do it")
    raise ProviderRefused(sub_code or code, f"Alipay: {code}")

"""公安认证 and 银行卡四要素: Alibaba Cloud's ID Verification, version 2019-03-07.

https://help.aliyun.com/zh/id-verification/information-verification/developer-reference/api-cloudauth-2019-03-07
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, ClassVar, Final

from api.outside.aliyun.client import AliyunClient
from api.outside.errors import ProviderAnswerInvalid, ProviderRefused, ProviderUnreachable
from api.outside.identity import Doubt, Subject, Verdict

VERSION: Final = "2019-03-07"
_AGREES, _DIFFERS, _UNKNOWN = "1", "2", "3"
_HOLDER_DIFFERS: Final = "201"  # 202 to 216 and 3xx: the card itself is at fault


class PoliceCheck:
    """Id2MetaVerify: whether name and identity number belong together in the police's records."""

    provider: ClassVar[str] = "aliyun-id2meta"

    def __init__(self, client: AliyunClient) -> None:
        self._client = client

    def verify(self, subject: Subject) -> Verdict:
        """Raises ProviderUnreachable, ProviderRefused, ProviderAnswerInvalid."""
        person = {"UserName": subject.name, "IdentifyNum": subject.id_number}
        answer = _call(self._client, "Id2MetaVerify", {"ParamType": "normal"}, person)
        doubts = {_AGREES: None, _DIFFERS: Doubt.MISMATCH, _UNKNOWN: Doubt.NO_RECORD}
        return _verdict(answer, doubts)


class BankCardCheck:
    """BankMetaVerify: whether card, name, identity number and the phone known to the bank agree."""

    provider: ClassVar[str] = "aliyun-bank4meta"

    def __init__(self, client: AliyunClient) -> None:
        self._client = client

    def verify(self, subject: Subject) -> Verdict:
        """Raises ProviderUnreachable, ProviderRefused, ProviderAnswerInvalid."""
        asked = {"ParamType": "normal", "VerifyMode": "VERIFY_BANK_CARD", "ProductType": "BANK_CARD_4_META"}
        person = {
            "UserName": subject.name,
            "IdentifyNum": subject.id_number,
            "BankCard": subject.card,
            "Mobile": subject.mobile,
        }
        answer = _call(self._client, "BankMetaVerify", asked, person)
        is_holder = _result(answer).get("SubCode") != _HOLDER_DIFFERS
        differs = Doubt.CARD_UNUSABLE if is_holder else Doubt.CARD_MISMATCH
        return _verdict(answer, {_AGREES: None, _DIFFERS: differs, _UNKNOWN: Doubt.CARD_UNUSABLE})


def _call(
    client: AliyunClient, action: str, asked: Mapping[str, str], person: Mapping[str, str]
) -> dict[str, Any]:
    """The answer whose Code says that it was looked up; what is about the person travels in the body."""
    answer = client.call(action, VERSION, asked, person)
    code = str(answer.get("Code"))
    if code.startswith("5"):
        raise ProviderUnreachable(f"{action}: code {code}")
    if code != "200":
        raise ProviderRefused(code, action)
    return answer


def _result(answer: dict[str, Any]) -> dict[str, Any]:
    found = answer.get("ResultObject")
    if not isinstance(found, dict):
        raise ProviderAnswerInvalid("no ResultObject in the answer")
    return found


def _verdict(answer: dict[str, Any], doubts: Mapping[str, Doubt | None]) -> Verdict:
    code, reference = str(_result(answer).get("BizCode")), answer.get("RequestId")
    if code not in doubts or not isinstance(reference, str) or len(reference) > 64:
        raise ProviderAnswerInvalid(f"BizCode {code[:8]!r} or the RequestId is not of the documented kind")
    return Verdict(doubts[code], reference, json.dumps(answer, ensure_ascii=False, sort_keys=True))

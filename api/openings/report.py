"""The evidence of an opening for people to read: a PDF that says what the file says, event by event.

It is no evidence by itself. What is verified is the file; the report names its end and its digest.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from api.timezone import CHINA
from ca.typesetting.drawable import drawable
from ca.typesetting.engine import Template

_TEMPLATE: Final = Template(Path(__file__).parent / "report.typ")

_EVENTS: Final = {
    "announced": "平台公告开标时间",
    "postponed": "平台推迟开标时间",
    "requested": "平台发起请求",
    "request-refused": "平台请求被拒绝",
    "scan-made": "生成二维码",
    "code-shown": "页面展示二维码",
    "claimed": "手机扫码",
    "claimed-again": "其他手机重复扫码",
    "approval-begun": "开始确认",
    "approval-ended": "确认未成功",
    "approval-lapsed": "确认中断",
    "completed": "完成",
    "refused": "用户拒绝",
    "expired": "过期",
    "cancelled": "取消",
    "failed": "失败",
}
_KINDS: Final = {"deposit": "递交投标文件", "decrypt": "开标解密", "announce": "公告开标时间"}
_RESULTS: Final = {
    "opened": "已解密",
    "deposited": "已递交",
    "pin_wrong": "PIN 码错误",
    "pin_locked": "PIN 码已锁定",
    "pin_busy": "PIN 码正在验证中",
    "token_unavailable": "密码设备不可用",
    "token_error": "密码设备出错",
    "token_busy": "密码设备繁忙",
    "certificate_invalid": "证书已失效",
    "certificate_unknown": "不是本机构签发的证书",
    "recipient_not_ours": "不是加密给该投标人的",
    "recipient_malformed": "格式不正确",
    "recipient_unsupported": "算法不支持",
    "envelope_not_opened": "无法打开",
    "envelope_of_other_tender": "不属于本项目",
    "check_wrong": "密钥校验不符",
    "not_permitted": "无此权限",
    "other_pin_needed": "须使用该证书自己的 PIN 码",
    "opening_not_begun": "尚未开标",
    "opening_over": "解密时间已截止",
    "opening_brought_forward": "开标时间不能提前",
    "opening_begun": "开标已开始，不能改期",
    "deposit_too_late": "投标截止时间已过",
}


def render_report(file: Mapping[str, Any]) -> bytes:
    """A tagged PDF; the same file always gives the same bytes."""
    opening, shown = file["opening"], [one for one in file["events"] if "what" in one]
    data = {
        "title": opening["title"],
        "number": opening["number"],
        "platform": f"{opening['platform']['name']}（{opening['platform']['domain']}）",
        "opens_at": _time(opening["opens_at"]),
        "closes_at": _time(opening["closes_at"]),
        "count": str(file["chain"]["count"]),
        "hidden": str(len(file["events"]) - len(shown)),
        "head": _grouped(file["chain"]["head"]),
        "statement": _grouped(hashlib.sha256(file["statement"].encode()).hexdigest()),
        "events": [_row(one) for one in shown],
    }
    return _TEMPLATE.pdf(drawable(data), tagged=True)


def _grouped(digest: str) -> str:
    """Sixteen digits at a time, for eyes."""
    return " ".join(digest[at : at + 16] for at in range(0, len(digest), 16))


def _row(event: Mapping[str, Any]) -> dict[str, str]:
    return {
        "number": str(event["number"]),
        "at": _time(event["at"]),
        "what": _EVENTS.get(event["what"], event["what"]),
        "who": _who(event),
        "told": "；".join(_told(event)),
    }


def _who(event: Mapping[str, Any]) -> str:
    enterprise = event.get("enterprise") or {}
    parts = [enterprise.get("name"), event.get("person_name")]
    if "person" in event and not any(parts):
        parts = [f"人员 {str(event['person'])[:8]}"]
    return " ".join(one for one in parts if one)


def _told(event: Mapping[str, Any]) -> list[str]:
    lines = []
    if event["what"] in ("requested", "request-refused", "scan-made", "completed"):
        lines.append(_KINDS.get(event.get("kind", ""), ""))
    if "opens_at" in event:
        lines.append(f"{_time(event['opens_at'])} 至 {_time(event['closes_at'])}")
    if "pin" in event:
        lines.append("PIN 码正确")
    if "code" in event:
        lines.append(_RESULTS.get(event["code"], event["code"]))
    lines += [
        f"{one['id']}：{_RESULTS.get(one['status'], one['status'])}" for one in event.get("envelopes", ())
    ]
    if "scan" in event:
        lines.append(f"扫码 {str(event['scan'])[:8]}")
    return [one for one in lines if one]


def _time(text: str) -> str:
    at = datetime.fromisoformat(text).astimezone(CHINA)
    return at.isoformat(" ", "milliseconds").removesuffix("+08:00")

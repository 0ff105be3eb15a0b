"""The flows of the API in the order in which an app meets them: the tags of its description."""

from __future__ import annotations

from typing import Final

FLOWS: Final[dict[str, str]] = {
    "登录": "Signing in by SMS code or password, tokens and their renewal, devices, the account itself.",
    "实名认证": "Who the person is: Alipay's face check, the police's records, or a bank card. Nothing else "
    "is done for an enterprise before it is passed (`real_name_required`).",
    "消息": "What happened meanwhile, and reminders; each with a link to the thing.",
    "证书申领": "Provinces, platforms, CAs, products, validity and fees to choose from.",
    "企业与办事人员": "The enterprises that one acts for, their clerks and what each may do.",
    "移交管理员": "An administrator gives the enterprise to one of its clerks.",
    "认领企业与证书申请": "Everything that can be applied for, from the draft to the approval.",
    "加入企业审批": "Who asks to act for the enterprises that one administers.",
    "支付": "Paying for what was approved.",
    "证书": "Downloading, one's own certificates, and all that is done with them.",
    "下载到 CA 锁": "Certificates for keys that are made on the person's own CA lock, on a computer.",
    "签章": "Sealing PDFs, OFD documents, and files of any kind.",
    "验证签名": "What a signed or sealed PDF is worth, whoever made it. For everybody, without signing in.",
    "印章": "Seals of one's certificates: seen, applied for by template or picture, suspended, destroyed.",
    "远程签名": "Signing software uses certificates by the CSC API, once their holders have switched it on.",
    "扫码": "Requests of trading platforms, taken by scanning a QR code: bind, sign in, seal, approve, open.",
    "开标": "Openings: which bids were deposited for them, and their logs as evidence.",
    "密钥恢复": "The way back when the PIN of an encryption key is lost: two operators agree.",
    "电脑端签章": "What the program on the PC says to the server (发送到电脑). Apps do not call this.",
    "扫码等待": "What a platform's page asks while it shows a QR code and waits for the phone. Pages of the "
    "session's own origin may call these from another site (CORS).",
    "操作员登录": "Operators: name and password, and a passkey as second factor.",
    "CA 审核": "Reviewers take applications and judge them; whatever an act needs is beside it.",
    "印章管理": "Operators review applications for seals, file them, suspend and destroy seals.",
    "审核理由": "Templates of the reasons that applicants read.",
    "审核统计": "How many were decided, how long it took, and why applications were refused.",
    "实名管理": "Operators look an identity up, and give it free for its owner.",
    "证书管理": "Operators find, suspend, release and revoke certificates, and publish lists.",
    "目录管理": "Managers change what can be applied for; every change is kept with its author.",
    "平台管理": "Managers register trading platforms, their keys and what they may ask people for.",
    "订单管理": "Orders of everybody, and refunds.",
    "平台接口": "Calls of trading platforms, each signed by the platform (RFC 9421; docs/platform.md).",
    "审计日志": "Auditors search the journal of who did what, see how far it is signed, and take it away.",
    "EST 自动登记": "Machines get and renew certificates by themselves (RFC 7030).",
    "PKI": "Certificates of the CAs and revocation lists, for everybody (RFC 5280, RFC 2585).",
}


def tags() -> list[dict[str, str]]:
    """The flows as OpenAPI's tag objects."""
    return [{"name": name, "description": says} for name, says in FLOWS.items()]

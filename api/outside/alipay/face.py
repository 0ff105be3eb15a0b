"""支付宝身份认证: alipay.user.certify.open, the face check on Alipay's own page.

https://opendocs.alipay.com/open/20181012100420932508
"""

from __future__ import annotations

from typing import ClassVar

from api.outside.alipay.client import Alipay
from api.outside.errors import ProviderAnswerInvalid
from api.outside.identity import Doubt, Subject, Verdict


class AlipayFace:
    """The face check of one application."""

    provider: ClassVar[str] = "alipay"

    def __init__(self, alipay: Alipay) -> None:
        self._alipay = alipay

    def begin(self, number: str, subject: Subject, return_url: str) -> str:
        """Announce the person to Alipay; its certify_id, good for 23 hours."""
        business = {
            "outer_order_no": number,
            "biz_code": "FACE",
            "identity_param": {
                "identity_type": "CERT_INFO",
                "cert_type": "IDENTITY_CARD",
                "cert_name": subject.name,
                "cert_no": subject.id_number,
            },
            "merchant_config": {"return_url": return_url},
        }
        certify_id = self._alipay.call("alipay.user.certify.open.initialize", business).content.get(
            "certify_id"
        )
        if not isinstance(certify_id, str) or not 0 < len(certify_id) <= 64:
            raise ProviderAnswerInvalid("no certify_id in the answer")
        return certify_id

    def page(self, reference: str, return_url: str) -> str:
        """The signed address; a browser goes on from there into the Alipay app."""
        return self._alipay.page("alipay.user.certify.open.certify", {"certify_id": reference}, return_url)

    def outcome(self, reference: str) -> Verdict | None:
        """Passed (T); or not (F), which means refused only once a reason is given."""
        answer = self._alipay.call("alipay.user.certify.open.query", {"certify_id": reference})
        if answer.content.get("passed") == "T":
            return Verdict(None, reference, answer.text)
        if answer.content.get("fail_reason"):
            return Verdict(Doubt.FACE_REFUSED, reference, answer.text)
        return None

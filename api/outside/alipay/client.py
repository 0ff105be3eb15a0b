"""One application at Alipay's open platform."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from typing import Any, Final
from urllib.parse import urlencode

import httpx
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from api.outside.alipay import LIVE_GATEWAY
from api.outside.alipay.answers import Answer, read_answer
from api.outside.alipay.signing import is_signed, sign, signed_text
from api.outside.errors import NoticeForged, ProviderUnreachable

BEIJING: Final = timezone(timedelta(hours=8))
"""Every time that Alipay writes or reads is Beijing's."""

_TIMEOUT: Final = httpx.Timeout(10.0, connect=5.0)
_SIGN: Final = frozenset({"sign"})
_NOT_IN_NOTICE: Final = frozenset({"sign", "sign_type"})

Business = Mapping[str, Any]
"""The ``biz_content`` of a call: values as JSON has them, amounts as text in yuan (``"88.80"``)."""


class Alipay:
    """Signs calls, pages and reads signed answers and notices. Safe to use from many threads.

    ``app_key``: the application's; ``alipay_key``: Alipay's public key for this application;
    ``shown_gateway``: the gateway as browsers reach it, where that is another address.
    """

    def __init__(
        self,
        app_id: str,
        app_key: RSAPrivateKey,
        alipay_key: RSAPublicKey,
        clock: Callable[[], datetime],
        gateway: str = LIVE_GATEWAY,
        shown_gateway: str | None = None,
    ) -> None:
        self._app_id = app_id
        self._app_key = app_key
        self._alipay_key = alipay_key
        self._clock = clock
        self._gateway = gateway
        self._shown_gateway = shown_gateway or gateway
        # Never through a proxy to a server of this machine, which is where the sandbox is.
        self._http = httpx.Client(timeout=_TIMEOUT, trust_env=gateway.startswith("https://"))

    def call(self, method: str, business: Business, notify_url: str | None = None) -> Answer:
        """Call a method (``alipay.trade.query``) and return its signed answer.

        Raises ProviderUnreachable when it is not known whether Alipay acted; AlipayRefused with its
        sub_code when it did not; ProviderRefused, ProviderAnswerInvalid.
        """
        form = self._signed(method, business, notify_url=notify_url)
        # As the official clients do: what is about persons travels in the body, the rest in the address.
        content = {"biz_content": form.pop("biz_content")}
        try:
            got = self._http.post(self._gateway, params=form, data=content)
        except httpx.HTTPError as exc:
            raise ProviderUnreachable(f"{method}: {type(exc).__name__}") from None
        if got.status_code != httpx.codes.OK:
            raise ProviderUnreachable(f"{method}: HTTP status {got.status_code}")
        return read_answer(got.content, method, self._alipay_key)

    def page(
        self, method: str, business: Business, return_url: str | None = None, notify_url: str | None = None
    ) -> str:
        """The address of a page at Alipay's (``alipay.trade.wap.pay``), for the person's browser or app.

        The browser comes back to ``return_url``, which proves nothing; ``notify_url`` receives the notice.
        """
        return f"{self._shown_gateway}?{urlencode(self._signed(method, business, return_url, notify_url))}"

    def read_notice(self, form: Sequence[tuple[str, str]]) -> dict[str, str]:
        """The parameters of a notice (the decoded form that Alipay posted), once its signature is checked.

        The caller must still compare order, amount and seller, and must expect the same notice again.
        It answers ``success`` in plain text. Raises NoticeForged.
        """
        notice = dict(form)
        text = signed_text(notice, without=_NOT_IN_NOTICE, keep_empty=True)
        is_clear = len(notice) == len(form) and notice.get("sign_type") == "RSA2"
        if not is_clear or not is_signed(self._alipay_key, text, notice.get("sign", "")):
            raise NoticeForged("the notice is not signed by Alipay")
        if notice.get("app_id") != self._app_id:
            raise NoticeForged("the notice is for another application")
        return notice

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _signed(
        self,
        method: str,
        business: Business,
        return_url: str | None = None,
        notify_url: str | None = None,
    ) -> dict[str, str]:
        form = {
            "app_id": self._app_id,
            "method": method,
            "format": "JSON",
            "charset": "utf-8",
            "sign_type": "RSA2",
            "timestamp": self._clock().astimezone(BEIJING).strftime("%Y-%m-%d %H:%M:%S"),
            "version": "1.0",
            "biz_content": json.dumps(dict(business), ensure_ascii=False, separators=(",", ":")),
        }
        form |= {"return_url": return_url} if return_url else {}
        form |= {"notify_url": notify_url} if notify_url else {}
        return form | {"sign": sign(self._app_key, signed_text(form, without=_SIGN))}

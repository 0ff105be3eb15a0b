"""Alipay's open platform (https://opendocs.alipay.com/common/02kf5q): signed calls, pages and notices.

A call is a form, signed RSA2 (RSASSA-PKCS1-v1_5 with SHA-256) under the application's key; its answer is JSON
whose inner text is signed under Alipay's. What a person does on a page of Alipay's is learned by a call or by
a signed notice, never from the address the browser comes back with.
"""

from __future__ import annotations

from typing import Final

LIVE_GATEWAY: Final = "https://openapi.alipay.com/gateway.do"
"""Alipay's own."""

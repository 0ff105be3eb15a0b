"""Webhooks signed by the service's real signer of statements."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from typing import Any, cast

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from api.platforms.webhooks.signing import signed
from mobile_bridge.sdk import NotVerified, message_signatures, verify_webhook
from mobile_bridge.sdk.message_signatures import Message
from tests.sdk.conftest import SITE, Service, identity

URL = f"{SITE}/hooks/sealbridge"
BODY = json.dumps(
    {"id": "s1", "kind": "sign", "status": "complete", "hint": "complete", "version": 4}
).encode()


def chain_header(*certificates: x509.Certificate) -> str:
    return ",".join(base64.b64encode(one.public_bytes(Encoding.DER)).decode() for one in certificates)


def delivery(service: Service, body: bytes = BODY) -> dict[str, str]:
    mine = service.statements.identity()
    key = cast(ec.EllipticCurvePrivateKey, mine.key)
    headers = message_signatures.sign(Message("POST", URL, body), key, "statement", service.ca.clock())
    return headers | {"Sealbridge-Chain": chain_header(mine.certificate, *mine.chain[:1])}


def refused(service: Service, headers: dict[str, str], body: bytes = BODY, **given: Any) -> str:
    with pytest.raises(NotVerified) as refusal:
        verify_webhook("POST", URL, headers, body, service.trust, **({"now": service.ca.clock()} | given))
    return refusal.value.code


def test_a_webhook_is_believed(service: Service) -> None:
    notice = verify_webhook("POST", URL, delivery(service), BODY, service.trust, now=service.ca.clock())
    assert (notice.id, notice.status, notice.version) == ("s1", "complete", 4)
    assert notice.nonce


def test_what_was_not_sent_is_refused(service: Service) -> None:
    headers = delivery(service)
    assert refused(service, headers, BODY.replace(b"complete", b"refused!")) == "signature_invalid"
    assert refused(service, {}) == "malformed"
    assert refused(service, headers | {"Sealbridge-Chain": "%%%"}) == "malformed"
    assert refused(service, delivery(service, b"[]"), b"[]") == "malformed"
    for minutes in (6, -6):
        at = service.ca.clock() + timedelta(minutes=minutes)
        assert refused(service, headers, now=at) in ("expired", "untrusted")


def test_another_certificate_of_the_same_ca_sends_no_webhooks(service: Service) -> None:
    mine = identity(service.ca, "platform")
    key = cast(ec.EllipticCurvePrivateKey, mine.key)
    headers = message_signatures.sign(Message("POST", URL, BODY), key, "statement", service.ca.clock())
    chain = chain_header(mine.certificate, *mine.chain)
    assert refused(service, headers | {"Sealbridge-Chain": chain}) == "wrong_signer"


def test_what_the_service_itself_signs_is_believed(service: Service) -> None:
    mine, now = service.statements.identity(), service.ca.clock()
    headers = signed(mine, URL, BODY, now)
    assert verify_webhook("POST", URL, headers, BODY, service.trust, now=now).id == "s1"

"""Certificates on their way back to a lock: swapped, of others, for another use."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from mobile_bridge import wire
from mobile_bridge.agent.enrolment.returned import check_returned
from mobile_bridge.agent.errors import CertificateUnexpected
from mobile_bridge.errors import MessageMalformed
from mobile_bridge.possession import EnrolledKeys, spki
from tests.mobile_bridge.enrolment_desk import REFERENCE, SUBJECT, SmallCa, named

CA = SmallCa.new()
SIGNING, OPENING = (ec.generate_private_key(ec.SECP256R1()).public_key() for _ in range(2))
KEYS = EnrolledKeys(REFERENCE, spki(SIGNING), spki(OPENING))
SUBJECT_TEXT = SUBJECT.rfc4514_string()
WANTED = wire.Enrolment(
    **dict.fromkeys((field.name for field in fields(wire.Enrolment)), "")
    | {"signing_subject": SUBJECT_TEXT, "encryption_subject": SUBJECT_TEXT}
)
GOOD = wire.Certificates(wire.pack(CA.issue(SIGNING)), wire.pack(CA.issue(OPENING, signs=False)), CA.pem)


def check(given: wire.Certificates, **ahead: float) -> None:
    check_returned(given, WANTED, KEYS, datetime.now(UTC) + timedelta(**ahead))


def test_what_was_asked_for_is_taken() -> None:
    check(GOOD)
    check(GOOD, hours=-30)  # a PC whose clock is wrong


@pytest.mark.parametrize(
    "spoil",
    [
        lambda: replace(GOOD, signing_certificate=wire.pack(CA.issue(OPENING))),
        lambda: replace(GOOD, encryption_certificate=wire.pack(CA.issue(SIGNING, signs=False))),
        lambda: replace(GOOD, signing_certificate=wire.pack(CA.issue(SIGNING, named("别的单位")))),
        lambda: replace(GOOD, signing_certificate=wire.pack(CA.issue(SIGNING, signs=False))),
        lambda: replace(GOOD, signing_certificate=wire.pack(SmallCa.new().issue(SIGNING))),
        lambda: replace(GOOD, chain=SmallCa.new().pem),
        lambda: replace(GOOD, chain=""),
        lambda: replace(GOOD, encryption_certificate=""),
        lambda: replace(GOOD, signing_certificate=wire.pack(b"not a certificate")),
    ],
    ids=["key", "second-key", "subject", "usage", "issuer", "root", "chain", "number", "form"],
)
def test_nothing_else_is(spoil: Callable[[], wire.Certificates]) -> None:
    with pytest.raises(CertificateUnexpected):
        check(spoil())


def test_one_that_is_over_or_not_yet_begun_is_not() -> None:
    for days in (40, -5):
        with pytest.raises(CertificateUnexpected):
            check(GOOD, days=days)


def test_what_is_no_base64_is_said_so() -> None:
    with pytest.raises(MessageMalformed):
        check(replace(GOOD, signing_certificate="?"))

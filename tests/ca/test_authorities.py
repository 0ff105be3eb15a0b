"""Which certificates an issuing CA can be made known with."""

from __future__ import annotations

from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from sqlalchemy import Engine

from ca.authorities import activate, add_authority
from ca.errors import AuthorityUnknown, CeremonyRefused
from tests.ca.conftest import Clock

ROOT = ec.generate_private_key(ec.SECP256R1())
OTHER = ec.generate_private_key(ec.SECP256R1())


def named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def made(
    clock: Clock, *, ca: bool = True, signs: bool = True, days: int = 10, name: str = "root"
) -> x509.Certificate:
    key, now = (ROOT if name == "root" else OTHER), clock()
    usage = dict.fromkeys(
        ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement"), False
    )
    return (
        x509.CertificateBuilder()
        .subject_name(named(name))
        .issuer_name(named("root"))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=30))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca, None), critical=True)
        .add_extension(
            x509.KeyUsage(
                digital_signature=not signs,
                key_cert_sign=signs,
                crl_sign=signs,
                encipher_only=False,
                decipher_only=False,
                **usage,
            ),
            critical=True,
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(ROOT, hashes.SHA256())
    )


def add(engine: Engine, clock: Clock, certificate: x509.Certificate, root: x509.Certificate) -> None:
    add_authority(engine, "second", "second", certificate, [root], 1, clock())


@pytest.mark.parametrize("wrong", [{"ca": False}, {"signs": False}, {"days": -1}])
def test_what_may_not_issue_is_not_made_known(engine: Engine, clock: Clock, wrong: dict[str, int]) -> None:
    with pytest.raises(CeremonyRefused):
        add(engine, clock, made(clock, name="second", **wrong), made(clock))
    with pytest.raises(AuthorityUnknown):
        activate(engine, "second", clock())


def test_what_another_ca_signed_is_not_made_known(engine: Engine, clock: Clock) -> None:
    stranger = made(clock, name="second")
    with pytest.raises(CeremonyRefused):
        add(engine, clock, made(clock, name="second"), stranger)


def test_what_has_expired_meanwhile_does_not_take_over(engine: Engine, clock: Clock) -> None:
    add(engine, clock, made(clock, name="second"), made(clock))
    clock.forward(days=11)
    with pytest.raises(CeremonyRefused):
        activate(engine, "second", clock())

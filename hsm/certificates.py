"""X.509 certificates kept on a token beside their keys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from asn1crypto import x509
from pkcs11 import Attribute
from pkcs11.constants import CertificateType, ObjectClass

from hsm.config import TokenConfig
from hsm.module import Module
from hsm.slots import find_slot
from hsm.translation import translated


@dataclass(frozen=True, slots=True)
class TokenCertificate:
    """A certificate object: ``id`` (CKA_ID) is that of its private key, ``der`` the certificate."""

    id: bytes
    label: str
    der: bytes


def public_certificates(config: TokenConfig) -> list[TokenCertificate]:
    """The certificates that a token shows before any PIN is given, as CA locks do."""
    module = Module.load(config.module)
    with translated():
        session = find_slot(module, config).get_token().open()
        try:
            return read_all(session)
        finally:
            module.cryptoki.close_session(session.handle)


def read_all(session: Any) -> list[TokenCertificate]:
    """Every X.509 certificate object of an open session."""
    wanted = {Attribute.CLASS: ObjectClass.CERTIFICATE, Attribute.CERTIFICATE_TYPE: CertificateType.X_509}
    return [
        TokenCertificate(found[Attribute.ID], found[Attribute.LABEL], found[Attribute.VALUE])
        for found in list(session.get_objects(wanted))
    ]


def write(session: Any, label: str, key_id: bytes, der: bytes) -> None:
    """Create a certificate object, unless it is there, with the fields by which other software finds it."""
    certificate = x509.Certificate.load(der)
    for known in read_all(session):
        if (known.id, known.der) == (key_id, der):
            return
    session.create_object(
        {
            Attribute.CLASS: ObjectClass.CERTIFICATE,
            Attribute.CERTIFICATE_TYPE: CertificateType.X_509,
            Attribute.TOKEN: True,
            Attribute.PRIVATE: False,
            Attribute.LABEL: label,
            Attribute.ID: key_id,
            Attribute.SUBJECT: certificate.subject.dump(),
            Attribute.ISSUER: certificate.issuer.dump(),
            Attribute.SERIAL_NUMBER: certificate["tbs_certificate"]["serial_number"].dump(),
            Attribute.VALUE: der,
        }
    )

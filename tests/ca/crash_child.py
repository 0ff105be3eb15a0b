"""Issues without end and tells each step on standard output, until it is killed.

Arguments: PKCS#11 module, token label, PIN file, key label, issuing certificate (PEM), ledger file.
"""

from __future__ import annotations

import sys
import uuid
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import create_engine

from ca.authorities import Authorities, IssuingAuthority
from ca.distinguished import SubjectFacts
from ca.hierarchy import Authority
from ca.issuance import IssuanceRequest, Issuer
from ca.ledger import Ledger
from ca.lint import Linter
from ca.profiles import shipped_profiles
from hsm import Token, TokenConfig, TokenKeys, pin_from_file


def say(step: str, serial: int) -> None:
    print(step, f"{serial:x}", flush=True)


def main() -> None:
    module, label, pin_file, key_label, certificate, ledger = sys.argv[1:]
    token = Token.open(TokenConfig(Path(module), label), pin_from_file(Path(pin_file)))
    issuing = x509.load_pem_x509_certificate(Path(certificate).read_bytes())
    authority = Authority(issuing, TokenKeys(token).open(key_label))
    book = Ledger(create_engine(f"sqlite:///{ledger}", connect_args={"timeout": 30}))
    authorities = Authorities([IssuingAuthority("ca", authority)])
    linter = Linter(remember_shapes=True)
    issuer = Issuer(authorities, shipped_profiles(), book, linter, lambda: datetime.now(UTC))
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    while True:
        subject = SubjectFacts(enterprise_name="阳光建设", credit_code="91371300MA3C0TEQ4M")
        prepared = issuer.prepare(IssuanceRequest(uuid.uuid4().hex, "enterprise-signing", subject, key, 30))
        say("prepared", prepared.entry.serial)
        say("recorded", issuer.complete(prepared).serial)


if __name__ == "__main__":
    main()

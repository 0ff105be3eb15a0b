from __future__ import annotations

import datetime
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from mobile_bridge.envelopes.content_keys import PrivateKey


@dataclass(frozen=True)
class Holder:
    """Somebody with a key and a certificate, as files for OpenSSL too."""

    certificate: x509.Certificate
    key: PrivateKey
    certificate_file: Path
    key_file: Path


def certified(key: PrivateKey, *, usage: str | None, name: str = "投标人") -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    begin = datetime.datetime.now(datetime.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + datetime.timedelta(days=3))
    )
    if usage is not None:
        names = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment")
        names += ("key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only")
        builder = builder.add_extension(x509.KeyUsage(**{one: one == usage for one in names}), critical=True)
    return builder.sign(key, hashes.SHA256())


def holder(folder: Path, name: str, key: PrivateKey, usage: str) -> Holder:
    made = Holder(certified(key, usage=usage, name=name), key, folder / f"{name}.pem", folder / f"{name}.key")
    made.certificate_file.write_bytes(made.certificate.public_bytes(Encoding.PEM))
    made.key_file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return made


@pytest.fixture(scope="session")
def holders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Holder]:
    folder = tmp_path_factory.mktemp("holders")
    return {
        "rsa": holder(folder, "rsa", rsa.generate_private_key(65537, 2048), "key_encipherment"),
        "p256": holder(folder, "p256", ec.generate_private_key(ec.SECP256R1()), "key_agreement"),
        "p384": holder(folder, "p384", ec.generate_private_key(ec.SECP384R1()), "key_agreement"),
    }


def openssl(*command: str | Path) -> bytes:
    return subprocess.run(["openssl", *map(str, command)], check=True, capture_output=True).stdout

"""Encrypting bids to certificates: CMS AuthEnvelopedData (RFC 5083) with AES-256-GCM, made by OpenSSL.

A small file is encrypted here for the sake of the example. A real bidding tool does this on the bidder's PC.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from asn1crypto import cms as asn1_cms
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from mobile_bridge.sdk import recipients

_BY_SERIAL: Final = "issuer_and_serial_number"


def encrypt(content: bytes, certificates: Sequence[x509.Certificate]) -> bytes:
    """An envelope (DER) that the key of any of the certificates opens."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["openssl", "cms", "-encrypt", "-binary", "-aes-256-gcm", "-outform", "DER"]
        for number, one in enumerate(certificates):
            file = Path(folder, f"{number}.pem")
            file.write_bytes(one.public_bytes(Encoding.PEM))
            command += ["-recip", str(file)]
        return subprocess.run(command, input=content, capture_output=True, check=True).stdout  # noqa: S603


def recipient_for(cms: bytes, certificate: x509.Certificate) -> bytes | None:
    """The part of an envelope that is for a certificate; None when it is for others."""
    for der in recipients(cms):
        if certificate.serial_number in _serials(asn1_cms.RecipientInfo.load(der)):
            return der
    return None


def _serials(recipient: asn1_cms.RecipientInfo) -> list[int]:
    if recipient.name == "ktri":
        identifiers = [recipient.chosen["rid"]]
    else:
        identifiers = [one["rid"] for one in recipient.chosen["recipient_encrypted_keys"]]
    return [one.chosen["serial_number"].native for one in identifiers if one.name == _BY_SERIAL]

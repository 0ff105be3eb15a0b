"""The electronic seal inside a signature: SESeal (GB/T 38540-2020, 6.2) as a signed attribute of the CMS.

A signed one, so that nobody can put another seal beside a signature that was made. Its OID is of an arc that
needs no registration (ITU-T X.667: 2.25 and a UUID); the standard names no attribute for formats but OFD.
"""

from __future__ import annotations

from typing import Any, Final

from ca import der
from ca.signed_data import attribute

SEAL_OID: Final = "2.25.133393019473439108082642337438975033561"
"""Value: one SESeal, DER."""


def seal_attribute(seal: bytes) -> bytes:
    """The attribute, DER. ``seal``: SESeal. Raises Malformed (a ValueError) for what is not one SEQUENCE."""
    if der.read(seal).tag != der.SEQUENCE:
        raise der.Malformed("a seal is a SEQUENCE")
    return attribute(der.identifier(SEAL_OID), seal)


def seal_of(signer_info: Any) -> bytes | None:
    """The SESeal, DER, that a SignerInfo (asn1crypto's) signs; None without one.

    None also where there are several: a signature is made with one seal.
    """
    values = [
        value.dump()
        for one in signer_info["signed_attrs"]
        if one["type"].dotted == SEAL_OID
        for value in one["values"]
    ]
    return bytes(values[0]) if len(values) == 1 else None

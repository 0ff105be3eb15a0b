"""The profiles of CAs themselves. They are no operator's choice: a ceremony's plan sets what may vary."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from ca.profiles.model import CertificateProfile, Usage

_KEYS: Final = frozenset({"rsa-3072", "rsa-4096", "rsa-2048", "p-256", "p-384"})
_USAGES: Final = frozenset({Usage.KEY_CERT_SIGN, Usage.CRL_SIGN})

ROOT: Final = CertificateProfile(
    "root", _USAGES, _KEYS, max_days=7305, title="根 CA", backdate=timedelta(), is_ca=True
)
ISSUING: Final = CertificateProfile(
    "issuing", _USAGES, _KEYS, max_days=3653, title="签发 CA", backdate=timedelta(), is_ca=True, path_length=0
)

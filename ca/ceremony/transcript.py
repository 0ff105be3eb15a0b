"""The record of a ceremony: JSON for machines, PDF for the archive, both signed.

The signing key is made for this one transcript, certified by the CA of the ceremony, and destroyed when the
transcript is signed: nobody can make another one afterwards.
"""

from __future__ import annotations

import hashlib
import json
import platform
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from ca.ceremony import steps
from ca.ceremony.acts import Keys, Made
from ca.ceremony.plan import Plan
from ca.ceremony.words import fingerprint_words
from ca.documents.cms_making import SigningIdentity, sign_cms
from ca.hierarchy import Authority
from ca.profiles import shipped_profiles
from ca.tbs import KeyIds, Pointers
from ca.typesetting.drawable import drawable
from ca.typesetting.engine import Template
from hsm import KeyKind, TokenInfo

_TEMPLATE: Final = Template(Path(__file__).parent / "templates" / "transcript.typ")
_PROFILE: Final = "audit-signer"


@dataclass(slots=True)
class Transcript:
    """What happened, as it happened. Everything that people were shown is in it, secrets apart."""

    plan: Plan
    is_rehearsal: bool
    started: datetime
    lines: list[tuple[datetime, str]] = field(default_factory=list)

    def note(self, at: datetime, text: str) -> None:
        """One more line."""
        self.lines.append((at, text))

    def told(self, made: Made, files: dict[str, bytes], token: TokenInfo, ended: datetime) -> dict[str, Any]:
        """All of it, for JSON."""
        ceremony = self.plan.ceremony
        return {
            "ceremony": ceremony.ceremony,
            "title": ceremony.title,
            "rehearsal": self.is_rehearsal,
            "place": ceremony.place,
            "witnesses": list(ceremony.witnesses),
            "started": self.started.isoformat(timespec="seconds"),
            "ended": ended.isoformat(timespec="seconds"),
            "token": {"label": token.label, "serial": token.serial, "model": token.model},
            "officers": None if ceremony.token.officers is None else ceremony.token.officers.model_dump(),
            "software": {"sealbridge": version("sealbridge"), "python": platform.python_version()},
            "plan_sha256": self.plan.digest,
            "plan": self.plan.text,
            "steps": [{"at": at.isoformat(timespec="seconds"), "text": text} for at, text in self.lines],
            "notes": made.notes,
            "certificates": [_certificate(name, one) for name, one in made.certificates.items()],
            "files": {name: hashlib.sha256(content).hexdigest() for name, content in files.items()},
        }


def signed_files(told: dict[str, Any], signer: SigningIdentity, at: datetime) -> dict[str, bytes]:
    """``transcript.json`` and ``transcript.pdf``, a detached CMS signature beside each, and its certificate.

    The PDF names the hash of the JSON. Raises HsmError, TypesettingFailed.
    """
    as_json = json.dumps(told, ensure_ascii=False, indent=2).encode() + b"\n"
    shown = told | {"json_sha256": hashlib.sha256(as_json).hexdigest()}
    documents = {
        "transcript.json": as_json,
        "transcript.pdf": _TEMPLATE.pdf(drawable(shown), at.replace(microsecond=0), tagged=True),
    }
    signatures = {
        f"{name}.p7s": sign_cms(signer, hashlib.sha256(content).digest(), hashes.SHA256())
        for name, content in documents.items()
    }
    certificate = {"transcript-signer.pem": signer.certificate.public_bytes(Encoding.PEM)}
    return documents | signatures | certificate


def one_time_signer(
    authority: Authority, keys: Keys, label: str, title: str, now: datetime
) -> SigningIdentity:
    """A new key ``label`` on the token, certified for this transcript."""
    key = keys.generate(label, KeyKind.P256)
    profile = shipped_profiles()[_PROFILE]
    issuer = authority.certificate
    organization = issuer.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"),
            *(x509.NameAttribute(NameOID.ORGANIZATION_NAME, one.value) for one in organization[:1]),
            x509.NameAttribute(NameOID.COMMON_NAME, f"密钥仪式记录 {title}"[:64]),
        ]
    )
    left = max(1, (issuer.not_valid_after_utc - now) // timedelta(days=1))
    days = min(profile.max_days, left)
    signing_key = authority.key
    certificate = steps.certify(
        profile,
        name,
        key.public_key(),
        issuer.subject,
        signing_key,
        now,
        days,
        Pointers(),
        KeyIds(issuer=authority.key_id),
    )
    return SigningIdentity(key, certificate)


def _certificate(name: str, certificate: x509.Certificate) -> dict[str, Any]:
    digest = certificate.fingerprint(hashes.SHA256())
    return {
        "file": name,
        "subject": certificate.subject.rfc4514_string(),
        "issuer": certificate.issuer.rfc4514_string(),
        "serial": f"{certificate.serial_number:x}",
        "valid": [certificate.not_valid_before_utc.isoformat(), certificate.not_valid_after_utc.isoformat()],
        "sha256": digest.hex(":"),
        "words": fingerprint_words(digest),
    }

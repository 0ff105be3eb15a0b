"""What is known of a detached signature, in the words of a person who must rely on it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from cryptography import x509

from ca.chains import readable
from ca.seals.objects.model import SealObject
from ca.seals.objects.verification import FAULT_NAMES

PROBLEM_NAMES: Final = {
    "certificate_missing": "签名中没有签名者的证书",
    "algorithm_unknown": "签名或摘要算法不受支持",
    "digest_missing": "缺少该摘要算法的文件摘要",
    "file_changed": "文件在签名后被修改，或不是被签名的文件",
    "signature_broken": "签名值不正确",
    "time_stamp_invalid": "时间戳无效或不受信任",
    "issuer_untrusted": "签名者证书的颁发机构不受信任",
    "certificate_not_yet_valid": "签名者证书尚未生效",
    "certificate_expired": "签名者证书已过期",
    "certificate_revoked": "签名者证书已被吊销",
    "issuer_revoked": "颁发机构的证书已被吊销",
    "revocation_unknown": "无法确认签名者证书是否被吊销",
    "certificate_not_for_signing": "签名者证书不能用于签名",
    "seal_malformed": "印章数据格式不正确",
    **{fault.value: name for fault, name in FAULT_NAMES.items()},
}
"""Every code of a problem, and how people are told."""


@dataclass(frozen=True, slots=True)
class SealReport:
    """The electronic seal in a signature; ``seal``: None of one that cannot be read."""

    seal: SealObject | None
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SignerReport:
    """One signer. ``problems``: stable codes, the gravest first; none when all is good.

    ``level``: of ETSI EN 319 122-1, None for a CMS that is no CAdES. ``claimed_at`` is the signer's word,
    ``proven_at`` that of a trusted time stamp; certificates are judged as of the proven time, where
    there is one.
    """

    certificate: x509.Certificate | None
    chain: tuple[x509.Certificate, ...]
    digest: str
    level: str | None
    intact: bool
    trusted: bool
    revocation_checked: bool
    claimed_at: datetime | None
    proven_at: datetime | None
    seal: SealReport | None
    problems: tuple[str, ...]

    @property
    def valid(self) -> bool:
        """Intact, trusted, and with a good seal where there is one."""
        return not self.problems

    def to_json(self) -> dict[str, Any]:
        """For programs and pages; times in RFC 3339."""
        return {
            "signer": self.certificate.subject.rfc4514_string() if self.certificate else None,
            "serial": f"{self.certificate.serial_number:x}" if self.certificate else None,
            "issuers": [one.subject.rfc4514_string() for one in self.chain[1:]],
            "digest_algorithm": self.digest,
            "level": self.level,
            "intact": self.intact,
            "trusted": self.trusted,
            "revocation_checked": self.revocation_checked,
            "claimed_at": _told(self.claimed_at),
            "proven_at": _told(self.proven_at),
            "seal": self.seal and seal_json(self.seal),
            "valid": self.valid,
            "problems": problems_json(self.problems),
        }


def seal_json(report: SealReport) -> dict[str, Any]:
    """A seal, as reports on files and on OFD packages tell it."""
    told: dict[str, Any] = {"problems": problems_json(report.problems)}
    if (seal := report.seal) is not None:
        told |= {"id": seal.id, "name": seal.name, "type": seal.type, "version": seal.version}
        told |= {"starts": _told(seal.starts), "ends": _told(seal.ends), "maker": _subject(seal.maker)}
        told |= {"size_mm": [seal.picture.width, seal.picture.height]}
    return told


def problems_json(codes: tuple[str, ...]) -> list[dict[str, str]]:
    """Codes with what people are told."""
    return [{"code": one, "message": PROBLEM_NAMES.get(one, one)} for one in codes]


def _subject(certificate: bytes) -> str | None:
    found = readable(certificate)
    return found.subject.rfc4514_string() if found else None


def _told(at: datetime | None) -> str | None:
    return at.isoformat() if at else None

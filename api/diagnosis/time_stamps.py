"""Check of another authority's time stamps: whether it answers, and is believed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

from api.diagnosis.findings import Finding, fault, good, warning
from api.outside.tsa import OutsideTsa
from api.settings import Settings
from ca.documents.errors import TimeStampMissing
from ca.documents.time_stamping import token_over
from ca.trust import LockTrust

_SUBJECT = "时间戳"


def time_stamps(settings: Settings) -> Iterator[Finding]:
    """One stamp is asked for; nothing where our own authority stamps."""
    if not settings.tsa_url:
        return
    folder = settings.folder.outside_cas
    try:
        trust = LockTrust.load(folder)
    except (OSError, ValueError) as exc:
        yield fault(_SUBJECT, f"{folder} 中有无法读取的文件（{type(exc).__name__}）", "只放 PEM 证书和 CRL")
        return
    try:
        with closing(OutsideTsa(settings.tsa_url, lambda: trust.cas)) as tsa:
            token_over(b"sealbridge doctor", tsa.answer)
    except TimeStampMissing as missing:
        advice = f"检查 SEALBRIDGE_TSA_URL，并把其签发 CA 证书放入 {folder}/*.pem"
        yield fault(_SUBJECT, f"无法取得外部时间戳（{missing}）", advice)
        return
    if trust.crls:
        yield good(_SUBJECT, f"{settings.tsa_url} 可用")
    else:
        says = f"{settings.tsa_url} 可用，但没有其签发 CA 的吊销列表，文件中缺少时间戳证书的状态证明"
        yield warning(_SUBJECT, says, f"把吊销列表放入 {folder}/*.crl 并定期更新")

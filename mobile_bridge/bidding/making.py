"""生成投标文件: every part of the bid encrypted on this PC, and a manifest of what was made.

The opening statement is an envelope of its own, for the bidder alone, so that it can be read out first. Files
go to the bidder and to those whom the tender names. For joint decryption they are put into two envelopes, the
inner one to bidder and tenderer, the outer one to bidder and agency: the bidder opens both, tenderer and
agency only together.
"""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256

from mobile_bridge.bidding.approving import unsealed
from mobile_bridge.bidding.centre import Centre
from mobile_bridge.bidding.errors import (
    BiddingClosed,
    CertificateUnfit,
    FilesMissing,
    SealMissing,
    StatementMissing,
)
from mobile_bridge.bidding.files import check
from mobile_bridge.bidding.project import BidFile, Project
from mobile_bridge.bidding.scanning import Screen, forget
from mobile_bridge.bidding.trusting import Believing, credit_code_of
from mobile_bridge.envelopes import Recipient, SealedFile, check_of, seal_file

FORMAT: Final = "sealbridge-bid/1"
STATEMENT: Final = "statement"
_ROLES: Final = {"agency": "招标代理", "tenderer": "招标人"}


@dataclass(frozen=True, slots=True)
class Audience:
    """To whom the bid is encrypted. ``joint``: whether tenderer and agency open only together."""

    own: Recipient
    others: Mapping[str, Recipient]
    joint: bool

    @property
    def outer(self) -> list[Recipient]:
        """Of what is uploaded."""
        return [self.own, *(one for role, one in self.others.items() if role == "agency")]

    @property
    def inner(self) -> list[Recipient]:
        """Of the envelope inside, where there is one."""
        return [self.own, self.others["tenderer"]]


def make(project: Project, centre: Centre, screen: Screen) -> dict[str, Any]:
    """Make the bid anew; its manifest. Killed in the middle, it is made from the beginning the next time."""
    _ready(project)
    tender = open_tender(project, centre)
    audience = audience_of(project, tender)
    work, out = project.folder / "work", project.folder / "envelopes"
    project.change(made=None, upload="", handed_in=None)
    forget(project, "deposit")
    for folder in (work, out):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o700)
    try:
        inputs = inputs_of(project, tender)
        envelopes = [_statement(project, audience, work, screen)]
        envelopes += [_file(project, one, audience, work, screen) for one in project.state.files]
    finally:
        shutil.rmtree(work, ignore_errors=True)
    manifest = {
        "format": FORMAT,
        "tender": project.state.tender,
        "bidder": credit_code_of(project.certificate),
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "envelopes": envelopes,
    }
    project.write("envelopes/manifest.json", manifest)
    project.change(made={"manifest": digest_of(manifest), "inputs": inputs})
    return manifest


def open_tender(project: Project, centre: Centre) -> dict[str, Any]:
    """The tender, while bids are taken. Raises BiddingClosed."""
    tender = centre.get("tenders", project.state.tender)
    if tender["state"] != "published":
        raise BiddingClosed(str(tender["state"]))
    return tender


def audience_of(project: Project, tender: Mapping[str, Any]) -> Audience:
    """Own certificate and the tender's, each led up to the root. Raises CertificateUnfit, NotTrusted."""
    own = project.certificate
    check_in_force(own, tender)
    believing = Believing(project.folder, str((project.state.record or {})["service"]))
    believing.check(own, "本单位")
    others = {}
    for one in tender["recipients"]:
        certificate = x509.load_pem_x509_certificate(one["certificate"].encode())
        believing.check(certificate, f"{_ROLES.get(one['role'], '')}{one['name']}")
        others[str(one["role"])] = Recipient(certificate, tender["oaep"])
    missing = {"agency", "tenderer"} - set(others) if tender["joint"] else set()
    if missing:
        who = "、".join(sorted(_ROLES[one] for one in missing))
        raise CertificateUnfit(f"{missing}", why=f"{who}尚未取得加密证书，请联系招标单位")
    return Audience(Recipient(own, tender["oaep"]), others, bool(tender["joint"]))


def check_in_force(own: x509.Certificate, tender: Mapping[str, Any]) -> None:
    """Whether the own certificate is in force, and will be at the opening. Raises CertificateUnfit."""
    now = datetime.now(UTC)
    if not own.not_valid_before_utc <= now <= own.not_valid_after_utc:
        raise CertificateUnfit("out of validity", why="不在有效期内，请续期后重新同步诚信库")
    opens_at = tender.get("opens_at")
    if opens_at and datetime.fromisoformat(opens_at) > own.not_valid_after_utc:
        raise CertificateUnfit("ends before the opening", why="开标前到期，请先续期并重新同步诚信库")


def inputs_of(project: Project, tender: Mapping[str, Any]) -> str:
    """What the bid depends on, as one digest: a change of any of it makes the bid out of date."""
    told: list[Any] = [project.state.statement, bool(tender["joint"])]
    for one in project.state.files:
        found = plain_of(project, one).stat()
        told.append((one.id, one.path, found.st_size, found.st_mtime_ns, one.sealed_from))
    pems = sorted(one["certificate"] for one in tender["recipients"])
    told += [pems, project.certificate.fingerprint(SHA256()).hex()]
    return digest_of(told)


def plain_of(project: Project, file: BidFile) -> Path:
    """What is encrypted: the sealed copy, where there is to be one."""
    return project.sealed(file) if file.places else Path(file.path)


def digest_of(told: Any) -> str:
    """SHA-256 (hexadecimal) of JSON."""
    return hashlib.sha256(json.dumps(told, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def _ready(project: Project) -> None:
    if not project.state.statement:
        raise StatementMissing("no statement")
    if not project.state.files:
        raise FilesMissing("no files")
    for one in project.state.files:
        check(Path(one.path), is_sealed=bool(one.places))
    for one in unsealed(project):
        raise SealMissing(one.id, name=one.name)


def _statement(project: Project, audience: Audience, work: Path, screen: Screen) -> dict[str, Any]:
    plain = work / "statement.json"
    told = {"tender": project.state.tender, "items": list(project.state.statement)}
    plain.write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")
    facts = {"id": STATEMENT, "kind": STATEMENT, "title": "唱标信息", "file_name": "statement.json"}
    return facts | _sealed(plain, project.envelope(STATEMENT), [audience.own], screen, "唱标信息")


def _file(project: Project, file: BidFile, audience: Audience, work: Path, screen: Screen) -> dict[str, Any]:
    plain, target = plain_of(project, file), project.envelope(file.id)
    facts = {"id": file.id, "kind": file.kind, "title": file.title}
    facts["file_name"] = f"{file.title}{Path(file.path).suffix[:12]}"
    if not audience.joint:
        return facts | _sealed(plain, target, audience.outer, screen, file.title)
    between = work / f"{file.id}.p7m"
    inner = _sealed(plain, between, audience.inner, screen, f"{file.title}（内层）")
    outer = _sealed(between, target, audience.outer, screen, f"{file.title}（外层）")
    between.unlink()
    return facts | outer | {"inner": inner}


def _sealed(
    plain: Path, target: Path, recipients: Sequence[Recipient], screen: Screen, title: str
) -> dict[str, Any]:
    """Encrypt, and forget the key: what is left of it is a MAC by which a token proves to have it."""
    made: SealedFile = seal_file(
        plain, target, recipients, progress=lambda done, size: screen.progress(title, done, size)
    )
    return {
        "sha256": made.sha256,
        "bytes": made.size,
        "recipients": [base64.b64encode(one).decode() for one in made.recipient_infos],
        "check": base64.b64encode(check_of(made.content_key, made.sha256)).decode(),
    }

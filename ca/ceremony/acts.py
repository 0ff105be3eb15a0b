"""What each kind of ceremony makes.

An act is done twice: first with throwaway keys in memory, so that everything to be signed is built, judged
and shown before any token is opened; then with the token's.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import singledispatch
from pathlib import Path
from typing import Protocol

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from ca.ceremony import steps
from ca.ceremony.plan import (
    CrossCeremony,
    DestroyCeremony,
    IssuingCeremony,
    LockCaCeremony,
    Plan,
    RekeyCeremony,
    RootCeremony,
    RootListCeremony,
)
from ca.crl import Listed
from ca.errors import CeremonyRefused
from ca.hierarchy import Authority, spki
from ca.profiles import NameConstraints
from ca.tbs import Pointers
from hsm import KeyKind, KeyUse, PrivateKey

_Reasons = x509.ReasonFlags


class Keys(Protocol):
    """Where the ceremony's keys are."""

    def generate(self, label: str, kind: KeyKind, use: KeyUse = KeyUse.SIGN) -> PrivateKey:
        """A new pair."""
        ...

    def open(self, label: str) -> PrivateKey:
        """A pair that is there."""
        ...

    def labels(self) -> list[str]:
        """Those that are there."""
        ...

    def destroy(self, label: str) -> None:
        """End one for good."""
        ...


@dataclass(frozen=True, slots=True)
class Room:
    """What an act works with. ``authority``: the CA that signs, None while a root is only being made.
    ``resume``: a key that an interrupted ceremony left on the token is taken up. ``rehearsal``: the token
    has none of the keys that the plan speaks of."""

    plan: Plan
    keys: Keys
    authority: Authority | None
    now: datetime
    resume: bool = False
    rehearsal: bool = False

    def signer(self) -> Authority:
        """The CA that signs. Raises CeremonyRefused."""
        if self.authority is None:
            raise CeremonyRefused("no CA signs here", reason="没有签发者")
        return self.authority

    def new_key(self, label: str, kind: KeyKind) -> PrivateKey:
        """A key that was not there before. Raises CeremonyRefused."""
        if label not in self.keys.labels():
            return self.keys.generate(label, kind)
        if not self.resume:
            raise CeremonyRefused(f"a key {label!r} is on the token", reason=f"设备中已有密钥 {label}")
        return self.keys.open(label)


@dataclass(slots=True)
class Made:
    """What an act has made. ``authority``: signs the transcript. ``files``: content by name, for the
    ceremony's folder. ``copies``: new files elsewhere. ``issuers``: who certified each certificate."""

    authority: Authority
    certificates: dict[str, x509.Certificate] = field(default_factory=dict)
    issuers: dict[str, x509.Certificate] = field(default_factory=dict)
    lists: dict[str, x509.CertificateRevocationList] = field(default_factory=dict)
    copies: dict[Path, bytes] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def add(self, name: str, certificate: x509.Certificate, issuer: x509.Certificate) -> None:
        """A certificate that was signed."""
        self.certificates[name] = certificate
        self.issuers[name] = issuer

    def files(self) -> dict[str, bytes]:
        """Everything, encoded: certificates in PEM, lists in DER."""
        encoded = {name: one.public_bytes(Encoding.PEM) for name, one in self.certificates.items()}
        return encoded | {name: one.public_bytes(Encoding.DER) for name, one in self.lists.items()}


@singledispatch
def act(ceremony: object, room: Room) -> Made:
    """Do what the plan says. Raises CeremonyRefused, LintFailed, HsmError."""
    raise NotImplementedError(type(ceremony).__name__)


@act.register
def _root(ceremony: RootCeremony, room: Room) -> Made:
    key = room.new_key(ceremony.key.label, ceremony.key.kind)
    root = steps.make_root(key, ceremony.name.name(), room.now, ceremony.days)
    made = Made(root, notes=[f"根密钥 {ceremony.key.label}（{ceremony.key.kind}）在设备中生成"])
    made.add("root.pem", root.certificate, root.certificate)
    made.lists["root.crl"] = steps.sign_root_crl(root, 1, room.now, ceremony.list_days)
    return made


@act.register
def _issuing(ceremony: IssuingCeremony, room: Room) -> Made:
    root = room.signer()
    request = _request(room.plan.file(ceremony.request))
    pointers = Pointers(ceremony.ca_issuers_url, ceremony.crl_url)
    made = Made(root)
    certificate = steps.sign_issuing(root, request, room.now, pointers, ceremony.days)
    made.add("issuing.pem", certificate, root.certificate)
    return made


@act.register
def _cross(ceremony: CrossCeremony, room: Room) -> Made:
    authority, subject = room.signer(), read_certificate(room.plan.file(ceremony.subject))
    _require_ca(subject, room.now)
    given = (ceremony.permitted_dns, ceremony.excluded_dns, ceremony.permitted_organizations)
    made = Made(authority)
    certificate = steps.cross_certify(
        authority,
        subject,
        room.now,
        Pointers(ceremony.ca_issuers_url, ceremony.crl_url),
        ceremony.days,
        ceremony.path_length,
        NameConstraints(*given) if any(given) else None,
    )
    made.add("cross.pem", certificate, authority.certificate)
    return made


@act.register
def _lock_ca(ceremony: LockCaCeremony, room: Room) -> Made:
    certificate = read_certificate(room.plan.file(ceremony.certificate))
    _require_ca(certificate, room.now)
    expected = bytes.fromhex(ceremony.sha256.replace(":", ""))
    if certificate.fingerprint(hashes.SHA256()) != expected:
        raise CeremonyRefused("the fingerprint is not the plan's", reason="锁 CA 证书的指纹与计划不符")
    made = Made(room.signer())
    folder = room.plan.file(ceremony.trust)
    made.copies[folder / f"{ceremony.name}.pem"] = certificate.public_bytes(Encoding.PEM)
    if ceremony.revocations is not None:
        listed = _list_of(room.plan.file(ceremony.revocations), certificate, room.now)
        made.copies[folder / f"{ceremony.name}.crl"] = listed.public_bytes(Encoding.DER)
    made.notes.append(f"信任锁 CA：{certificate.subject.rfc4514_string()}")
    made.notes.append(f"其证书 SHA-256：{expected.hex(':')}")
    return made


@act.register
def _root_list(ceremony: RootListCeremony, room: Room) -> Made:
    root, number, listed = room.signer(), 1, list[Listed]()
    if ceremony.previous is not None:
        number, listed = _continued(room.plan.file(ceremony.previous), _issuer_certificate(room))
    known = {one.serial for one in listed}
    for one in ceremony.revoke:
        certificate = read_certificate(room.plan.file(one.certificate))
        if not _issued(certificate, _issuer_certificate(room)):
            raise CeremonyRefused("not issued by this root", reason=f"{one.certificate} 不是由该根签发")
        if certificate.serial_number in known:
            raise CeremonyRefused("revoked before", reason=f"{one.certificate} 已在列表中")
        known.add(certificate.serial_number)
        listed.append(Listed(certificate.serial_number, room.now, one.reason, one.invalidity_date))
    made = Made(root, notes=[f"根吊销列表第 {number} 期，{len(listed)} 项"])
    made.lists["root.crl"] = steps.sign_root_crl(root, number, room.now, ceremony.days, listed)
    return made


@act.register
def _rekey(ceremony: RekeyCeremony, room: Room) -> Made:
    old = room.signer()
    key = room.new_key(ceremony.new_key.label, ceremony.new_key.kind)
    new = steps.self_signed(key, old.certificate.subject, room.now, ceremony.days)
    made = Made(new, notes=[f"新根密钥 {ceremony.new_key.label}（{ceremony.new_key.kind}）在设备中生成"])
    made.add("root.pem", new.certificate, new.certificate)
    # Each side can verify what the other signed; below the root there is one CA more than usual.
    for name, signer, subject in (("new-with-old.pem", old, new), ("old-with-new.pem", new, old)):
        made.add(name, _link(signer, subject.certificate, room.now), signer.certificate)
    made.lists["root.crl"] = steps.sign_root_crl(new, 1, room.now, ceremony.list_days)
    return made


@act.register
def _destroy(ceremony: DestroyCeremony, room: Room) -> Made:
    certificate = read_certificate(room.plan.file(ceremony.certificate))
    if room.now <= certificate.not_valid_after_utc and not ceremony.before_its_end:
        raise CeremonyRefused(
            "the certificate is still valid; say before_its_end", reason="该密钥的证书尚未到期"
        )
    if isinstance(room.keys, ThrowawayKeys):
        return Made(room.signer(), notes=[f"将销毁密钥 {ceremony.destroy}，不可恢复"])
    if room.rehearsal:
        if ceremony.destroy not in room.keys.labels():
            room.keys.generate(ceremony.destroy, KeyKind.P256)
    elif room.resume and ceremony.destroy not in room.keys.labels():
        # The ceremony that is taken up destroyed it and was interrupted before it was written down.
        return Made(room.signer(), notes=[f"密钥 {ceremony.destroy} 已不在设备中，由中断的仪式销毁"])
    elif spki(room.keys.open(ceremony.destroy).public_key()) != spki(certificate.public_key()):
        raise CeremonyRefused("the key is not the certificate's", reason="密钥与证书不匹配")
    room.keys.destroy(ceremony.destroy)
    if ceremony.destroy in room.keys.labels():
        raise CeremonyRefused("the key is still there", reason="设备未能销毁密钥")
    return Made(room.signer(), notes=[f"密钥 {ceremony.destroy} 已从设备中销毁，复查确认不存在"])


class ThrowawayKeys:
    """Keys in memory, for the trial."""

    def __init__(self) -> None:
        self._keys: dict[str, PrivateKey] = {}

    def generate(self, label: str, kind: KeyKind, use: KeyUse = KeyUse.SIGN) -> PrivateKey:
        """A new one."""
        return self._keys.setdefault(label, steps.throwaway_key(kind))

    def open(self, label: str) -> PrivateKey:
        """One that was made here."""
        return self._keys[label]

    def labels(self) -> list[str]:
        """Those that were made here."""
        return list(self._keys)

    def destroy(self, label: str) -> None:
        """Forget one."""
        self._keys.pop(label, None)


def read_certificate(path: Path) -> x509.Certificate:
    """A certificate, PEM or DER. Raises CeremonyRefused."""
    try:
        content = path.read_bytes()
        if content.lstrip().startswith(b"-----"):
            return x509.load_pem_x509_certificate(content)
        return x509.load_der_x509_certificate(content)
    except (OSError, ValueError) as error:
        raise CeremonyRefused(f"{path}: no certificate", reason=f"{path} 不是证书") from error


def _request(path: Path) -> x509.CertificateSigningRequest:
    try:
        content = path.read_bytes()
        is_pem = content.lstrip().startswith(b"-----")
        return x509.load_pem_x509_csr(content) if is_pem else x509.load_der_x509_csr(content)
    except (OSError, ValueError) as error:
        raise CeremonyRefused(f"{path}: no request", reason=f"{path} 不是证书请求") from error


def _crl(path: Path) -> x509.CertificateRevocationList:
    try:
        content = path.read_bytes()
        is_pem = content.lstrip().startswith(b"-----")
        return x509.load_pem_x509_crl(content) if is_pem else x509.load_der_x509_crl(content)
    except (OSError, ValueError) as error:
        raise CeremonyRefused(f"{path}: no revocation list", reason=f"{path} 不是吊销列表") from error


def _require_ca(certificate: x509.Certificate, now: datetime) -> None:
    try:
        is_ca = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
        signs = certificate.extensions.get_extension_for_class(x509.KeyUsage).value.key_cert_sign
    except (x509.ExtensionNotFound, ValueError):
        is_ca = signs = False
    if not (is_ca and signs):
        raise CeremonyRefused("not a CA's certificate", reason="不是 CA 证书")
    if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        raise CeremonyRefused("the CA's certificate is not in force", reason="CA 证书不在有效期内")


def _list_of(path: Path, issuer: x509.Certificate, now: datetime) -> x509.CertificateRevocationList:
    listed = _crl(path)
    if not listed.is_signature_valid(issuer.public_key()):  # type: ignore[arg-type]
        raise CeremonyRefused("the list is not this CA's", reason="吊销列表不是由该 CA 签发")
    if listed.next_update_utc is None or listed.next_update_utc < now:
        raise CeremonyRefused("the list is out of date", reason="吊销列表已过期")
    return listed


def _issuer_certificate(room: Room) -> x509.Certificate:
    """The real one, also while a stand-in signs."""
    return read_certificate(room.plan.file(room.plan.ceremony.issuer))  # type: ignore[union-attr]


def _continued(path: Path, root: x509.Certificate) -> tuple[int, list[Listed]]:
    """The number and the entries that the next list begins with."""
    previous = _crl(path)
    if not previous.is_signature_valid(root.public_key()):  # type: ignore[arg-type]
        raise CeremonyRefused("the previous list is not this root's", reason="上一期列表不是由该根签发")
    number = previous.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number
    return number + 1, [_listed(one) for one in previous]


def _listed(one: x509.RevokedCertificate) -> Listed:
    reason, since = _Reasons.unspecified, None
    for extension in one.extensions:
        if isinstance(extension.value, x509.CRLReason):
            reason = extension.value.reason
        elif isinstance(extension.value, x509.InvalidityDate):
            since = extension.value.invalidity_date.replace(tzinfo=UTC)
    return Listed(one.serial_number, one.revocation_date_utc, reason.name, since)


def _link(signer: Authority, subject: x509.Certificate, now: datetime) -> x509.Certificate:
    days = (min(signer.certificate.not_valid_after_utc, subject.not_valid_after_utc) - now).days
    return steps.cross_certify(signer, subject, now, Pointers(), min(days, 3653), path_length=1)


def _issued(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True

"""Whether a journal is whole: no entry changed, left out, put elsewhere or cut off.

What a chain of hashes alone cannot tell is told by the checkpoints: whoever rewrites the chain from some
entry on cannot sign its new ends. And whoever cuts off entries together with their checkpoints is found out
by an end that was noted elsewhere: an earlier export, the service's log, a piece of paper.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.x509.oid import NameOID
from sqlalchemy import Connection, select

from ca.audit.event import START
from ca.audit.journal import hash_of
from ca.audit.records import CheckpointLine, EntryLine, Record
from ca.audit.tables import entry, head
from ca.hierarchy import signing_digest
from ca.own_certificates import Role, title_of

_OF_THE_JOURNAL: Final = [NameOID.COUNTRY_NAME, NameOID.ORGANIZATION_NAME, NameOID.COMMON_NAME]
_SIGNS_ALONE: Final = x509.KeyUsage(True, False, False, False, False, False, False, False, False)
# A checkpoint is stamped as soon as it is signed; one that was stamped later was made later.
_STAMPED_WITHIN: Final = timedelta(minutes=10)

CheckStamp = Callable[[bytes, bytes], datetime]
"""(TimeStampToken, stamped data) to the stamped time. Raises ValueError for a stamp that proves nothing."""
RevokedSince = Callable[[x509.Certificate], datetime | None]
"""Since when a certificate is not to be believed; None while it stands."""


@dataclass(frozen=True, slots=True)
class End:
    """How far a node's chain goes, and the hash of its last entry."""

    sequence: int
    digest: str


@dataclass(frozen=True, slots=True)
class Fault:
    """Something is wrong with a node's chain at or before entry ``sequence``."""

    node: str
    sequence: int
    what: str


@dataclass(slots=True)
class Report:
    """``ends``: where each node's chain ends. ``signed``: the last entry that a good checkpoint covers.
    ``stamped``: the same for checkpoints with a good time stamp."""

    entries: int = 0
    checkpoints: int = 0
    ends: dict[str, End] = field(default_factory=dict)
    signed: dict[str, int] = field(default_factory=dict)
    stamped: dict[str, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    @property
    def is_whole(self) -> bool:
        """Whether nothing is wrong."""
        return not self.faults


def verify(
    records: Iterable[Record],
    authorities: Sequence[x509.Certificate],
    check_stamp: CheckStamp | None = None,
    noted: Mapping[str, End] | None = None,
    revoked_since: RevokedSince | None = None,
) -> Report:
    """Check a whole journal, from the first entry of every node.

    ``authorities``: the issuing CAs whose audit certificates are believed. ``noted``: ends that were written
    down elsewhere; the journal must reach each of them, with that hash. ``revoked_since``: of the audit
    certificates; without it, revocation is not looked at.
    """
    checking = _Verification(authorities, check_stamp, dict(noted or {}), revoked_since or _stands)
    for record in records:
        checking.take(record)
    return checking.finish()


def verify_kept(connection: Connection) -> Iterator[Fault]:
    """What only the database can tell: the hashes and places it keeps beside each line, and the ends."""
    kept = connection.execution_options(yield_per=1000).execute(
        select(entry.c.node, entry.c.seq, entry.c.line, entry.c.hash)
    )
    for row in kept:
        if hash_of(row.line) != row.hash:
            yield Fault(row.node, row.seq, "内容与所存摘要不符 (line and hash differ)")
        told = _parsed(row.line)
        if (told.get("node"), told.get("seq")) != (row.node, row.seq):
            yield Fault(row.node, row.seq, "不在原来的位置 (kept under another node or number)")
    nodes = set(connection.execute(select(entry.c.node).distinct()).scalars())
    for node in sorted(nodes - set(connection.execute(select(head.c.node)).scalars())):
        yield Fault(node, 0, "末端记录缺失 (the node's end is missing)")


def kept_ends(connection: Connection) -> dict[str, End]:
    """The ends that the database itself notes."""
    rows = connection.execute(select(head).where(head.c.seq > 0))
    return {row.node: End(row.seq, row.hash) for row in rows}


class _Verification:
    def __init__(
        self,
        authorities: Sequence[x509.Certificate],
        check_stamp: CheckStamp | None,
        noted: dict[str, End],
        revoked_since: RevokedSince,
    ) -> None:
        self._revoked_since = revoked_since
        self._authorities = authorities
        self._check_stamp = check_stamp
        self._noted = noted
        self._report = Report()
        self._believed: dict[bytes, x509.Certificate | None] = {}

    def take(self, record: Record) -> None:
        if isinstance(record, EntryLine):
            self._entry(record.line)
        else:
            self._checkpoint(record)

    def finish(self) -> Report:
        for node, end in self._noted.items():
            reached = self._report.ends.get(node, End(0, START)).sequence
            if reached < end.sequence:
                self._fault(node, reached, f"末尾被截断，应至少到 {end.sequence} (cut off)")
        return self._report

    def _entry(self, line: str) -> None:
        told = _parsed(line)
        node, sequence = told.get("node"), told.get("seq")
        if not isinstance(node, str) or not isinstance(sequence, int):
            self._fault("?", 0, "不是日志条目 (not an entry)")
            return
        before = self._report.ends.get(node, End(0, START))
        if sequence != before.sequence + 1:
            what = f"编号不连续：{before.sequence} 之后是 {sequence} (missing or out of order)"
            self._fault(node, sequence, what)
        elif told.get("before") != before.digest:
            self._fault(node, sequence, "与前一条的摘要不衔接 (the entry before was changed)")
        end = End(sequence, hash_of(line))
        noted = self._noted.get(node)
        if noted is not None and noted.sequence == sequence and noted.digest != end.digest:
            self._fault(node, sequence, "与另行记录的末端不符 (differs from the end that was noted)")
        self._report.ends[node] = end
        self._report.entries += 1

    def _checkpoint(self, record: CheckpointLine) -> None:
        self._report.checkpoints += 1
        told = _parsed(record.line)
        node, sequence, digest = str(told.get("node")), told.get("seq"), told.get("hash")
        end = self._report.ends.get(node, End(0, START))
        if not isinstance(sequence, int):
            self._fault(node, 0, "不是检查点 (not a checkpoint)")
        elif sequence > end.sequence:
            self._fault(node, end.sequence, f"末尾被截断，检查点签到 {sequence} (cut off)")
        elif End(sequence, str(digest)) != end:
            self._fault(node, sequence, "与检查点签名的摘要不符 (differs from what was signed)")
        elif (at := _time_of(told)) is None:
            self._fault(node, sequence, "检查点没有时间 (no time)")
        elif reason := self._distrust(record, at):
            self._fault(node, sequence, reason)
        else:
            self._report.signed[node] = sequence
            self._stamp(record, node, sequence, at)

    def _distrust(self, record: CheckpointLine, at: datetime) -> str | None:
        certificate = self._certificate(record.certificate)
        if certificate is None:
            return "检查点证书不是审计签名证书 (not the CA's audit certificate)"
        if not certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc:
            return "检查点时间不在证书有效期内 (signed outside the certificate's validity)"
        since = self._revoked_since(certificate)
        if since is not None and since <= at:
            return f"检查点证书自 {since.isoformat()} 起已被吊销 (signed with a revoked certificate)"
        if not _signed(certificate, record.signature, record.line.encode()):
            return "检查点签名无效 (the signature does not verify)"
        return None

    def _stamp(self, record: CheckpointLine, node: str, sequence: int, at: datetime) -> None:
        if self._check_stamp is None:
            return
        if record.stamp is None:
            # Where nobody ever stamped there is nothing to miss.
            if node in self._report.stamped:
                self._fault(node, sequence, "检查点没有时间戳，此前的有 (no time stamp, unlike those before)")
            return
        try:
            stamped = self._check_stamp(record.stamp, record.signature)
        except ValueError as error:
            self._fault(node, sequence, f"时间戳无效 (time stamp: {error})")
            return
        if abs(stamped - at) > _STAMPED_WITHIN:
            what = f"时间戳的时间是 {stamped.isoformat()}，与签名时间不符 (stamped at another time)"
            self._fault(node, sequence, what)
        else:
            self._report.stamped[node] = sequence

    def _certificate(self, der: bytes) -> x509.Certificate | None:
        if der not in self._believed:
            self._believed[der] = _believable(der, self._authorities)
        return self._believed[der]

    def _fault(self, node: str, sequence: int, what: str) -> None:
        self._report.faults.append(Fault(node, sequence, what))


def _stands(certificate: x509.Certificate) -> datetime | None:
    return None


def _parsed(line: str) -> dict[str, Any]:
    try:
        told = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def _time_of(told: Mapping[str, Any]) -> datetime | None:
    try:
        at = datetime.fromisoformat(str(told.get("at")))
    except ValueError:
        return None
    return at if at.tzinfo is not None else None


def _believable(der: bytes, authorities: Sequence[x509.Certificate]) -> x509.Certificate | None:
    """The certificate, when one of the CAs issued it to itself for its journal.

    A subscriber may be called alike: its subject has more than the journal's, and its key has other uses.
    """
    try:
        certificate = x509.load_der_x509_certificate(der)
        names = [(one.oid, str(one.value)) for one in certificate.subject]
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except (ValueError, UnsupportedAlgorithm, x509.ExtensionNotFound):
        return None
    if [oid for oid, _ in names] != _OF_THE_JOURNAL or usage != _SIGNS_ALONE:
        return None
    if not names[-1][1].startswith(f"{title_of(Role.AUDIT)} "):
        return None
    return certificate if any(_issued(certificate, authority) for authority in authorities) else None


def _issued(certificate: x509.Certificate, authority: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _signed(certificate: x509.Certificate, signature: bytes, data: bytes) -> bool:
    key: Any = certificate.public_key()
    digest = signing_digest(key)
    try:
        if isinstance(key, RSAPublicKey) and digest is not None:
            key.verify(signature, data, padding.PKCS1v15(), digest)
        elif isinstance(key, EllipticCurvePublicKey) and digest is not None:
            key.verify(signature, data, ec.ECDSA(digest))
        else:
            key.verify(signature, data)
    except InvalidSignature:
        return False
    return True

"""What the signatures of an OFD document are worth, with given roots as the only trust and no network."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from hmac import compare_digest
from typing import Any, BinaryIO, Final

from asn1crypto import cms
from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from ca.documents.detached.verification import verify_by_digests
from ca.documents.errors import SignatureUnreadable
from ca.documents.verification import judging, time_stamps
from ca.documents.verification.certificates import Certificates, facts, may_sign_documents
from ca.documents.verification.long_term import Embedded
from ca.documents.verification.model import Problem, TimeStampReport
from ca.documents.verification.seals import seal_report
from ca.documents.verification.trust import Trust
from ca.ofd.document import Document, read_documents
from ca.ofd.errors import OfdRefused, OfdTooLarge
from ca.ofd.package import Package
from ca.ofd.report import Coverage, OfdProblem, OfdReport, OfdSignature, by_gravity
from ca.ofd.signature_files import Described, Listed, read_list, read_signature
from ca.seals.errors import SealMalformed
from ca.seals.objects.model import StampObject
from ca.seals.objects.reading import read_stamp
from ca.seals.objects.verification import Fault, stamp_faults
from ca.signatures import ALGORITHMS, DIGEST_OIDS

_MAX_SIGNED_VALUE: Final = 16 * 1024 * 1024
_MOST_SIGNED_VALUES: Final = 4 * _MAX_SIGNED_VALUE
_MOST_DIGESTS: Final = 400_000
"""Of all signatures of a package together: everybody may send one, and both are held until it is told."""
_WITHOUT_SEAL: Final = "Sign"
_JUDGED_APART: Final = (Fault.HOLDER_TIME, Fault.HOLDER_UNTRUSTED)


def verify_package(file: BinaryIO, trust: Trust, at: datetime) -> OfdReport:
    """A report on every signature of the package in ``file``, in their order, as things stand at ``at``.

    Raises the subclasses of OfdRefused for a package that cannot be read. A broken signature hides no other.
    """
    with Package.open(file) as package:
        found: list[OfdSignature] = []
        held = _Held()
        for document in read_documents(package):
            found += _Document(package, document, trust, at, held).reports()
        return OfdReport(at, tuple(found))


@dataclass(slots=True)
class _Held:
    """What is held of a package's signatures so far."""

    digests: int = 0
    value_bytes: int = 0

    def add(self, digests: int = 0, value_bytes: int = 0) -> None:
        """Raises OfdTooLarge."""
        self.digests += digests
        self.value_bytes += value_bytes
        if self.digests > _MOST_DIGESTS or self.value_bytes > _MOST_SIGNED_VALUES:
            raise OfdTooLarge("signatures with more digests or bytes than are held at once")


class _Document:
    """The signatures of one document."""

    def __init__(self, package: Package, document: Document, trust: Trust, at: datetime, held: _Held) -> None:
        self._package, self._document, self._trust, self._at = package, document, trust, at
        self._held = held

    def reports(self) -> Iterator[OfdSignature]:
        listed, _ = read_list(self._package, self._document)
        described = [self._described(one) for one in listed]
        for number, (one, read) in enumerate(zip(listed, described, strict=True)):
            if read is None:
                yield OfdSignature(one.id, one.path, problems=(OfdProblem.UNREADABLE,))
                continue
            later = {name for other in described[number + 1 :] if other for name in _own(other)}
            yield self._report(read, later)

    def _described(self, listed: Listed) -> Described | None:
        try:
            read = read_signature(self._package, listed)
        except OfdRefused:
            return None
        self._held.add(digests=len(read.references) + len(read.appearances))
        return read

    def _report(self, read: Described, later: set[str]) -> OfdSignature:
        coverage = self._coverage(read, later)
        self._held.add(value_bytes=self._package.size(read.signed_value))
        bare = OfdSignature(read.listed.id, read.listed.path, coverage, read.appearances)
        try:
            content = self._package.read(read.listed.path)
            value = self._package.read(read.signed_value, _MAX_SIGNED_VALUE)
            if read.listed.type == _WITHOUT_SEAL:
                told = self._by_message(content, value)
            else:
                told = self._by_stamp(read, content, read_stamp(value))
        except (OfdRefused, SealMalformed, SignatureUnreadable):
            told = {"problems": (OfdProblem.UNREADABLE,)}
        problems = [*_coverage_problems(read, coverage), *told.pop("problems")]
        return bare.but(**told, problems=by_gravity(problems))

    def _coverage(self, read: Described, later: set[str]) -> Coverage:
        """``later``: files of signatures that came after; nothing else may be there that is not signed."""
        here = self._package
        own = {read.listed.path, read.signed_value, self._document.signatures}
        known = read.digest in DIGEST_OIDS
        return Coverage(
            files=tuple(read.references),
            changed=tuple(
                name
                for name, digest in read.references.items()
                if known and name in here and not compare_digest(here.digest(name, read.digest), digest)
            ),
            missing=tuple(name for name in read.references if name not in here),
            added=tuple(
                name
                for name in here.names
                if name not in read.references and name not in own and name not in later
            ),
        )

    def _by_message(self, content: bytes, value: bytes) -> dict[str, Any]:
        """A signature without a seal: CMS over Signature.xml (GB/T 35275)."""

        def digests(names: object) -> dict[str, bytes]:
            return {name: hashlib.new(name, content).digest() for name in DIGEST_OIDS}

        signer = verify_by_digests(digests, value, self._trust, self._at).signers[0]
        return {
            "certificate": signer.certificate,
            "signed_at": signer.claimed_at,
            "proven_at": signer.proven_at,
            "algorithms": signer.algorithms,
            "then": signer.then,
            "now": signer.now,
            "time_stamps": signer.time_stamps,
            "problems": signer.problems,
        }

    def _by_stamp(self, read: Described, content: bytes, stamp: StampObject) -> dict[str, Any]:
        """A signature with a seal (GB/T 38540, 7.5)."""
        known, token = _known_with(stamp, self._trust)
        stamps = [] if token is None else [time_stamps.of_signature(token, stamp.signature, known)]
        proven = next((one.at for one in stamps if one.trusted), None)
        faults = _faults(stamp, content, known)
        problems: list[str] = [*faults, *_stamp_problems(stamp, stamps)]
        if read.seal is not None and self._is_other_seal(read.seal, stamp):
            problems.append(OfdProblem.SEAL_DIFFERS)
        signer = _readable(stamp.certificate)
        told: dict[str, Any] = {}
        if signer is None:
            problems.append(Problem.CERTIFICATE_MISSING)
        else:
            then = known.judge(signer, proven or min(stamp.at, self._at))
            now = known.judge(signer, self._at)
            problems += judging.certificate_problems(then, now, proven, stamp.at)
            if not may_sign_documents(signer):
                problems.append(Problem.CERTIFICATE_NOT_FOR_SIGNING)
            told = {"certificate": facts(signer), "then": then.state, "now": now.state}
        algorithm = ALGORITHMS.get(stamp.algorithm)
        return told | {
            "seal": seal_report(stamp.seal, [one for one in faults if one.value.startswith("seal_")]),
            "signed_at": stamp.at,
            "proven_at": proven,
            "algorithms": (algorithm.digest, algorithm.mechanism) if algorithm else None,
            "time_stamps": tuple(stamps),
            "problems": tuple(problems),
        }

    def _is_other_seal(self, path: str, stamp: StampObject) -> bool:
        return path not in self._package or self._package.read(path) != stamp.seal.der


def _own(read: Described) -> set[str]:
    own = {read.listed.path, read.signed_value}
    return own if read.seal is None else own | {read.seal}


def _coverage_problems(read: Described, coverage: Coverage) -> Iterator[OfdProblem]:
    if read.digest not in DIGEST_OIDS:
        yield OfdProblem.DIGEST_UNKNOWN
    if coverage.changed or coverage.missing:
        yield OfdProblem.FILES_CHANGED
    if coverage.added:
        yield OfdProblem.FILES_ADDED


def _known_with(stamp: StampObject, trust: Trust) -> tuple[Certificates, Any]:
    """Trust, and what the stamp's own time stamp carries; with the token, None without a readable one."""
    embedded = Embedded()
    token = None
    if stamp.time_stamp is not None:
        try:
            token = cms.ContentInfo.load(stamp.time_stamp)
            embedded.add(one.chosen for one in token["content"]["certificates"] if one.name == "certificate")
        except Exception:  # broken structures meet a reader's every exception
            token = None
    return embedded.knowing(trust), token


def _faults(stamp: StampObject, content: bytes, known: Certificates) -> list[Fault]:
    def trusted(certificate: x509.Certificate, at: datetime) -> bool:
        return known.is_trusted(asn1.Certificate.load(certificate.public_bytes(Encoding.DER)), at)

    algorithm = ALGORITHMS.get(stamp.algorithm)
    digest = hashlib.new(algorithm.digest, content).digest() if algorithm else b""
    return [one for one in stamp_faults(stamp, digest, trusted) if one not in _JUDGED_APART]


def _stamp_problems(stamp: StampObject, stamps: list[TimeStampReport]) -> list[Problem]:
    if stamp.time_stamp is not None and not stamps:
        return [Problem.TIME_STAMP_WRONG]
    return judging.stamp_problems(stamps)


def _readable(certificate: bytes) -> Any:
    """The certificate, of asn1crypto; None where a field that is told of cannot be read."""
    try:
        found = asn1.Certificate.load(certificate, strict=True)
        facts(found), may_sign_documents(found)
    except Exception:  # as above
        return None
    return found

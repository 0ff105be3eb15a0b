"""What a detached signature is worth, with given roots as the only trust and no network."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from datetime import datetime
from hmac import compare_digest
from typing import BinaryIO, Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from ca.chains import Trust
from ca.documents.detached.digests import digests_of
from ca.documents.detached.reading import Detached, Signer, read_detached
from ca.documents.detached.report import SealReport, SignerReport
from ca.errors import SignatureMismatch, SigningKeyRefused
from ca.seals.errors import SealMalformed
from ca.seals.objects.reading import read_seal
from ca.seals.objects.verification import Fault, is_holder, seal_faults
from ca.signatures import DIGEST_OIDS, algorithm_named, check_by, spki_of
from ca.timestamps.verification import read_token

Digests = Callable[[Iterable[str]], dict[str, bytes]]
"""Gives the digests of a file by names of algorithms; those it does not have are left out."""
_DATA: Final = ("1.2.840.113549.1.7.1", "1.2.156.10197.6.1.4.2.1")


def verify_detached(file: BinaryIO, signature: bytes, trust: Trust, at: datetime) -> list[SignerReport]:
    """A report on each signer of ``signature`` over ``file``, which is read once, as things stand at ``at``.

    Raises SignatureUnreadable.
    """
    return verify_by_digest(lambda names: digests_of(file, names), signature, trust, at)


def verify_by_digest(digests: Digests, signature: bytes, trust: Trust, at: datetime) -> list[SignerReport]:
    """``verify_detached`` where the file is elsewhere. Raises SignatureUnreadable."""
    message = read_detached(signature)
    known = digests({one.digest for one in message.signers})
    found = trust.with_found(message.certificates, message.lists)
    return [_Judge(message, found, at).report(one, known.get(one.digest)) for one in message.signers]


class _Judge:
    """What one message is judged by."""

    def __init__(self, message: Detached, trust: Trust, at: datetime) -> None:
        self._message = message
        self._trust = trust
        self._at = at

    def report(self, signer: Signer, digest: bytes | None) -> SignerReport:
        problems = _broken(signer, digest)
        intact = not problems
        proven = None
        if signer.time_stamp is not None:
            proven = self._proven(signer.time_stamp, signer.signature)
            problems += ["time_stamp_invalid"] if proven is None else []
        moment = proven or self._at
        standing = None
        if signer.certificate is not None:
            standing = self._trust.standing(signer.certificate, moment)
            problems += [standing.fault.value] if standing.fault else []
            problems += [] if _is_for_signing(signer.certificate) else ["certificate_not_for_signing"]
        seal = self._seal(signer, moment)
        problems += seal.problems if seal else []
        return SignerReport(
            certificate=signer.certificate,
            chain=standing.chain if standing else (),
            digest=signer.digest,
            level=self._level(signer, proven),
            intact=intact,
            trusted=intact and standing is not None and standing.fault is None,
            revocation_checked=standing is not None and standing.revocation_checked,
            claimed_at=signer.signed_at,
            proven_at=proven,
            seal=seal,
            problems=tuple(dict.fromkeys(problems)),
        )

    def _proven(self, token: bytes, signature: bytes) -> datetime | None:
        """The time of a stamp whose authority leads to a root; None of any other."""
        try:
            stamp = read_token(token, signature)
        except ValueError:
            return None
        trust = self._trust.with_found(stamp.carried)
        return stamp.at if trust.standing(stamp.certificate, stamp.at).fault is None else None

    def _seal(self, signer: Signer, at: datetime) -> SealReport | None:
        if signer.seal is None:
            return None
        try:
            seal = read_seal(signer.seal)
        except SealMalformed as error:
            return SealReport(None, (error.code,))
        faults = seal_faults(seal, at, lambda one, when: self._trust.standing(one, when).fault is None)
        encoded = signer.certificate.public_bytes(Encoding.DER) if signer.certificate else b""
        if not is_holder(encoded, seal.holders):
            faults.insert(0, Fault.HOLDER)
        return SealReport(seal, tuple(one.value for one in faults))

    def _level(self, signer: Signer, proven: datetime | None) -> str | None:
        if signer.reference is None or signer.signed_at is None:
            return None
        if proven is None:
            return "B-B"
        return "B-LT" if self._message.lists or self._message.ocsp_answers else "B-T"


def _broken(signer: Signer, digest: bytes | None) -> list[str]:
    """Why the signature does not hold over the file: nothing for a good one, else one code."""
    if signer.certificate is None:
        return ["certificate_missing"]
    if digest is None:
        return ["algorithm_unknown" if signer.digest not in DIGEST_OIDS else "digest_missing"]
    if signer.signed and not compare_digest(signer.message_digest, digest):
        return ["file_changed"]
    try:
        _check(signer, signer.certificate)
    except SigningKeyRefused:
        return ["algorithm_unknown"]
    except SignatureMismatch:
        return ["signature_broken"]
    return []


def _check(signer: Signer, certificate: x509.Certificate) -> None:
    """Raises SignatureMismatch, SigningKeyRefused."""
    if not signer.signed or signer.content_type not in _DATA:
        # RFC 5652 allows to sign without attributes; CAdES does not, and nothing would name the signer.
        raise SignatureMismatch("no signed attributes, or of another content type")
    encoded = certificate.public_bytes(Encoding.DER)
    if signer.reference is not None:
        name, value = signer.reference
        if name not in DIGEST_OIDS or not compare_digest(hashlib.new(name, encoded).digest(), value):
            raise SignatureMismatch("another certificate was signed with")
    algorithm = algorithm_named(signer.algorithm, signer.digest)
    check_by(spki_of(encoded), algorithm, signer.signature, signer.signed)


def _is_for_signing(certificate: x509.Certificate) -> bool:
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except (ValueError, x509.ExtensionNotFound):
        return True  # RFC 5280, section 4.2.1.3: without the extension the key is not restricted
    return usage.digital_signature or usage.content_commitment

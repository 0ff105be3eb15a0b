"""What proves a document's signatures later: certificates, and each one's state at the time of signing.

A ``ProofSource`` knows some authorities: our own (``ca.own_proofs``), or those of others. ``gather`` goes
from every certificate in the document up to a root, and takes with it whatever a source knows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final, Protocol

from asn1crypto import cms
from cryptography import x509
from pyhanko.pdf_utils.generic import EncryptedObjAccess
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import enumerate_sig_fields

from ca.documents.errors import ProofMissing, SignerNotGood
from ca.signed_data import encoded

_MOST: Final = 64  # certificates of one document; beyond them nothing is proved
_TALLEST: Final = 8  # certificates up to the root


class ProofSource(Protocol):
    """Knows issuers, and what became of their certificates. Safe for many threads."""

    def issuer_of(self, certificate: x509.Certificate) -> x509.Certificate | None:
        """The CA that signed a certificate; None for one that this source does not know."""
        ...

    def prove(self, certificate: x509.Certificate, issuer: x509.Certificate) -> Proof:
        """The state of a certificate as things stand. Raises ProofMissing; SignerNotGood when it is bad."""
        ...


@dataclass(frozen=True, slots=True)
class Proof:
    """Either an OCSP response or a revocation list, DER."""

    ocsp_answer: bytes | None = None
    revocation_list: bytes | None = None


@dataclass(slots=True)
class Proofs:
    """Everything for a document security store, in DER and each once."""

    certificates: dict[bytes, None] = field(default_factory=dict)
    ocsp_answers: dict[bytes, None] = field(default_factory=dict)
    lists: dict[bytes, None] = field(default_factory=dict)

    def add(self, proof: Proof) -> None:
        """Take a proof in."""
        if proof.ocsp_answer is not None:
            self.ocsp_answers[proof.ocsp_answer] = None
        if proof.revocation_list is not None:
            self.lists[proof.revocation_list] = None


def gather(
    signer: x509.Certificate, others: Iterable[x509.Certificate], sources: Sequence[ProofSource]
) -> Proofs:
    """What proves ``signer``, and of ``others`` whatever can be proved: earlier signers may be of any CA.

    Raises ProofMissing and SignerNotGood for the signer alone.
    """
    proofs = Proofs()
    _climb(signer, sources, proofs)
    for one in others:
        with suppress(ProofMissing, SignerNotGood):
            _climb(one, sources, proofs)
    return proofs


def certificates_in(reader: PdfFileReader) -> list[x509.Certificate]:
    """The certificates that a document's signatures and time stamps carry, each once, at most 64."""
    values = (value.get_object() for _, value, _ in enumerate_sig_fields(reader, filled_status=True))
    return _each(one for value in values for one in _carried(_contents(value)))


def certificates_of(signature: bytes) -> list[x509.Certificate]:
    """The certificates that one CMS and its time stamps carry, each once, at most 64."""
    return _each(_carried(signature))


def _each(found: Iterable[bytes]) -> list[x509.Certificate]:
    return list(islice(_readable(sorted(set(found))), _MOST))


def _contents(signature: Any) -> bytes:
    """What alone is never encrypted in an encrypted document (ISO 32000-2, 7.6.2)."""
    if "/Contents" not in signature:
        return b""
    value = signature.raw_get("/Contents", decrypt=EncryptedObjAccess.RAW)
    return bytes(getattr(value, "original_bytes", b""))


def _climb(certificate: x509.Certificate, sources: Sequence[ProofSource], proofs: Proofs) -> None:
    for _ in range(_TALLEST):
        if encoded(certificate) in proofs.certificates:
            return
        source, issuer = _issuer(certificate, sources)
        proofs.add(source.prove(certificate, issuer))
        proofs.certificates[encoded(certificate)] = None
        if issuer.subject == issuer.issuer:
            # Verifiers trust a root of their own; some look for the issuer of a list in the document alone.
            proofs.certificates[encoded(issuer)] = None
            return
        certificate = issuer
    raise ProofMissing("the chain of certificates does not end")


def _issuer(
    certificate: x509.Certificate, sources: Sequence[ProofSource]
) -> tuple[ProofSource, x509.Certificate]:
    for source in sources:
        if (issuer := source.issuer_of(certificate)) is not None:
            return source, issuer
    raise ProofMissing(f"nobody here speaks for {certificate.issuer.rfc4514_string()}")


def _carried(contents: bytes) -> list[bytes]:
    """The certificates in a signature and in its time stamps, DER."""
    try:
        signed = cms.ContentInfo.load(contents)["content"]
        tokens = [
            token["content"]
            for signer in signed["signer_infos"]
            for attribute in signer["unsigned_attrs"]
            if attribute["type"].native == "signature_time_stamp_token"
            for token in attribute["values"]
        ]
        return [
            choice.chosen.dump()
            for one in (signed, *tokens)
            for choice in one["certificates"]
            if choice.name == "certificate"
        ]
    except Exception:  # of somebody else's making, and broken: a reader's every exception
        return []


def _readable(certificates: Iterable[bytes]) -> Iterator[x509.Certificate]:
    for one in certificates:
        with suppress(ValueError):
            yield x509.load_der_x509_certificate(one)

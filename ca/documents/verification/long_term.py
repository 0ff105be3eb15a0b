"""How long a signature can be judged: the baseline level that it reaches by what is embedded alone.

B-T: a time stamp proves when. B-LT: every certificate but the roots, of signer and stampers, and word of its
revocation are inside. B-LTA: a time stamp over the document is over all of that (ETSI EN 319 142-1, 6.3).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from asn1crypto import x509 as asn1
from pyhanko.pdf_utils.reader import PdfFileReader

from ca.documents.levels import Level
from ca.documents.reading import entry
from ca.documents.verification.certificates import Certificates
from ca.documents.verification.messages import Message
from ca.documents.verification.revocation import Revocations
from ca.documents.verification.trust import Trust

_MOST: Final = 512
"""Certificates, lists or answers of one kind that are read from a document."""


@dataclass
class Embedded:
    """What a document carries for later, all DER: in its security store, and in signatures."""

    certificates: dict[bytes, Any] = field(default_factory=dict)
    lists: list[bytes] = field(default_factory=list)
    answers: list[bytes] = field(default_factory=list)

    @classmethod
    def of(cls, reader: PdfFileReader) -> Embedded:
        """The document security store (ETSI EN 319 142-1, 5.4.2); empty without one or for a broken one."""
        found = cls()
        try:
            store = entry(reader.root, "/DSS", {})
            found.add(map(asn1.Certificate.load, _streams(store, "/Certs")))
            found.lists += _streams(store, "/CRLs")
            found.answers += _streams(store, "/OCSPs")
        except Exception:  # a broken store proves nothing and harms nothing
            return found
        return found

    def add(self, certificates: Iterable[Any]) -> None:
        """Certificates (asn1crypto's) of a signature; what cannot be read, or is too much, is left out."""
        for one in certificates:
            if len(self.certificates) >= _MOST:
                break
            try:
                der = one.dump()
                one.subject.dump(), one.public_key.dump()
            except Exception:  # noqa: S112  one broken certificate hides no other
                continue
            self.certificates.setdefault(der, one)

    def add_message(self, message: Message) -> None:
        """What a signature carries."""
        self.add(message.certificates)
        lists, answers = message.revocation
        self.lists = [*dict.fromkeys((*self.lists, *lists))]  # signers of one message carry the same
        self.answers = [*dict.fromkeys((*self.answers, *answers))]
        for token in message.stamps:
            self.add(_certificates_in(token))

    def knowing(self, trust: Trust) -> Certificates:
        """All there is: from the verifier, and from the document."""
        revocations = Revocations([*trust.lists, *self.lists], [*trust.answers, *self.answers])
        return Certificates(trust, self.certificates.values(), revocations)

    def alone(self, trust: Trust) -> Certificates:
        """The verifier's roots, and nothing else that is not in the document."""
        revocations = Revocations(self.lists, self.answers)
        return Certificates(Trust(trust.roots), self.certificates.values(), revocations)


@dataclass(frozen=True, slots=True)
class Proof:
    """Which time stamps there are for a signature: certificates (asn1crypto's) of stampers, and times."""

    in_signature: tuple[tuple[Any, datetime], ...]
    over_document: tuple[tuple[Any, datetime], ...]  # those that cover the signature
    over_store: bool  # one of the latter also covers the whole security store


def level(message: Message, at: datetime, proof: Proof, alone: Certificates) -> Level | None:
    """The level that a signature reaches whose best time is ``at``; None when it is not even B-B."""
    if not message.is_baseline:
        return None
    stamps = proof.in_signature or proof.over_document[:1]
    if not stamps:
        return Level.B_B
    judged = [(message.certificate, at), *stamps]
    if not all(_is_provable(certificate, moment, alone) for certificate, moment in judged):
        return Level.B_T
    return Level.B_LTA if proof.over_document and proof.over_store else Level.B_LT


def _is_provable(certificate: Any, at: datetime, alone: Certificates) -> bool:
    """Whether path and word of revocation are all embedded."""
    found = alone.judge(certificate, at)
    if not found.path or found.problem is not None:
        return False
    return all(any(word.speaks_of(at) for word in words) for words in alone.words(found.path))


def _streams(store: Any, key: str) -> list[bytes]:
    return [bytes(one.get_object().data) for one in list(entry(store, key, ()))[:_MOST]]


def _certificates_in(token: Any) -> list[Any]:
    try:
        return [one.chosen for one in token["content"]["certificates"] if one.name == "certificate"]
    except Exception:  # a broken token says so elsewhere
        return []

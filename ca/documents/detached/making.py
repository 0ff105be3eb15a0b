"""Making a detached signature: CAdES B-B, B-T and B-LT (ETSI EN 319 122-1, section 6)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from ca import der
from ca.documents.cms_making import SigningIdentity
from ca.documents.detached.digests import FileDigest
from ca.documents.errors import DigestRefused
from ca.documents.levels import Lasting, Level
from ca.documents.proofs import Proofs, certificates_of, gather
from ca.documents.seal_attribute import seal_attribute
from ca.documents.time_stamping import Answer, with_time_stamp
from ca.seals.objects.reading import read_seal
from ca.signatures import document_digest
from ca.signed_data import DATA, attribute, basic_attributes, signed_data, signer_info

_SIGNING_TIME: Final = der.identifier("1.2.840.113549.1.9.5")
_OCSP: Final = der.identifier("1.3.6.1.5.5.7.16.2")  # id-ri-ocsp-response (RFC 5940)
_CERTIFICATES, _LISTS, _OTHER = 0xA0, 0xA1, 0xA1


def sign_lasting(
    identity: SigningIdentity,
    digest: FileDigest,
    lasting: Lasting,
    level: Level,
    *,
    at: datetime,
    seal: bytes,
) -> bytes:
    """A detached CMS over the file with this digest, at a level; B-LTA is B-LT, as nothing is archived here.

    Raises as ``sign_digest``, and ProofMissing, SignerNotGood.
    """
    stamps = lasting.stamps if level.is_stamped else None
    signature = sign_digest(identity, digest, at=at, seal=seal, stamps=stamps)
    if not level.is_proved:
        return signature
    proofs = gather(identity.certificate, certificates_of(signature), lasting.sources)
    return with_proofs(signature, proofs)


def sign_digest(
    identity: SigningIdentity,
    digest: FileDigest,
    *,
    at: datetime,
    seal: bytes | None = None,
    stamps: Answer | None = None,
) -> bytes:
    """A detached CMS over the file with this digest, DER.

    ``at``: the time that the signer claims. ``seal``: the electronic seal (SESeal, DER), signed together with
    the file. ``stamps``: a time stamp authority, which makes it B-T; ``with_proofs`` makes that B-LT.
    Raises DigestRefused for a digest that the key does not sign, SealMalformed, TimeStampMissing, and what
    the key raises: HsmError on a token.
    """
    wanted = document_digest(identity.certificate).name
    if digest.algorithm != wanted:
        raise DigestRefused(f"the certificate's key signs {wanted}, not {digest.algorithm}")
    attributes = [
        *basic_attributes(DATA, digest.value, identity.certificate),
        attribute(_SIGNING_TIME, der.time(at.astimezone(UTC).replace(microsecond=0))),
    ]
    if seal is not None:
        attributes.append(seal_attribute(read_seal(seal).der))
    signer = signer_info(identity.key, identity.certificate, wanted, attributes)
    signature = signed_data(signer, wanted, identity.carried, der.sequence(DATA), version=1)
    return signature if stamps is None else with_time_stamp(signature, stamps)


def with_proofs(signature: bytes, proofs: Proofs) -> bytes:
    """``signature`` (as ``sign_digest`` makes it) with what proves it later (ETSI EN 319 122-1, 6.3, B-LT).

    Neither certificates nor lists are signed, so nothing breaks. Raises Malformed (a ValueError).
    """
    kind, content = der.read(signature).children()
    (signed,) = content.children()
    _version, digests, encapsulated, *optional, signers = signed.children()
    carried = {tag: set[bytes]() for tag in (_CERTIFICATES, _LISTS)}
    for one in optional:
        carried[one.tag] |= {member.whole for member in one.children()}
    carried[_CERTIFICATES] |= proofs.certificates.keys()
    carried[_LISTS] |= proofs.lists.keys() | {_other(answer) for answer in proofs.ocsp_answers}
    # RFC 5652, section 5.1: version 5 with a list of another format.
    version = 5 if proofs.ocsp_answers else 1
    inside = der.sequence(
        der.integer(version),
        digests.whole,
        encapsulated.whole,
        *(der.element(tag, b"".join(sorted(members))) for tag, members in carried.items() if members),
        signers.whole,
    )
    return der.sequence(kind.whole, der.element(_CERTIFICATES, inside))


def _other(ocsp_answer: bytes) -> bytes:
    """OtherRevocationInfoFormat, [1] IMPLICIT (RFC 5652, section 10.2.1)."""
    return der.element(_OTHER, _OCSP + ocsp_answer)

"""What our own authority says of its certificates, as documents carry it: asked in process, no network."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from ca.authorities import Authorities
from ca.documents.errors import ProofMissing, SignerNotGood
from ca.documents.proofs import Proof
from ca.ocsp import Responder

_NONCE: int = 32


class OwnProofs:
    """A ``ProofSource`` of our issuing CAs and their root.

    ``root_list``: the root's revocation list, DER. Of what issuing CAs issued, OCSP answers speak, signed for
    the question: they say what was so after the signature, and are small whatever was revoked.
    """

    def __init__(
        self,
        authorities: Authorities,
        responder: Responder,
        root: x509.Certificate,
        root_list: Callable[[], bytes],
    ) -> None:
        self._authorities = authorities
        self._responder = responder
        self._root = root
        self._root_list = root_list

    def issuer_of(self, certificate: x509.Certificate) -> x509.Certificate | None:
        """One of our CAs, or None."""
        ours = [one.authority.certificate for one in self._authorities.all()]
        return next((one for one in (*ours, self._root) if is_issued_by(certificate, one)), None)

    def prove(self, certificate: x509.Certificate, issuer: x509.Certificate) -> Proof:
        """An OCSP answer; of a CA, the root's list. Raises ProofMissing, SignerNotGood, HsmError."""
        if issuer == self._root:
            return Proof(revocation_list=self._listed(certificate))
        asked = ocsp_request(certificate, issuer)
        return Proof(ocsp_answer=good_answer(self._responder.answer(asked).der))

    def _listed(self, certificate: x509.Certificate) -> bytes:
        try:
            content = self._root_list()
        except OSError as error:
            raise ProofMissing(f"the root's revocation list cannot be read: {error}") from error
        listed = x509.load_der_x509_crl(content)
        if listed.get_revoked_certificate_by_serial_number(certificate.serial_number) is not None:
            raise SignerNotGood(f"{certificate.subject.rfc4514_string()} is on its issuer's list")
        return content


def is_issued_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Whether ``issuer`` has this name and its key signed the certificate."""
    if certificate.issuer != issuer.subject:
        return False
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def ocsp_request(certificate: x509.Certificate, issuer: x509.Certificate) -> bytes:
    """A question with a nonce, DER: nobody has its answer ready (RFC 9654)."""
    nonce = x509.OCSPNonce(secrets.token_bytes(_NONCE))
    # SHA-1 names the issuer here and protects nothing; it is what every responder knows (RFC 5019, 2.1.1).
    builder = ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer, SHA1())  # noqa: S303
    return builder.add_extension(nonce, critical=False).build().public_bytes(Encoding.DER)


def good_answer(answer: bytes) -> bytes:
    """The answer, if it says good. Raises ProofMissing, SignerNotGood."""
    try:
        read = ocsp.load_der_ocsp_response(answer)
        if read.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
            raise ProofMissing(f"the responder answers {read.response_status.name}")
        status = read.certificate_status
    except ValueError as error:
        raise ProofMissing(f"no OCSP answer: {error}") from error
    if status is not ocsp.OCSPCertStatus.GOOD:
        raise SignerNotGood(f"the responder answers {status.name}")
    return answer

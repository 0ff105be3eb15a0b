"""Answering whether a certificate is revoked (OCSP, RFC 6960, in the profile of RFC 5019).

``request`` reads what is asked, ``response`` writes the answer, ``responder`` decides it, ``store`` keeps
answers that were signed ahead, and ``presigning`` signs them.
"""

from ca.ocsp.presigning import Presigner
from ca.ocsp.responder import MAX_REQUEST, Answer, Responder
from ca.ocsp.response import ErrorStatus, error_response
from ca.ocsp.signing import OcspPolicy

__all__ = [
    "MAX_REQUEST",
    "Answer",
    "ErrorStatus",
    "OcspPolicy",
    "Presigner",
    "Responder",
    "error_response",
]

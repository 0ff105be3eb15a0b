"""Envelopes: files encrypted to certificates, of any size in a few megabytes of memory (CMS, RFC 5652).

    sealed = seal_file(Path("bid.pdf"), Path("bid.p7m"), [Recipient(own), Recipient(agency)])
    sealed.sha256                                     # of the envelope

    with Path("bid.p7m").open("rb") as file:
        header = read_header(file)
    recipient = recipient_of(header.recipients, own)  # the part that own's key opens
    content_key = content_key_of(recipient, key)      # or from the holder's phone, by mobile_bridge.sdk
    open_file(Path("bid.p7m"), content_key, Path("bid.pdf"))

``openssl cms -decrypt`` opens what is written here, and what ``openssl cms -encrypt`` writes is opened here.
Nothing appears at the target before its authenticity has been proved. No server, no SQL, no web.
"""

from mobile_bridge.envelopes.content_keys import check_of, content_key_of
from mobile_bridge.envelopes.errors import (
    EnvelopeError,
    EnvelopeMalformed,
    EnvelopeNotOpened,
    EnvelopeUnsupported,
    RecipientUnfit,
    SignatureWrong,
    SourceChanged,
    SourceTooLarge,
)
from mobile_bridge.envelopes.forms import Kind
from mobile_bridge.envelopes.opening import check_envelope, open_bytes, open_file
from mobile_bridge.envelopes.reading import EnvelopeHeader, read_header
from mobile_bridge.envelopes.recipients import Recipient, recipient_of
from mobile_bridge.envelopes.sealing import SealedFile, seal_file
from mobile_bridge.envelopes.signing import SignedBy, Signer, open_signed

__all__ = [
    "EnvelopeError",
    "EnvelopeHeader",
    "EnvelopeMalformed",
    "EnvelopeNotOpened",
    "EnvelopeUnsupported",
    "Kind",
    "Recipient",
    "RecipientUnfit",
    "SealedFile",
    "SignatureWrong",
    "SignedBy",
    "Signer",
    "SourceChanged",
    "SourceTooLarge",
    "check_envelope",
    "check_of",
    "content_key_of",
    "open_bytes",
    "open_file",
    "open_signed",
    "read_header",
    "recipient_of",
    "seal_file",
]

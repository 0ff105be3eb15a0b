"""Reading and checking the signature of a call (RFC 9421) and the digest of its body (RFC 9530)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import http_sf
from http_message_signatures import (
    ContentDigest,
    HTTPMessageSignaturesException,
    HTTPMessageVerifier,
    HTTPSignatureAlgorithm,
    MappingKeyResolver,
)
from http_message_signatures.algorithms import ECDSA_P256_SHA256, ED25519

from api.platforms.errors import SignatureInvalid, SignatureMissing
from api.platforms.public_keys import CallKey

TAG: Final = "sealbridge"
"""The application that a signature is for (RFC 9421, section 2.3): another's says nothing to us."""

COVERED: Final = ("@method", "@authority", "@path", "@query")
"""What every signature must cover; one of a call with a body also ``content-digest``."""

_DIGEST: Final = "content-digest"
_ALGORITHMS: Final[Mapping[str, type[HTTPSignatureAlgorithm]]] = {
    one.algorithm_id: one for one in (ED25519, ECDSA_P256_SHA256)
}


@dataclass(frozen=True, slots=True)
class Call:
    """The head of a call. ``url``: as the caller was told to write it; ``fields``: in their order."""

    method: str
    url: str
    fields: tuple[tuple[str, str], ...]

    @property
    def headers(self) -> _Fields:
        """The fields as the library reads them."""
        return _Fields(self.fields)


@dataclass(frozen=True, slots=True)
class SignedCall:
    """What a signature that holds says. Times are seconds since 1970; ``digest``: the field, if covered."""

    created: int
    expires: int | None
    nonce: str | None
    digest: str | None


def key_id_of(call: Call) -> str:
    """Whose key the call claims to be signed with. Raises SignatureMissing and SignatureInvalid."""
    _, parameters = _ours(call)
    key_id = parameters.get("keyid")
    if not isinstance(key_id, str):
        raise SignatureInvalid("keyid is missing")
    return key_id


def verify(call: Call, key: CallKey) -> SignedCall:
    """What the signature says. Raises SignatureMissing and SignatureInvalid.

    When it was made, and whether it was seen before, is for the caller to judge.
    """
    label, parameters = _ours(call)
    known = {str(parameters.get("keyid")): key.public}
    verifier = _Verifier(
        signature_algorithm=_ALGORITHMS[key.algorithm],
        key_resolver=MappingKeyResolver(public_keys=known, private_keys={}),
    )
    try:
        (result,) = verifier.verify(
            call, max_age=None, expect_tag=TAG, expect_label=label, require_components=COVERED
        )
    except Exception as error:  # whatever hostile fields do to the parser is one answer
        raise SignatureInvalid(f"{error}"[:200]) from None
    said: Mapping[str, Any] = result.parameters
    if "created" not in said:
        raise SignatureInvalid("created is missing")
    digest = result.covered_components.get(f'"{_DIGEST}"')
    return SignedCall(said["created"], said.get("expires"), said.get("nonce"), digest)


def check_body(signed: SignedCall, body: bytes) -> None:
    """The body is the one that was signed. Raises SignatureInvalid."""
    if signed.digest is None:
        if body:
            raise SignatureInvalid(f"a call with a body must cover {_DIGEST}")
        return
    try:
        ContentDigest.verify(signed.digest, body)
    except HTTPMessageSignaturesException as error:
        raise SignatureInvalid(f"{error}") from None


class _Verifier(HTTPMessageVerifier):
    """Leaves time to ``rules.check_window``, which has the service's clock and tells stale from forged."""

    def validate_created_and_expires(self, sig_input: Any, max_age: Any = None) -> None:
        """Nothing."""


class _Fields(Iterable[str]):
    """Fields of a head, repeated ones included."""

    def __init__(self, fields: tuple[tuple[str, str], ...]) -> None:
        self._fields = fields

    def items(self) -> tuple[tuple[str, str], ...]:
        """Name and value of each line."""
        return self._fields

    def __iter__(self) -> Any:
        return (name for name, _ in self._fields)


def _ours(call: Call) -> tuple[str, Mapping[str, Any]]:
    """Label and parameters of the one signature with our tag. Others on the way may have added theirs."""
    given = ", ".join(value for name, value in call.fields if name == "signature-input")
    if not given:
        raise SignatureMissing("Signature-Input is missing (RFC 9421)")
    try:
        inputs: Any = http_sf.parse(given.encode(), tltype="dictionary", on_duplicate_key=_refuse_duplicate)
        ours = [(label, one[1]) for label, one in inputs.items() if one[1].get("tag") == TAG]
    except Exception:  # as above
        raise SignatureInvalid("Signature-Input is no dictionary of signatures") from None
    if not ours:
        raise SignatureMissing(f'no signature has tag="{TAG}"')
    if len(ours) > 1:
        raise SignatureInvalid(f'several signatures have tag="{TAG}"')
    return ours[0]


def _refuse_duplicate(name: str, context: str) -> None:
    if context == "dictionary":
        raise SignatureInvalid(f"label {name!r} is there twice")

"""What is said of the bridge's operations, whose routes belong to ``mobile_bridge``, which knows no api."""

from __future__ import annotations

from typing import Any, Final

from api.openapi.refusals import ISSUANCE

_LIVING: Final = (
    *("session_answered", "session_cancelled", "session_expired", "session_failed", "session_not_found"),
    *("session_refused", "task_token_invalid"),
)
_LOCK: Final = (
    *(
        "lock_certificate_differs",
        "lock_certificate_invalid",
        "lock_expired",
        "lock_issuer_unknown",
        "lock_not_for_signing",
    ),
    *("lock_of_other_enterprise", "lock_revoked", "lock_status_unknown"),
    *("glyphs_missing", "message_malformed", "message_too_large"),
)
_SIGNATURE: Final = (
    *("session_not_ready", "signature_mismatch", "signature_place_missing", "signature_too_large"),
    *_LOCK,
)
_WAIT: Final = ("origin_foreign", "too_many_waits", "wait_token_invalid")
_WANTED: Final = (
    *("administrator_needed", "administrator_replaced_since", "application_state", "certificate_not_found"),
    *("certificate_replaced", "custody_not_lock", "handover_expired", "handover_state", "no_longer_member"),
    *("not_found", "payment_needed", "session_not_ready", "task_is_signature"),
    *_LIVING,
)
_GIVEN: Final = ("renewal_held", "renewal_refused", *_WANTED, *ISSUANCE)
REFUSALS: Final = {
    "scan_wait": _WAIT,
    "scan_watch": _WAIT,
    "scan_qr_picture": (
        *("already_claimed", "session_answered", "session_cancelled", "session_expired", "session_failed"),
        *("session_refused", *_WAIT),
    ),
    "bridge_enrolment": ("profile_unknown", "subject_invalid", *_WANTED),
    "bridge_keys": (
        *(
            "csr_invalid",
            "enrolment_changed",
            "enrolment_key_differs",
            "enrolment_key_kind",
            "message_malformed",
        ),
        *("message_too_large", "possession_unproven", *_WANTED, *ISSUANCE),
    ),
    "bridge_proof": ("message_malformed", "possession_unproven", *_WANTED),
    "bridge_certificates": _GIVEN,
    "bridge_written": ("enrolment_not_issued", "message_malformed", *_GIVEN),
    "bridge_claim": (
        *("address_unknown", "already_claimed", "code_tries_spent", "code_wrong", "session_cancelled"),
        "session_expired",
    ),
    "bridge_task": ("pc_unconfirmed", "task_is_enrolment", *_LIVING),
    "bridge_certificate": (
        *("application_state", "not_found", "pc_unconfirmed", "task_is_enrolment"),
        *_LIVING,
        *_LOCK,
    ),
    "bridge_document": ("pc_unconfirmed", "task_is_enrolment", "session_not_ready", *_LIVING),
    "bridge_answer": (
        *("application_state", "not_found", "pc_unconfirmed", "task_is_enrolment"),
        *_LIVING,
        *_SIGNATURE,
    ),
    "bridge_refusal": ("message_malformed", "message_too_large", *_LIVING),
}
"""The codes of each operation."""

SCHEMES: Final[dict[str, dict[str, Any]]] = {
    "task": {
        "type": "http",
        "scheme": "bearer",
        "description": "The task token that claiming a signing session gave",
    },
    "wait": {
        "type": "http",
        "scheme": "bearer",
        "description": "The wait token that making a scan session gave to the platform",
    },
}
"""Bearer tokens that are good for one session."""


def secure(operation: dict[str, Any]) -> None:
    """Describe a session's bearer token as such, and not as a header field (OpenAPI, section 4.8.12)."""
    fields = operation.get("parameters", [])
    others = [one for one in fields if one["name"].lower() != "authorization"]
    if len(others) < len(fields):
        operation["parameters"] = others
        scheme = "wait" if operation["operationId"].startswith("scan_") else "task"
        operation["security"] = [{scheme: []}]

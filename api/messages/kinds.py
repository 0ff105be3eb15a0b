"""Which messages there are. Their words are in ``templates.toml``."""

from __future__ import annotations

from enum import StrEnum


class MessageKind(StrEnum):
    """What a message is about. The values are stable; apps choose pictures and pages by them."""

    # The seed's five.
    APPLICATION_FAILED = "application-failed"
    CLAIM_APPROVED = "claim-approved"
    JOIN_ASKED = "join-asked"
    JOIN_APPROVED = "join-approved"
    PERSONAL_APPROVED = "personal-approved"

    RENEWAL_APPROVED = "renewal-approved"
    CHANGE_APPROVED = "change-approved"
    PIN_RESET_APPROVED = "pin-reset-approved"
    APPLICATION_RETURNED = "application-returned"
    APPLICATION_EXPIRING = "application-expiring"
    APPLICATION_EXPIRED = "application-expired"
    APPLICATION_NOT_DONE = "application-not-done"
    REVOCATION_DONE = "revocation-done"
    JOIN_AGREED = "join-agreed"
    JOIN_DECLINED = "join-declined"
    REAL_NAME_PASSED = "real-name-passed"
    REAL_NAME_EXPIRING = "real-name-expiring"
    CERTIFICATE_EXPIRING = "certificate-expiring"
    CERTIFICATE_EXPIRED = "certificate-expired"
    CERTIFICATE_SUSPENDED = "certificate-suspended"
    CERTIFICATE_RELEASED = "certificate-released"
    CERTIFICATE_REVOKED = "certificate-revoked"
    PIN_CHANGED = "pin-changed"
    PIN_LOCKED = "pin-locked"
    REMOTE_SIGNING_ON = "remote-signing-on"
    REMOTE_SIGNING_OFF = "remote-signing-off"
    REMOTE_SIGNED = "remote-signed"
    RECOVERY_APPROVED = "recovery-approved"
    PAID = "paid"
    REFUND_BEGUN = "refund-begun"
    REFUNDED = "refunded"
    ADMINISTRATION_RECEIVED = "administration-received"
    ADMINISTRATION_GIVEN = "administration-given"
    ADMINISTRATION_OFFERED = "administration-offered"
    ADMINISTRATION_DECLINED = "administration-declined"
    ADMINISTRATION_WITHDRAWN = "administration-withdrawn"
    ADMINISTRATION_EXPIRED = "administration-expired"
    ADMINISTRATOR_REPLACED = "administrator-replaced"
    ENTERPRISE_RENAMED = "enterprise-renamed"
    PERMISSIONS_CHANGED = "permissions-changed"
    REMOVED_FROM_ENTERPRISE = "removed-from-enterprise"
    MEMBER_LEFT = "member-left"
    PASSWORD_CHANGED = "password-changed"  # noqa: S105 - the name of a message
    PHONE_CHANGED = "phone-changed"
    NEW_DEVICE = "new-device"

"""``Idempotency-Key``: a call that is sent again is done once (draft-ietf-httpapi-idempotency-key-header)."""

"""Enrolment over Secure Transport (RFC 7030): machines and locks fetch and renew their certificates."""

"""The OCSP responder over HTTP (RFC 6960, appendix A; RFC 5019)."""

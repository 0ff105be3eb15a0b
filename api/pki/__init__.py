"""What relying parties fetch: certificates of the CAs and their revocation lists."""

"""The CA's certificates, as operators see them and act on them."""

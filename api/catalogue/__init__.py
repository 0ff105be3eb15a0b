"""What can be applied for: provinces, trading platforms, CAs and their certificate products."""

"""What a phone approves by scanning: binding, signing in, sealing, opening."""

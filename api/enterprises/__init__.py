"""Enterprises: what is claimed about one, and who administers it."""

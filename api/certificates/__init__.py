"""Subscribers' certificates and the custody of their keys."""

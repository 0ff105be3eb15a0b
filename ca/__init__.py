"""The certification authority: hierarchy, issuance, status, seals and sealed documents.

Knows tokens (``hsm``) and its own ledger, and nothing of people, phones or the web.
"""

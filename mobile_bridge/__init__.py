"""One-use sessions that carry an approval between a phone and a PC.

``wire`` holds the messages both halves speak; ``server`` keeps the sessions; ``agent`` is the program on
a lock holder's PC. Knows tokens (``hsm``) and nothing of certificates' issuance or of accounts.
"""

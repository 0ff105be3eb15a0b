"""Making the CA's own keys and certificates, with the root kept apart from everything that serves.

``steps`` are the acts themselves; ``python -m ca.ceremony`` performs the root's part in a process and a token
folder of its own, so that a server never opens the root token nor learns its PIN.
"""

"""Envelopes: for whom a recipient's part of one is, the content key inside, and its way to whoever decrypts.

recipient = read_recipient(der)                      # of CMS EnvelopedData or AuthEnvelopedData
content_key = open_recipient(recipient, key)         # the token unwraps
seal_content_key(content_key, session_key, info)     # to the one-use key of a hall, by HPKE
"""

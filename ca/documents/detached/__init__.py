"""Signatures of files of any kind, kept in a file beside them: CAdES (ETSI EN 319 122-1), .p7s.

    digest = digest_of(stream, "sha256")                          # a file of any size, or what a client sends
    signature = sign_digest(identity, digest, at=now, seal=seal.der, stamps=answer)
    report = verify_detached(stream, signature, trust, at=now)

The electronic seal travels inside as a signed attribute, as in PDFs. They are verified as well by
``openssl cms -verify -binary -inform DER -in FILE.p7s -content FILE``.
"""

"""Sealing and verifying OFD documents (GB/T 33190-2016), with the seals of GB/T 38540-2020.

    with Package.open(stream) as package:
        seal_package(package, identity, seal, [Place(0, 150, 230)], target, at=now)
    report = verify_package(stream, trust, at=now)

A package is a ZIP of XML files. A signature is a folder in it: Signature.xml with the digests of all files,
the seal, and SignedValue.dat with SES_Signature over the digest of Signature.xml.
"""

"""Open a CMS envelope with a subscriber's encryption key, as the service would.

Arguments: data folder, serial, file of the envelope in DER. Standard input: the PIN. Prints what was in
it, or the code of the refusal.
"""

from __future__ import annotations

import sys
from pathlib import Path

from asn1crypto import cms
from cryptography.hazmat.primitives import hashes, padding
from cryptography.hazmat.primitives.asymmetric import padding as rsa_padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from api.certificates import queries
from api.certificates.rules import Custody
from api.cli.options import settings_of
from api.services import open_services
from hsm import SealBridgeError

_OAEP = rsa_padding.OAEP(rsa_padding.MGF1(hashes.SHA1()), hashes.SHA1(), None)


def main() -> None:
    folder, serial, envelope = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]).read_bytes()
    services = open_services(settings_of(folder))
    try:
        with services.db.read() as tx:
            held = queries.find(tx, serial)
        key = services.certificates._keys.open(Custody(held.custody), held.key_label, sys.stdin.read())
        assert isinstance(key, RSAPrivateKey)
        print(opened(key, envelope).decode())
    except SealBridgeError as refused:
        print(refused.code)
    finally:
        services.close()


def opened(key: RSAPrivateKey, envelope: bytes) -> bytes:
    """The content: the token unwraps the content's key, AES-CBC does the rest (RFC 5652, section 6)."""
    content = cms.ContentInfo.load(envelope)["content"]
    (recipient,) = content["recipient_infos"]
    session = key.decrypt(recipient.chosen["encrypted_key"].native, _OAEP)
    sealed = content["encrypted_content_info"]
    iv = sealed["content_encryption_algorithm"].encryption_iv
    decryptor = Cipher(algorithms.AES(session), modes.CBC(iv)).decryptor()
    padded = decryptor.update(sealed["encrypted_content"].native) + decryptor.finalize()
    unpadder = padding.PKCS7(128).unpadder()
    return unpadder.update(padded) + unpadder.finalize()


if __name__ == "__main__":
    main()

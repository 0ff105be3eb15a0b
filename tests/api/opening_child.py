"""Open an envelope with a subscriber's encryption key, as the service does. Arguments: data folder, serial.

Standard input: the PIN. Prints "opened", or the code of the refusal.
"""

from __future__ import annotations

import sys
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from api.certificates import queries
from api.certificates.rules import Custody
from api.cli.options import settings_of
from api.services import open_services
from hsm import SealBridgeError

_OAEP = padding.OAEP(padding.MGF1(hashes.SHA1()), hashes.SHA1(), None)


def main() -> None:
    services = open_services(settings_of(Path(sys.argv[1])))
    with services.db.read() as tx:
        held = queries.find(tx, sys.argv[2])
    public = services.registry.find(held.serial).certificate.public_key()
    try:
        key = services.certificates._keys.open(Custody(held.custody), held.key_label, sys.stdin.read())
    except SealBridgeError as refused:
        print(refused.code)
        return
    finally:
        services.upkeep.stop()
    if isinstance(public, RSAPublicKey):
        assert isinstance(key, RSAPrivateKey)
        assert key.decrypt(public.encrypt(b"a bid", _OAEP), _OAEP) == b"a bid"
    else:
        assert isinstance(public, EllipticCurvePublicKey)
        assert isinstance(key, EllipticCurvePrivateKey)
        other = ec.generate_private_key(public.curve)
        assert key.exchange(ec.ECDH(), other.public_key()) == other.exchange(ec.ECDH(), public)
    services.close()
    print("opened")


if __name__ == "__main__":
    main()

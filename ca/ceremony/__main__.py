"""The root's part of a ceremony, run where the root token is: ``python -m ca.ceremony --help``.

Makes the root key and certificate when they are not there yet, certifies an issuing CA's request, and signs
the root's revocation list. Safe to run again: what exists is kept, and nothing is ever overwritten.
"""

from __future__ import annotations

import argparse
import json
import secrets
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from ca.ceremony.files import keep, keep_secret
from ca.ceremony.steps import AuthorityName, make_root, sign_issuing, sign_root_crl
from ca.hierarchy import Authority
from ca.tbs import Pointers
from hsm import (
    KeyKind,
    PinState,
    Token,
    TokenConfig,
    TokenKeys,
    has_key,
    init_token,
    list_tokens,
    pin_from_file,
)

_TOKEN, _KEY = "root", "root-1"


def main() -> None:
    """Perform the ceremony that the command line describes."""
    options = _options()
    out: Path = options.out
    config = TokenConfig(options.module, _TOKEN)
    pin_file = out / "root.pin"
    _ensure_token(options.module, pin_file, out / "root.so-pin")
    now = datetime.now(UTC)
    with Token.open(config, pin_from_file(pin_file)) as token:
        root = _ensure_root(TokenKeys(token), out / "root.pem", options, now)
        request = x509.load_pem_x509_csr(options.request.read_bytes())
        issuing = _ensure_issuing(root, request, out / "issuing.pem", options, now)
        if not (out / "root.crl").exists():
            keep(out / "root.crl", sign_root_crl(root, 1, now).public_bytes(Encoding.DER))
    if not (out / "transcript.json").exists():
        keep(out / "transcript.json", _transcript(root.certificate, issuing, now))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m ca.ceremony", description=__doc__)
    parser.add_argument("--module", type=Path, required=True, help="PKCS#11 library of the root token")
    parser.add_argument(
        "--out", type=Path, required=True, help="folder of the root: PIN, certificates, transcript"
    )
    parser.add_argument("--request", type=Path, required=True, help="the issuing CA's request (PKCS#10, PEM)")
    parser.add_argument("--organization", required=True)
    parser.add_argument("--common-name", required=True)
    parser.add_argument("--key", type=KeyKind, default=KeyKind.RSA_3072, help="kind of the root key")
    parser.add_argument("--ca-issuers-url", help="where the root certificate will be published")
    parser.add_argument("--crl-url", help="where the root's revocation list will be published")
    return parser.parse_args()


def _ensure_token(module: Path, pin_file: Path, so_pin_file: Path) -> None:
    # PINs first: a token whose PIN was lost in a crash would be lost with it.
    for path in (pin_file, so_pin_file):
        if not path.exists():
            keep_secret(path, secrets.token_urlsafe(18))
    usable = [info for info in list_tokens(module) if info.pin_state is not PinState.UNINITIALISED]
    if not any(info.label == _TOKEN for info in usable):
        init_token(module, _TOKEN, pin_from_file(so_pin_file)(), pin_from_file(pin_file)())


def _ensure_root(keys: TokenKeys, path: Path, options: argparse.Namespace, now: datetime) -> Authority:
    key = keys.open(_KEY) if has_key(keys, _KEY) else keys.generate(_KEY, options.key)
    if path.exists():
        return Authority(x509.load_pem_x509_certificate(path.read_bytes()), key)
    root = make_root(key, AuthorityName(options.common_name, options.organization), now)
    keep(path, root.certificate.public_bytes(Encoding.PEM))
    return root


def _ensure_issuing(
    root: Authority,
    request: x509.CertificateSigningRequest,
    path: Path,
    options: argparse.Namespace,
    now: datetime,
) -> x509.Certificate:
    if path.exists():
        return x509.load_pem_x509_certificate(path.read_bytes())
    pointers = Pointers(ca_issuers=options.ca_issuers_url, crl=options.crl_url)
    issuing = sign_issuing(root, request, now, pointers)
    keep(path, issuing.public_bytes(Encoding.PEM))
    return issuing


def _transcript(root: x509.Certificate, issuing: x509.Certificate, now: datetime) -> bytes:
    told = {
        "performed": now.isoformat(timespec="seconds"),
        "certificates": [
            {
                "subject": certificate.subject.rfc4514_string(),
                "serial": f"{certificate.serial_number:x}",
                "valid": [
                    certificate.not_valid_before_utc.isoformat(),
                    certificate.not_valid_after_utc.isoformat(),
                ],
                "sha256": certificate.fingerprint(hashes.SHA256()).hex(":"),
            }
            for certificate in (root, issuing)
        ],
    }
    return json.dumps(told, ensure_ascii=False, indent=2).encode() + b"\n"


if __name__ == "__main__":
    main()

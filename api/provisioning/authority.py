"""The CA of the embedded default: tokens, keys, the root's ceremony, and the first revocation list."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding

from api.errors import ConfigurationRefused
from api.provisioning.folders import ensure_secret, ensure_softhsm, new_pin
from api.settings import Settings
from api.tokens import OpenTokens, use_embedded_softhsm
from ca.ceremony.files import keep
from ca.ceremony.steps import AuthorityName, request_certificate
from hsm import PinState, TokenKeys, has_key, init_token, list_tokens

_CEREMONY_SECONDS = 300


def ensure_tokens(settings: Settings) -> None:
    """The tokens that serve, with random PINs."""
    use_embedded_softhsm(settings)
    for label in (settings.issuing_token, settings.subscribers_token):
        # PINs first: a token whose PIN was lost in a crash would be lost with it.
        pin = ensure_secret(settings.folder.secret(f"{label}.pin"), new_pin)
        so_pin = ensure_secret(settings.folder.secret(f"{label}.so-pin"), new_pin)
        if label not in _usable_tokens(settings.pkcs11_module):
            init_token(settings.pkcs11_module, label, so_pin, pin)


def _usable_tokens(module: Path) -> set[str]:
    # A token whose initialisation was cut short has a label and no user PIN yet.
    return {info.label for info in list_tokens(module) if info.pin_state is not PinState.UNINITIALISED}


def ensure_certificates(settings: Settings, tokens: OpenTokens) -> None:
    """Root and issuing CA. The root's part is done by a process of its own, in the root's own folder.

    The issuing certificate is published last: where it is, all the rest is, and the root's folder may be
    gone to a safe.
    """
    folder = settings.folder
    if folder.issuing_certificate.exists():
        return
    _write_request(settings, tokens)
    _perform_ceremony(settings, ensure_softhsm(folder.offline))
    for name in ("root.pem", "root.crl", "issuing.pem"):
        if not (folder.pki / name).exists():
            keep(folder.pki / name, (folder.offline / name).read_bytes())


def _write_request(settings: Settings, tokens: OpenTokens) -> None:
    keys, label = TokenKeys(tokens.issuing), settings.issuing_key
    key = keys.open(label) if has_key(keys, label) else keys.generate(label, settings.issuing_key_kind)
    path = settings.folder.offline / "issuing.csr"
    if not path.exists():
        name = AuthorityName(settings.issuing_name, settings.ca_organization)
        keep(path, request_certificate(key, name).public_bytes(Encoding.PEM))


def _perform_ceremony(settings: Settings, configuration: Path) -> None:
    folder, pki = settings.folder, f"{settings.public_url}/pki"
    command: list[str | Path] = [sys.executable, "-m", "ca.ceremony"]
    command += ["--module", settings.pkcs11_module, "--out", folder.offline]
    command += ["--request", folder.offline / "issuing.csr", "--key", settings.root_key_kind]
    command += ["--organization", settings.ca_organization, "--common-name", settings.root_name]
    command += ["--ca-issuers-url", f"{pki}/root.cer", "--crl-url", f"{pki}/root.crl"]
    environment = os.environ | {"SOFTHSM2_CONF": str(configuration)}
    done = subprocess.run(  # noqa: S603 - our own module, nothing of a user in it
        command, env=environment, capture_output=True, text=True, timeout=_CEREMONY_SECONDS, check=False
    )
    if done.returncode != 0:
        raise ConfigurationRefused(
            f"the ceremony failed: {done.stderr.strip()[-2000:]}", reason="根证书仪式未完成"
        )

"""The CA of the embedded default: tokens, keys, the root's ceremony, and the first revocation list."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import yaml
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import Encoding

from api.errors import ConfigurationRefused
from api.provisioning.folders import ensure_secret, ensure_softhsm, new_pin
from api.settings import Settings
from api.tokens import OpenTokens, read_certificate, use_embedded_softhsm
from ca.ceremony.files import keep
from ca.ceremony.steps import AuthorityName, request_certificate
from hsm import PinState, TokenKeys, has_key, init_token, list_tokens

_CEREMONY_SECONDS: Final = 300
_TRY: Final = "offline-"


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
    made = folder.offline
    issued = made / "issuing" / "issuing.pem"
    if not issued.exists():
        _perform_ceremonies(settings, tokens)
    for path in (made / "root" / "root.pem", made / "root" / "root.crl", issued):
        if not (folder.pki / path.name).exists():
            keep(folder.pki / path.name, path.read_bytes())


def _perform_ceremonies(settings: Settings, tokens: OpenTokens) -> None:
    """Root and issuing CA, as ``examples/ceremonies`` has them; all of it appears at once.

    Each try has a folder of its own, because a ceremony may outlive a setup that was killed.
    """
    folder = settings.folder
    if folder.offline.exists() and any(folder.offline.iterdir()):
        raise ConfigurationRefused(
            f"{folder.offline} has something else than a finished ceremony in it",
            reason=f"{folder.offline} 中已有其他内容，请先移走",
        )
    place = Path(tempfile.mkdtemp(prefix=_TRY, dir=folder.root))
    keep(place / "issuing.csr", _request(settings, tokens))
    for plan in _plans(settings):
        path = place / f"{plan['ceremony']}.yaml"
        keep(path, yaml.safe_dump(plan, allow_unicode=True, sort_keys=False).encode())
        _perform(path)
    place.rename(folder.offline)
    ensure_softhsm(folder.offline)
    for left in folder.root.glob(f"{_TRY}*"):
        shutil.rmtree(left)


def write_request(settings: Settings, tokens: OpenTokens, path: Path) -> None:
    """The issuing CA's request, for a root that is elsewhere. Written once: the key stays the same."""
    if not path.exists():
        keep(path, _request(settings, tokens))


def check_certificates(settings: Settings, tokens: OpenTokens) -> None:
    """Whether ``pki/`` holds what a ceremony gave for this installation. Raises ConfigurationRefused."""
    folder = settings.folder
    issuing, root = read_certificate(folder.issuing_certificate), read_certificate(folder.root_certificate)
    key = TokenKeys(tokens.issuing).open(settings.issuing_key)
    if key.public_key() != issuing.public_key():
        raise ConfigurationRefused(
            f"{folder.issuing_certificate} is not of the key {settings.issuing_key!r} on the issuing token",
            reason="签发 CA 证书与签发设备上的密钥不匹配",
        )
    try:
        issuing.verify_directly_issued_by(root)
    except (ValueError, TypeError, InvalidSignature):
        raise ConfigurationRefused(
            f"{folder.issuing_certificate} was not issued by {folder.root_certificate}",
            reason="签发 CA 证书不是由 pki 目录中的根证书签发",
        ) from None


def _request(settings: Settings, tokens: OpenTokens) -> bytes:
    keys, label = TokenKeys(tokens.issuing), settings.issuing_key
    key = keys.open(label) if has_key(keys, label) else keys.generate(label, settings.issuing_key_kind)
    name = AuthorityName(settings.issuing_name, settings.ca_organization)
    return request_certificate(key, name).public_bytes(Encoding.PEM)


def _plans(settings: Settings) -> Iterator[dict[str, Any]]:
    officers = {"threshold": 2, "count": 3}
    token = {"module": str(settings.pkcs11_module), "label": "root", "officers": officers}
    yield {
        "ceremony": "root",
        "title": f"{settings.root_name} 根密钥仪式",
        "out": "root",
        "token": token,
        "key": {"label": "root-1", "kind": settings.root_key_kind.value},
        "name": {"common_name": settings.root_name, "organization": settings.ca_organization},
    }
    yield {
        "ceremony": "issuing",
        "title": f"{settings.issuing_name} 签发仪式",
        "out": "issuing",
        "token": token,
        "key": "root-1",
        "issuer": "root/root.pem",
        "request": "issuing.csr",
        "ca_issuers_url": f"{settings.public_url}/pki/root.cer",
        "crl_url": f"{settings.public_url}/pki/root.crl",
    }


def _perform(plan: Path) -> None:
    command: list[str | Path] = [sys.executable, "-m", "api.cli", "ceremony", plan, "--yes"]
    command += ["--softhsm", plan.parent, "--shares", plan.parent / "officers"]
    done = subprocess.run(  # noqa: S603 - our own module, nothing of a user in it
        command, capture_output=True, text=True, timeout=_CEREMONY_SECONDS, check=False
    )
    if done.returncode != 0:
        raise ConfigurationRefused(
            f"the ceremony failed: {done.stderr.strip()[-2000:]}", reason="根证书仪式未完成"
        )

"""The tokens that the server keeps open."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509

from api.errors import ConfigurationRefused
from api.settings import Settings
from hsm import Observer, Token, Vault


@dataclass(frozen=True, slots=True)
class OpenTokens:
    """Both tokens, logged in. ``close`` logs out."""

    issuing: Token
    subscribers: Token

    @classmethod
    def open(cls, settings: Settings, observer: Observer | None = None) -> OpenTokens:
        """Raises HsmError, ConfigurationRefused (no PIN)."""
        use_embedded_softhsm(settings)
        issuing = Token.open(settings.issuing, settings.issuing_pin_source, observer)
        try:
            return cls(issuing, Token.open(settings.subscribers, settings.subscribers_pin_source, observer))
        except BaseException:
            issuing.close()
            raise

    def close(self) -> None:
        """Log out of both."""
        self.subscribers.close()
        self.issuing.close()

    def vault(self) -> Vault:
        """The keys that guard the subscribers' keys."""
        return Vault.open(self.subscribers)


def use_embedded_softhsm(settings: Settings) -> None:
    """Point SoftHSM2 at the data folder's tokens, before the module is loaded."""
    if settings.folder.softhsm_conf.exists():
        os.environ["SOFTHSM2_CONF"] = str(settings.folder.softhsm_conf)


def read_certificate(path: Path) -> x509.Certificate:
    """A PEM certificate. Raises ConfigurationRefused."""
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError) as exc:
        raise ConfigurationRefused(
            f"{path} is not there or no certificate; run `sealbridge setup`",
            reason=f"缺少证书 {path.name}，请先运行 sealbridge setup",
        ) from exc

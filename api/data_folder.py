"""Where the embedded default keeps its things: one folder, everything in it by a fixed name."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class DataFolder:
    """Names inside the data folder. Nothing here touches the disk."""

    root: Path

    @property
    def database(self) -> Path:
        """The embedded SQLite database."""
        return self.root / "sealbridge.db"

    @property
    def softhsm_conf(self) -> Path:
        """SoftHSM2's configuration for the tokens that serve."""
        return self.root / "softhsm2.conf"

    @property
    def tokens(self) -> Path:
        """SoftHSM2's token objects."""
        return self.root / "tokens"

    @property
    def offline(self) -> Path:
        """The root's own SoftHSM2 folder, PINs and transcript. The server never reads it."""
        return self.root / "offline"

    @property
    def secrets(self) -> Path:
        """PINs and keys of the server, a file each (0600)."""
        return self.root / "secrets"

    @property
    def pki(self) -> Path:
        """Certificates and lists for everybody."""
        return self.root / "pki"

    @property
    def lock_cas(self) -> Path:
        """Lock CAs that are trusted (``*.pem``) and their revocation lists (``*.crl``)."""
        return self.root / "lock-cas"

    @property
    def outside_cas(self) -> Path:
        """CAs of others (``*.pem``) whose time stamps are taken and whose signers are proved by their lists
        (``*.crl``)."""
        return self.root / "outside-cas"

    @property
    def blocked_keys(self) -> Path:
        """Digests of keys that are publicly known (``*.txt``)."""
        return self.root / "blocked-keys"

    @property
    def trading_centre_key(self) -> Path:
        """The private key of the sandbox platform, for the sample trading centre."""
        return self.root / "trading-centre" / "platform.key"

    @property
    def profiles(self) -> Path:
        """The operator's own certificate profiles (``*.yaml``)."""
        return self.root / "profiles"

    @property
    def root_certificate(self) -> Path:
        """The root certificate, PEM."""
        return self.pki / "root.pem"

    @property
    def issuing_certificate(self) -> Path:
        """The issuing CA's certificate, PEM."""
        return self.pki / "issuing.pem"

    @property
    def root_crl(self) -> Path:
        """The root's revocation list, DER."""
        return self.pki / "root.crl"

    def secret(self, name: str) -> Path:
        """The file of one secret: ``issuing.pin``, ``server.key`` …"""
        return self.secrets / name

"""Everything that can be configured. This module alone reads the environment (``SEALBRIDGE_…``)."""

from __future__ import annotations

import hmac
from enum import StrEnum
from pathlib import Path
from typing import Final, Literal

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from api.data_folder import DataFolder
from api.errors import ConfigurationRefused
from api.outside.alipay import LIVE_GATEWAY
from ca.crl import CrlPolicy
from ca.documents.levels import Level
from hsm import KeyKind, PinSource, TokenConfig, read_table
from mobile_bridge.wire import AGENT_PORT

_SOFTHSM: Final = (
    Path("/usr/lib/softhsm/libsofthsm2.so"),
    Path("/usr/lib64/pkcs11/libsofthsm2.so"),
    Path("/opt/homebrew/lib/softhsm/libsofthsm2.so"),
)


_SAMPLE_CENTRE: Final = "http://127.0.0.1:8100"


class Mode(StrEnum):
    """Development serves the sandboxes; production refuses them."""

    DEVELOPMENT = "development"
    PRODUCTION = "production"


def softhsm_library() -> Path:
    """Where SoftHSM2's library is on this machine."""
    return next((path for path in _SOFTHSM if path.exists()), _SOFTHSM[0])


class Settings(BaseSettings):
    """The settings of one server. A secret is given in a file (``…_FILE``) or in the environment itself."""

    model_config = SettingsConfigDict(env_prefix="SEALBRIDGE_", frozen=True, extra="ignore")

    mode: Mode = Mode.DEVELOPMENT
    data_dir: Path = Path("var")
    public_url: str = Field(
        "http://127.0.0.1:8000", description="How phones, PCs and verifiers reach this server"
    )
    node: str = Field(
        "main",
        pattern="^[a-z0-9][a-z0-9-]{0,39}$",
        description="Name of this server, where several share one database; each has a journal of its own",
    )
    site_name: str = "SealBridge 数字证书与电子签章"
    agent_port: int = Field(
        AGENT_PORT,
        gt=0,
        lt=65536,
        description="Where lock holders' agents listen on their PCs, if their firm chose another port",
    )
    database_url: SecretStr | None = None

    pkcs11_module: Path = Field(default_factory=softhsm_library)
    token_pool_size: int = Field(8, ge=1, le=256)
    sm2_mechanisms: Path | None = Field(
        None, description="TOML file with the numbers under which the PKCS#11 module does SM2"
    )
    issuing_token: str = "issuing"  # noqa: S105 - a label
    issuing_key: str = "issuing-1"
    issuing_pin: SecretStr | None = None
    issuing_pin_file: Path | None = None
    subscribers_token: str = "subscribers"  # noqa: S105
    subscribers_pin: SecretStr | None = None
    subscribers_pin_file: Path | None = None

    server_key: SecretStr | None = None
    server_key_file: Path | None = None
    data_key: SecretStr | None = None
    data_key_file: Path | None = None
    metrics_token: SecretStr | None = None
    metrics_token_file: Path | None = None

    ca_organization: str = "SealBridge 演示认证中心"
    root_name: str = "SealBridge 演示根 CA"
    root_key_kind: KeyKind = KeyKind.RSA_3072
    crl_shards: int = Field(1, ge=1, le=1024, description="Revocation lists of a new issuing CA")
    announce_delta_lists: bool = Field(
        False, description="Complete revocation lists name their deltas (FreshestCRL)"
    )
    issuing_name: str = "SealBridge 演示签发 CA"
    issuing_key_kind: KeyKind = KeyKind.RSA_3072

    own_key_kind: KeyKind = Field(
        KeyKind.P256, description="Keys of the OCSP responder, time stamper, journal and statements"
    )

    tsa_policy: str = Field(
        "2.25.211914571247113121998388443231194849381",
        pattern=r"^[0-2](\.(0|[1-9][0-9]*)){1,30}$",
        description="OID of the policy under which time stamps are given",
    )
    tsa_url: str = Field(
        "",
        pattern=r"^(https?://\S+)?$",
        description="Another authority whose time stamps go into signatures (RFC 3161); our own unless given",
    )
    signature_level: Level | None = Field(
        None,
        description="How long signatures of documents can be judged, where nothing else is asked: B-B, B-T, "
        "B-LT or B-LTA; B-LT unless given",
    )
    ntp_servers: str = Field(
        "",
        pattern=r"^$|^[A-Za-z0-9.-]+(:[0-9]{1,5})?(,[A-Za-z0-9.-]+(:[0-9]{1,5})?)*$",
        description="Time servers, host or host:port, commas between; without any only jumps are noticed",
    )

    client_certificate_header: str | None = Field(
        None,
        description="Header in which the TLS proxy gives the client's certificate (URL-encoded PEM)",
    )

    expiry_reminder_days: str = Field(
        "30,15,7,1",
        pattern=r"^[1-9][0-9]{0,2}(,[1-9][0-9]{0,2}){0,9}$",
        description="Days before its end at which the holder of a certificate is reminded, commas between",
    )

    inspection_threads: int = Field(
        1, ge=0, le=16, description="Machine checks of photos at a time; 0 leaves them to other processes"
    )

    webhook_origins: str = Field(
        "",
        pattern=r"^$|^https?://[a-z0-9.:-]+(,https?://[a-z0-9.:-]+)*$",
        description="Origins that platforms may have their callbacks at though they are not public, commas "
        "between; in development also the sample trading centre's",
    )

    sms: Literal["sandbox", "aliyun"] = "sandbox"
    sms_endpoint: str = Field("https://dysmsapi.aliyuncs.com", pattern="^https://")
    sms_key_id: SecretStr | None = None
    sms_key_id_file: Path | None = None
    sms_key_secret: SecretStr | None = None
    sms_key_secret_file: Path | None = None
    sms_sign_name: str = Field("", max_length=64, description="短信签名, as approved by the provider")
    sms_template_code: str = Field("", pattern="^(SMS_[0-9]+)?$", description="短信模板 with a variable code")

    realname_valid_days: int = Field(365, ge=1, le=3650, description="How long a real-name check holds")
    realname_attempts: int = Field(5, ge=1, le=100, description="Real-name checks of a person in 24 hours")
    operator_passkeys: Literal["optional", "required"] = "optional"
    operator_identities: Literal["optional", "required"] = Field(
        "optional",
        description="required: only operators whose identity number is known judge applications",
    )
    operator_idle_minutes: int = Field(30, ge=1, le=480, description="An operator's session ends when idle")

    cloudauth: Literal["sandbox", "aliyun", "none"] = Field(
        "sandbox", description="Who answers 公安认证 and 银行卡四要素; none: they are not offered"
    )
    cloudauth_endpoint: str = Field("https://cloudauth.aliyuncs.com", pattern="^https://")
    cloudauth_key_id: SecretStr | None = None
    cloudauth_key_id_file: Path | None = None
    cloudauth_key_secret: SecretStr | None = None
    cloudauth_key_secret_file: Path | None = None

    own_url: str | None = Field(
        None, description="How the server reaches itself, for its sandboxes; public_url unless given"
    )
    alipay: Literal["sandbox", "live"] = "sandbox"
    alipay_app_id: str = Field(
        "", pattern="^[0-9]{0,32}$", description="The application at Alipay's open platform"
    )
    alipay_gateway: str = Field(LIVE_GATEWAY, pattern="^https://")
    alipay_seller_id: str = Field(
        "",
        pattern="^(2088[0-9]{12})?$",
        description="The seller's number, which notices of payments must name",
    )
    alipay_app_key: SecretStr | None = None
    alipay_app_key_file: Path | None = None
    alipay_public_key: SecretStr | None = None
    alipay_public_key_file: Path | None = None

    csc: bool | None = Field(
        None,
        description="Remote signing by the CSC API for certificates whose holders allow it; without a word: "
        "in development alone",
    )

    @field_validator("public_url")
    @classmethod
    def _without_slash(cls, url: str) -> str:
        if not url.startswith(("http://", "https://")):
            raise ValueError("an http or https URL is expected")
        return url.rstrip("/")

    @field_validator("data_dir")
    @classmethod
    def _absolute(cls, path: Path) -> Path:
        return path.expanduser().absolute()

    @property
    def folder(self) -> DataFolder:
        """Names inside the data folder."""
        return DataFolder(self.data_dir)

    @property
    def database(self) -> str:
        """The SQLAlchemy URL; the embedded SQLite database unless another is named."""
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        return f"sqlite:///{self.folder.database}"

    @property
    def offers_remote_signing(self) -> bool:
        """Whether signing software finds the CSC API here."""
        return self.mode is Mode.DEVELOPMENT if self.csc is None else self.csc

    @property
    def is_embedded(self) -> bool:
        """Whether the database is the SQLite file in the data folder."""
        return self.database_url is None

    @property
    def time_servers(self) -> list[str]:
        """The NTP servers, each host or host:port."""
        return [one for one in self.ntp_servers.split(",") if one]

    @property
    def reminder_days(self) -> list[int]:
        """Days before the end of a certificate."""
        return [int(one) for one in self.expiry_reminder_days.split(",")]

    @property
    def webhook_targets(self) -> frozenset[str]:
        """Origins to which webhooks go whatever address they have."""
        given = {one for one in self.webhook_origins.split(",") if one}
        return frozenset(given | ({_SAMPLE_CENTRE} if self.mode is Mode.DEVELOPMENT else set()))

    @property
    def pki_url(self) -> str:
        """Where relying parties find certificates, lists and the responder."""
        return f"{self.public_url}/pki"

    @property
    def crl_policy(self) -> CrlPolicy:
        """How revocation lists are made."""
        return CrlPolicy(announce_deltas=self.announce_delta_lists)

    def token(self, label: str) -> TokenConfig:
        """A token of the configured module. Raises MechanismTableRefused."""
        sm2 = None if self.sm2_mechanisms is None else read_table(self.sm2_mechanisms)
        return TokenConfig(self.pkcs11_module, label, pool_size=self.token_pool_size, sm2=sm2)

    @property
    def issuing(self) -> TokenConfig:
        """The token with the issuing CA's key."""
        return self.token(self.issuing_token)

    @property
    def subscribers(self) -> TokenConfig:
        """The token that guards the subscribers' keys."""
        return self.token(self.subscribers_token)

    @property
    def issuing_pin_source(self) -> PinSource:
        """Reads the PIN of the issuing token when it is needed."""
        return lambda: self._secret("issuing_pin", "issuing.pin")

    @property
    def subscribers_pin_source(self) -> PinSource:
        """Reads the PIN of the subscribers' token when it is needed."""
        return lambda: self._secret("subscribers_pin", "subscribers.pin")

    @property
    def sandbox_url(self) -> str:
        """Where the sandboxes answer, as seen from this server."""
        return (self.own_url or self.public_url).rstrip("/")

    def sms_keys(self) -> tuple[str, str]:
        """The access key at the SMS provider: id and secret. Raises ConfigurationRefused."""
        secret = self._secret("sms_key_secret", "sms-key.secret")
        return self._secret("sms_key_id", "sms-key.id"), secret

    def cloudauth_keys(self) -> tuple[str, str]:
        """The access key for identity checks: id and secret. Raises ConfigurationRefused."""
        secret = self._secret("cloudauth_key_secret", "cloudauth-key.secret")
        return self._secret("cloudauth_key_id", "cloudauth-key.id"), secret

    def alipay_app_key_text(self) -> str:
        """The application's private key at Alipay. Raises ConfigurationRefused."""
        return self._secret("alipay_app_key", "alipay-app.key")

    def alipay_public_key_text(self) -> str:
        """Alipay's public key. Raises ConfigurationRefused."""
        return self._secret("alipay_public_key", "alipay.pub")

    def server_secret(self) -> bytes:
        """The key of the server's own HMACs, 32 bytes. Raises ConfigurationRefused."""
        return self._key("server_key", "server.key")

    def data_secret(self) -> bytes:
        """The key under which identity numbers are kept, 32 bytes. Raises ConfigurationRefused."""
        return self._key("data_key", "data.key")

    def id_salt(self) -> bytes:
        """The key of the digests of identity numbers in certificates. Raises ConfigurationRefused."""
        return hmac.digest(self.data_secret(), b"identity numbers in certificates", "sha256")

    def metrics_secret(self) -> str:
        """What a reader of the metrics must know. Raises ConfigurationRefused."""
        return self._secret("metrics_token", "metrics.token")

    def _secret(self, name: str, file_name: str) -> str:
        given: SecretStr | None = getattr(self, name)
        if given is not None:
            return given.get_secret_value()
        path: Path = getattr(self, f"{name}_file") or self.folder.secret(file_name)
        try:
            return path.read_text(encoding="utf-8").strip()
        except OSError as exc:
            raise ConfigurationRefused(
                f"{name}: {path} cannot be read ({exc.strerror}); run `sealbridge setup`, "
                f"or set SEALBRIDGE_{name.upper()}_FILE",
                reason=f"缺少 {file_name}，请先运行 sealbridge setup",
            ) from exc

    def _key(self, name: str, file_name: str) -> bytes:
        text = self._secret(name, file_name)
        try:
            key = bytes.fromhex(text)
        except ValueError:
            key = b""
        if len(key) != 32:
            raise ConfigurationRefused(
                f"{name} must be 64 hexadecimal digits", reason=f"{file_name} 应为 64 位十六进制"
            )
        return key

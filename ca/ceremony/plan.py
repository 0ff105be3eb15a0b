"""The file that a ceremony is performed from: everything is written down, and checked, before the day."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, RootModel, model_validator

from ca.ceremony.steps import AuthorityName
from ca.profiles import ISSUING, ROOT
from ca.status import REASONS
from ca.yaml_files import parse_yaml, read_yaml
from hsm import KeyKind

_Label = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
_TokenLabel = Annotated[str, Field(min_length=1, max_length=32)]
_Text = Annotated[str, Field(min_length=1, max_length=200)]
_Url = Annotated[str, Field(pattern=r"^http://[!-~]+$", max_length=400)]
_LIST_DAYS: Final = 400


def _known_reason(reason: str) -> str:
    if reason not in REASONS | {"ca_compromise"}:
        raise ValueError(f"one of {', '.join(sorted(REASONS | {'ca_compromise'}))} is expected")
    return reason


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Officers(_Part):
    """The token's PIN is shared among ``count`` people; any ``threshold`` of them open it."""

    threshold: int = Field(ge=2, le=16)
    count: int = Field(ge=2, le=16)

    @model_validator(mode="after")
    def _enough(self) -> Officers:
        if self.threshold > self.count:
            raise ValueError("the threshold is higher than the number of officers")
        return self


class TokenPlan(_Part):
    """``officers``: None for a token whose PIN one person types."""

    module: Path
    label: _TokenLabel
    officers: Officers | None = None


class NamePlan(_Part):
    """A CA's name."""

    common_name: _Text
    organization: _Text
    country: str = Field("CN", pattern="^[A-Z]{2}$")

    def name(self) -> AuthorityName:
        """As the steps take it."""
        return AuthorityName(self.common_name, self.organization, self.country)


class KeyPlan(_Part):
    """A key pair to be made."""

    label: _Label
    kind: KeyKind

    @model_validator(mode="after")
    def _of_a_ca(self) -> KeyPlan:
        if self.kind.value not in ROOT.key_algorithms:
            raise ValueError(f"a CA's key is one of {', '.join(sorted(ROOT.key_algorithms))}")
        return self


class _Ceremony(_Part):
    """``out``: a folder for what is made, which must not have any of it yet."""

    title: _Text
    out: Path
    place: str = Field("", max_length=200)
    witnesses: tuple[_Text, ...] = ()
    token: TokenPlan


class _ByAuthority(_Ceremony):
    """A ceremony with a CA whose key is on the token. ``issuer``: its certificate."""

    key: _Label
    issuer: Path


class RootCeremony(_Ceremony):
    """Makes a root: its key, its certificate, its first revocation list."""

    ceremony: Literal["root"]
    key: KeyPlan
    name: NamePlan
    days: int = Field(ROOT.max_days, ge=1, le=ROOT.max_days)
    list_days: int = Field(_LIST_DAYS, ge=1, le=1000)


class IssuingCeremony(_ByAuthority):
    """Certifies an issuing CA by its request (PKCS#10)."""

    ceremony: Literal["issuing"]
    request: Path
    days: int = Field(ISSUING.max_days, ge=1, le=ISSUING.max_days)
    ca_issuers_url: _Url | None = None
    crl_url: _Url | None = None


class CrossCeremony(_ByAuthority):
    """Certifies another CA's key under its own name, as its certificate ``subject`` has them."""

    ceremony: Literal["cross"]
    subject: Path
    days: int = Field(ISSUING.max_days, ge=1, le=ISSUING.max_days)
    path_length: int = Field(0, ge=0, le=4)
    permitted_dns: tuple[str, ...] = ()
    excluded_dns: tuple[str, ...] = ()
    permitted_organizations: tuple[str, ...] = ()
    ca_issuers_url: _Url | None = None
    crl_url: _Url | None = None


class LockCaCeremony(_ByAuthority):
    """Takes a lock CA's certificate among those that are trusted. ``sha256``: its fingerprint, received on
    another way than the certificate. ``trust``: the folder of trusted lock CAs."""

    ceremony: Literal["lock-ca"]
    certificate: Path
    sha256: str = Field(pattern=r"^([0-9A-Fa-f]{2}:?){32}$")
    revocations: Path | None = None
    trust: Path
    name: _Label


class Revoked(_Part):
    """A CA certificate that is revoked."""

    certificate: Path
    reason: Annotated[str, AfterValidator(_known_reason)]
    invalidity_date: AwareDatetime | None = None


class RootListCeremony(_ByAuthority):
    """Signs the offline root's next revocation list. ``previous``: the one before, whose entries stay.
    ``first``: there is none before. Forgetting it would take back every revocation."""

    ceremony: Literal["root-crl"]
    previous: Path | None = None
    first: bool = False
    revoke: tuple[Revoked, ...] = ()
    days: int = Field(_LIST_DAYS, ge=1, le=1000)

    @model_validator(mode="after")
    def _continues(self) -> RootListCeremony:
        if (self.previous is None) != self.first:
            raise ValueError("either previous, the list before, or first: true is expected")
        return self


class RekeyCeremony(_ByAuthority):
    """Gives a root a new key, with link certificates both ways (RFC 4210, section 4.4)."""

    ceremony: Literal["rekey"]
    new_key: KeyPlan
    days: int = Field(ROOT.max_days, ge=1, le=ROOT.max_days)
    list_days: int = Field(_LIST_DAYS, ge=1, le=1000)

    @model_validator(mode="after")
    def _other_key(self) -> RekeyCeremony:
        if self.new_key.label == self.key:
            raise ValueError("the new key needs another label than the old one")
        return self


class DestroyCeremony(_ByAuthority):
    """Destroys a key for good. ``certificate``: the key's. ``before_its_end``: although it is still valid."""

    ceremony: Literal["destroy"]
    destroy: _Label
    certificate: Path
    before_its_end: bool = False


Ceremony = (
    RootCeremony
    | IssuingCeremony
    | CrossCeremony
    | LockCaCeremony
    | RootListCeremony
    | RekeyCeremony
    | DestroyCeremony
)


class _File(RootModel[Annotated[Ceremony, Field(discriminator="ceremony")]]):
    pass


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan with the file it was read from."""

    path: Path
    text: str
    ceremony: Ceremony

    @property
    def digest(self) -> str:
        """SHA-256 of the file, hexadecimal."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    def file(self, named: Path) -> Path:
        """A path of the plan: relative ones begin at the plan's own folder."""
        return self.path.parent / named


def read_plan(path: Path) -> Plan:
    """Raises FileInvalid, which names every fault with its line."""
    read_yaml(path, _File)  # tells of a file that cannot be read, or is too long
    content = path.read_bytes()
    return Plan(path.absolute(), content.decode("utf-8"), parse_yaml(content, _File, str(path)).root)

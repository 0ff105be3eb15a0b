"""Profile files (YAML, one profile a file), read into profiles or refused with file, line and fault."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from ca.errors import CaError
from ca.profiles.model import (
    CLIENT_AUTH,
    DOCUMENT_SIGNING,
    EMAIL_PROTECTION,
    OCSP_SIGNING,
    SERVER_AUTH,
    TIME_STAMPING,
    Attribute,
    CertificateProfile,
    Policy,
    Source,
    SubjectField,
    Usage,
)
from ca.yaml_files import FileInvalid, parse_yaml, read_yaml

_Key = Literal["rsa-2048", "rsa-3072", "rsa-4096", "p-256", "p-384", "ed25519"]
_EXTENDED: Final = {
    "server_auth": SERVER_AUTH,
    "client_auth": CLIENT_AUTH,
    "email_protection": EMAIL_PROTECTION,
    "time_stamping": TIME_STAMPING,
    "ocsp_signing": OCSP_SIGNING,
    "document_signing": DOCUMENT_SIGNING,
}


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Validity(_Strict):
    max_days: Annotated[int, Field(ge=1, le=7305)]
    default_days: Annotated[int, Field(ge=1)] | None = None
    min_days: Annotated[int, Field(ge=1)] = 1
    backdate_minutes: Annotated[int, Field(ge=0, le=1440)] = 5


class _SubjectField(_Strict):
    attribute: Attribute
    source: Source | None = None
    literal: Annotated[str, Field(min_length=1, max_length=64)] | None = None
    required: bool = True

    @model_validator(mode="after")
    def _either(self) -> _SubjectField:
        SubjectField(self.attribute, self.source, self.literal, self.required)
        return self


class _ExtendedUsage(_Strict):
    usages: tuple[str, ...] = ()
    critical: bool = False


class _Policy(_Strict):
    oid: str
    cps: str | None = None

    @model_validator(mode="after")
    def _oid(self) -> _Policy:
        Policy(self.oid, self.cps)
        return self


class _Pointers(_Strict):
    ca_issuers: bool = True
    crl: bool = True
    ocsp: bool = True


class _Profile(_Strict):
    """A file, field by field, as ``CertificateProfile`` explains them."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=40)]
    title: Annotated[str, Field(min_length=1, max_length=40)]
    key_algorithms: Annotated[tuple[_Key, ...], Field(min_length=1)]
    key_usage: Annotated[frozenset[Usage], Field(min_length=1)]
    validity: _Validity
    subject: Annotated[tuple[_SubjectField, ...], Field(min_length=1)]
    extended_key_usage: _ExtendedUsage | None = None
    policies: tuple[_Policy, ...] = ()
    pointers: _Pointers = _Pointers()
    host_names: bool = False
    credit_code_extension: bool = False
    ocsp_no_check: bool = False
    escrow: bool = False

    @model_validator(mode="after")
    def _sound(self) -> _Profile:
        self.profile()
        return self

    def profile(self) -> CertificateProfile:
        """The checked profile. Raises ValueError."""
        extended = self.extended_key_usage or _ExtendedUsage()
        return CertificateProfile(
            name=self.name,
            usages=self.key_usage,
            key_algorithms=frozenset(self.key_algorithms),
            max_days=self.validity.max_days,
            title=self.title,
            default_days=self.validity.default_days or self.validity.max_days,
            min_days=self.validity.min_days,
            backdate=timedelta(minutes=self.validity.backdate_minutes),
            extended_usages=tuple(_EXTENDED.get(usage, usage) for usage in extended.usages),
            extended_usages_critical=extended.critical,
            policies=tuple(Policy(policy.oid, policy.cps) for policy in self.policies),
            subject=tuple(
                SubjectField(one.attribute, one.source, one.literal, one.required) for one in self.subject
            ),
            host_names=self.host_names,
            credit_code_extension=self.credit_code_extension,
            ca_issuers=self.pointers.ca_issuers,
            crl=self.pointers.crl,
            ocsp=self.pointers.ocsp,
            ocsp_no_check=self.ocsp_no_check,
            escrow=self.escrow,
        )


@cache
def shipped_profiles() -> Mapping[str, CertificateProfile]:
    """The profiles that come with the software, by name."""
    folder = files("ca.profiles").joinpath("shipped")
    found = sorted((one for one in folder.iterdir() if one.name.endswith(".yaml")), key=lambda one: one.name)
    return _by_name((one.name, parse_yaml(one.read_bytes(), _Profile, one.name).profile()) for one in found)


def load_profiles(
    folder: Path, try_out: Callable[[CertificateProfile], None] | None = None
) -> Mapping[str, CertificateProfile]:
    """The shipped profiles, with an operator's own (``*.yaml`` in ``folder``) added or in their place.

    ``try_out``: makes a certificate by each of the operator's own; see ``ca.profile_trial``. Raises
    FileInvalid, which names file, line and fault.
    """
    own = [(str(path), read_yaml(path, _Profile).profile()) for path in sorted(folder.glob("*.yaml"))]
    if try_out is not None:
        for file, profile in own:
            _tried(file, profile, try_out)
    return {**shipped_profiles(), **_by_name(own)}


def _tried(file: str, profile: CertificateProfile, try_out: Callable[[CertificateProfile], None]) -> None:
    try:
        try_out(profile)
    except (CaError, ValueError) as error:
        fault = f"{file}:1: profile {profile.name}: no certificate can be made by it: {error}"
        raise FileInvalid(fault, faults=fault) from error


def _by_name(found: Iterable[tuple[str, CertificateProfile]]) -> dict[str, CertificateProfile]:
    profiles: dict[str, CertificateProfile] = {}
    for file, profile in found:
        if profile.name in profiles:
            fault = f"{file}: profile {profile.name} is said in another file too"
            raise FileInvalid(fault, faults=fault)
        profiles[profile.name] = profile
    return profiles

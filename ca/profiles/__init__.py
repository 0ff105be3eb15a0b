"""Certificate profiles: a model that is always valid, and the files that operators write them in."""

from __future__ import annotations

from ca.profiles.hierarchy import ISSUING, ROOT
from ca.profiles.model import CertificateProfile, NameConstraints, Policy, SubjectField, Usage
from ca.profiles.reading import load_profiles, shipped_profiles

__all__ = [
    "ISSUING",
    "ROOT",
    "CertificateProfile",
    "NameConstraints",
    "Policy",
    "SubjectField",
    "Usage",
    "load_profiles",
    "shipped_profiles",
]

"""What somebody asks for, as the services take it from the routes. Checked by ``drafts`` alone."""

from __future__ import annotations

from dataclasses import dataclass, field

from api.applications.kinds import ApplicationKind
from api.enterprises.claims import Claim


@dataclass(frozen=True, slots=True)
class Applicant:
    """Who applies, as the real-name check has it. ``id_number`` is not to be logged."""

    id: int
    phone: str
    name: str = field(repr=False)
    id_number: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is asked for; each kind has some of it, see ``api.applications.schemas``.

    ``product``: a code of the catalogue. ``enterprise``: as its licence names it, for a claim or a change;
    ``credit_code``: of the enterprise to join. ``serial``: of the certificate that it is about.
    """

    kind: ApplicationKind
    product: str | None = None
    enterprise: Claim | None = None
    enterprise_name: str | None = None
    credit_code: str | None = None
    serial: str | None = None
    department: str | None = None
    permissions: tuple[str, ...] = ()
    grounds: str | None = None

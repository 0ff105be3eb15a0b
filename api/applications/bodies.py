"""What is sent to apply: a body for each kind, told apart by ``kind``; without it, a claim."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import Discriminator, Field, SecretStr, Tag

from api.applications.asked import Asked
from api.applications.kinds import ApplicationKind
from api.enterprises.claims import check_claim
from api.enterprises.rules import Permission, sorted_permissions
from api.wire import Body

_Product = Annotated[str, Field(max_length=40, examples=["linyi-enterprise-month"])]
_Serial = Annotated[str, Field(max_length=40, pattern="^[0-9A-Fa-f]{1,40}$", examples=["5f3a"])]
_Grounds = Annotated[str, Field(min_length=2, max_length=200)]


class ClaimedEnterprise(Body):
    """The enterprise as its licence names it."""

    name: str = Field(max_length=200, examples=["临沂阳光建设有限公司"])
    credit_code: str = Field(max_length=40, examples=["91371300MA3C0TEQ4M"])
    legal_person: str = Field(max_length=100, examples=["张三丰"])
    legal_person_id: str = Field(max_length=40, description="证件号码, 18 characters")


class Named(Body):
    """Who applies, when the app wants to say it: must be the person of the real-name check."""

    name: str = Field(max_length=100, examples=["李四光"])
    id_number: str = Field(max_length=40)


class _New(Body):
    holder: Named | None = None

    @property
    def named(self) -> Named | None:
        """Who is said to apply."""
        return self.holder


class NewClaim(_New):
    """认领企业. ``product``: a code of the catalogue. ``administrator`` is the earlier name of ``holder``."""

    kind: Literal[ApplicationKind.CLAIM] = ApplicationKind.CLAIM
    enterprise: ClaimedEnterprise
    administrator: Named | None = None
    product: _Product

    @property
    def named(self) -> Named | None:
        """Who is said to apply."""
        return self.holder or self.administrator

    def asked(self) -> Asked:
        """Raises InvalidCreditCode, InvalidIdNumber, NameInvalid, SubjectRefused."""
        one = self.enterprise
        claim = check_claim(one.name, one.credit_code, one.legal_person, one.legal_person_id)
        return Asked(kind=self.kind, enterprise=claim, product=self.product)


class NewJoin(_New):
    """加入企业: as a clerk, with the permissions that the administrator is to grant."""

    kind: Literal[ApplicationKind.JOIN]
    enterprise_name: str = Field(max_length=200, examples=["临沂阳光建设有限公司"])
    credit_code: str = Field(max_length=18, examples=["91371300MA3C0TEQ4M"])
    department: str | None = Field(None, min_length=1, max_length=60, examples=["经营部"])
    permissions: list[Permission] = Field(min_length=1, max_length=len(Permission))
    product: _Product

    def asked(self) -> Asked:
        """What is asked for."""
        return Asked(
            kind=self.kind,
            product=self.product,
            enterprise_name=self.enterprise_name,
            credit_code=self.credit_code.upper(),
            department=self.department,
            permissions=tuple(sorted_permissions(set(self.permissions))),
        )


class NewPersonal(_New):
    """个人证书."""

    kind: Literal[ApplicationKind.PERSONAL]
    product: _Product

    def asked(self) -> Asked:
        """What is asked for."""
        return Asked(kind=self.kind, product=self.product)


class NewRenewal(_New):
    """证书续期: of one's own certificate."""

    kind: Literal[ApplicationKind.RENEWAL]
    serial: _Serial

    def asked(self) -> Asked:
        """What is asked for."""
        return Asked(kind=self.kind, serial=self.serial.lower())


class NewChange(_New):
    """变更企业信息: by the administrator; ``serial`` is that of the enterprise's certificate they hold."""

    kind: Literal[ApplicationKind.CHANGE]
    enterprise: ClaimedEnterprise
    serial: _Serial

    def asked(self) -> Asked:
        """Raises InvalidCreditCode, InvalidIdNumber, NameInvalid, SubjectRefused."""
        one = self.enterprise
        claim = check_claim(one.name, one.credit_code, one.legal_person, one.legal_person_id)
        return Asked(kind=self.kind, enterprise=claim, serial=self.serial.lower())


class NewRevocation(_New):
    """注销证书: by its holder, or by the administrator of its enterprise."""

    kind: Literal[ApplicationKind.REVOCATION]
    serial: _Serial
    grounds: _Grounds

    def asked(self) -> Asked:
        """What is asked for."""
        return Asked(kind=self.kind, serial=self.serial.lower(), grounds=self.grounds)


class NewPinReset(_New):
    """重置 PIN 码: of one's own certificate, whose PIN is forgotten or locked."""

    kind: Literal[ApplicationKind.PIN_RESET]
    serial: _Serial
    grounds: _Grounds

    def asked(self) -> Asked:
        """What is asked for."""
        return Asked(kind=self.kind, serial=self.serial.lower(), grounds=self.grounds)


def _kind_of(body: Any) -> str:
    kind = body.get("kind", ApplicationKind.CLAIM) if isinstance(body, dict) else getattr(body, "kind", None)
    return kind if isinstance(kind, str) else ""


NewApplication = Annotated[
    Annotated[NewClaim, Tag(ApplicationKind.CLAIM.value)]
    | Annotated[NewJoin, Tag(ApplicationKind.JOIN.value)]
    | Annotated[NewPersonal, Tag(ApplicationKind.PERSONAL.value)]
    | Annotated[NewRenewal, Tag(ApplicationKind.RENEWAL.value)]
    | Annotated[NewChange, Tag(ApplicationKind.CHANGE.value)]
    | Annotated[NewRevocation, Tag(ApplicationKind.REVOCATION.value)]
    | Annotated[NewPinReset, Tag(ApplicationKind.PIN_RESET.value)],
    Discriminator(_kind_of),
]
"""An application of any kind."""


class Revision(Body):
    """A new version. ``sign_again``: the form is to be sealed anew although it says the same."""

    application: NewApplication
    sign_again: bool = False


class PinGiven(Body):
    """The PIN of the certificate that is used."""

    pin: SecretStr = Field(max_length=256)


class ConsentGiven(PinGiven):
    """同意: with which certificate of the enterprise the letter is sealed."""

    serial: _Serial


class PcConfirmed(Body):
    """确认电脑: the two digits that the person compared with the PC's."""

    number: str = Field(min_length=2, max_length=2, pattern="^[0-9]{2}$", examples=["47"])


class Declined(Body):
    """不同意: why; the applicant reads it."""

    reason: str = Field(min_length=2, max_length=500, examples=["您不是本单位人员"])


_MOST: Final = 64


class SignaturePicked(Body):
    """Which of the pictures is chosen, by its SHA-256."""

    sha256: str = Field(min_length=_MOST, max_length=_MOST, pattern="^[0-9a-f]+$")

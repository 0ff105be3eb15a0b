"""The catalogue, as JSON."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, Field, StringConstraints

from api.catalogue.rules import Attachment, CertificateKind, Custody
from api.catalogue.service import ProductTerms
from api.wire import Answer, Body
from hsm import KeyKind

CODE_PATTERN = "^[a-z0-9][a-z0-9-]{0,39}$"

Code = Annotated[str, StringConstraints(pattern=CODE_PATTERN)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=64)]
AttachmentCode = Annotated[str, StringConstraints(pattern="^[a-z][a-z0-9-]{0,23}$")]
AttachmentName = Annotated[str, StringConstraints(min_length=1, max_length=40)]
AttachmentNote = Annotated[str, StringConstraints(max_length=120)]
Approvals = Annotated[int, Field(ge=0, le=2)]


class ProvinceView(Answer):
    """A province."""

    code: str
    name: str


class PlatformView(Answer):
    """A trading platform."""

    code: str
    province: str
    name: str


class AuthorityView(Answer):
    """A CA."""

    code: str
    name: str


class AttachmentView(Answer):
    """A picture to be uploaded beside the form. ``note``: how it should be, may be empty."""

    code: str
    name: str
    required: bool
    note: str


class ProductView(Answer):
    """A certificate that can be applied for.

    ``kind``: enterprise, clerk, personal or legal-person. ``fee_fen``: price in 分; ``term``: validity and
    price as people read them; ``dual``: a signing and an encryption certificate are issued together (双证书);
    ``custody``: ``lock`` for keys that are made on the person's own CA lock (下载到 CA 锁), anything else
    for a phone certificate; ``offered_until``: when the sale ends, null for no end.
    """

    code: str
    version: int
    kind: CertificateKind
    name: str
    platform: str
    authority: str
    validity_days: int
    fee_fen: int
    term: str
    scope: str
    dual: bool
    custody: Custody
    attachments: list[AttachmentView]
    offered_until: datetime | None


class CatalogueView(Answer):
    """Everything the page 证书申领 chooses from: first the province, then platform, CA, validity and fee."""

    provinces: list[ProvinceView]
    platforms: list[PlatformView]
    authorities: list[AuthorityView]
    products: list[ProductView]


class VersionedProvince(ProvinceView):
    """A province, and the version to name when it is changed."""

    version: int


class VersionedPlatform(PlatformView):
    """A platform, and the version to name when it is changed."""

    version: int


class VersionedAuthority(AuthorityView):
    """A CA, and the version to name when it is changed."""

    version: int


class ProductTermsView(ProductView):
    """A product with what only operators need to know."""

    profile: str
    encryption_profile: str | None
    key_kind: str
    approvals: int
    renewal_approvals: int
    on_offer: bool
    offered_from: datetime | None


class WholeCatalogueView(Answer):
    """All of the catalogue, products that are not on offer included."""

    provinces: list[VersionedProvince]
    platforms: list[VersionedPlatform]
    authorities: list[VersionedAuthority]
    products: list[ProductTermsView]


class ChangeView(Answer):
    """One change. ``value``: all of it as it was from then on."""

    id: int
    at: datetime
    operator: str
    subject: str
    code: str
    version: int
    value: dict[str, Any]


class VersionView(Answer):
    """The version that a change made."""

    code: str
    version: int


class _Edited(Body):
    """``replaces``: the version that is being changed, 0 for something new."""

    replaces: int = Field(0, ge=0, le=2**31 - 2)


class ProvinceEdit(_Edited):
    """A province as it shall be."""

    name: Name = Field(examples=["山东省"])


class PlatformEdit(_Edited):
    """A platform as it shall be. ``province``: its code."""

    name: Name = Field(examples=["临沂市公共资源交易中心"])
    province: Code = Field(examples=["370000"])


class AuthorityEdit(_Edited):
    """A CA as it shall be."""

    name: Name = Field(examples=["某某数字证书认证中心"])


class AttachmentEdit(Body):
    """A picture that the product asks for."""

    code: AttachmentCode = Field(examples=["legal-person-id"])
    name: AttachmentName = Field(examples=["法人身份证复印件"])
    required: bool = True
    note: AttachmentNote = Field("", examples=["正反面复印在一页，加盖公章"])


class ProductEdit(_Edited):
    """A product as it shall be; the text of validity and fee follows from both."""

    kind: CertificateKind
    name: Name = Field(examples=["企业数字证书（手机证书）"])
    platform: Code = Field(examples=["linyi"])
    authority: Code = Field(examples=["sealbridge"])
    profile: str = Field(max_length=40, examples=["enterprise-signing"])
    encryption_profile: str | None = Field(None, max_length=40, examples=["enterprise-encryption"])
    custody: Custody = Custody.WRAPPED
    key_kind: KeyKind = KeyKind.RSA_2048
    validity_days: int = Field(ge=1, le=7305, examples=[365])
    fee_fen: int = Field(ge=0, le=10_000_000, examples=[20000])
    scope: Annotated[str, StringConstraints(min_length=1, max_length=120)] = Field(
        examples=["公共资源交易平台登录、电子签章、招标投标文件签名"]
    )
    attachments: list[AttachmentEdit] = Field([], max_length=8)
    approvals: Approvals = 1
    renewal_approvals: Approvals = 1
    on_offer: bool = True
    offered_from: AwareDatetime | None = None
    offered_until: AwareDatetime | None = None

    def terms(self) -> ProductTerms:
        """What the service takes."""
        values = {name: getattr(self, name) for name in ProductTerms.__slots__}
        attachments = (Attachment(**one.model_dump()) for one in self.attachments)
        return ProductTerms(**values | {"attachments": tuple(attachments)})


Subject = Literal["province", "platform", "authority", "product"]

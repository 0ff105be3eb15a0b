"""From an application to its papers: the form that is sealed, or 授权书 that the administrator seals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Final

from api.applications.kinds import ApplicationKind
from api.applications.model import Application
from api.catalogue.queries import Product
from api.enterprises.rules import permission_text
from api.timezone import CHINA
from ca.documents.forms import ApplicationForm, render_application_form
from ca.documents.sheets import Group, Sheet, render_sheet

_NONE: Final = "—"
_PERSONAL: Final = "“数字证书和电子签章”个人申请表"
_SEALED_BY_COMPUTER: Final = "注：以电子签章方式提交的，签章时间以电子签名记录为准，无需手写签名和填写日期。"
_RESPONSIBLE: Final = (
    "已了解数字证书和电子签章的法律效力，将妥善保管证书、密钥和 PIN 码，并在授权范围内使用；因保管或使用"
    "不当造成的损失，由{who}自行承担。"
)


@dataclass(frozen=True, slots=True)
class Readable:
    """An application with its identity numbers readable. ``before``: the enterprise's name until now."""

    known: Application
    product: Product
    holder_id: str
    legal_person_id: str | None = None
    before: str | None = None
    made_on: date | None = None

    @property
    def on(self) -> date:
        """The date on the paper."""
        return self.made_on or self.known.created_at.astimezone(CHINA).date()


def rendered(told: Readable) -> bytes | None:
    """The paper as a PDF, None for a kind without one. Raises FormFieldRefused, GlyphsMissing."""
    make = _PAPERS.get(told.known.kind)
    return None if make is None else make(told)


def _claim(told: Readable) -> bytes:
    known, product = told.known, told.product
    return render_application_form(
        ApplicationForm(
            application_number=known.id,
            applied_on=told.on,
            ca_name=product.authority_name,
            enterprise_name=known.enterprise.name,
            credit_code=known.enterprise.credit_code,
            legal_person=known.legal_person or "",
            legal_person_id=told.legal_person_id or "",
            administrator_name=known.holder_name,
            administrator_phone=known.holder_phone,
            administrator_id=told.holder_id,
            platform=product.platform_name,
            scope=product.scope,
            term=product.term,
        )
    )


def _letter(told: Readable) -> bytes:
    known, product = told.known, told.product
    groups = (
        Group("单位", _enterprise(known)),
        Group("办事人员", (*_person(told), ("所在部门", known.department or _NONE))),
        Group(
            "授权",
            (
                ("授权权限", permission_text(known.permissions)),
                ("证书名称", product.name),
                ("平台名称", product.platform_name),
                ("使用期限", product.term),
            ),
        ),
    )
    statements = (
        "本单位授权表中所列办事人员，在上列权限范围内代表本单位使用数字证书和电子签章办理相关业务。",
        "办事人员在授权范围内签署、提交的文件和材料，本单位均予认可，并承担相应的法律责任。",
        "本单位终止授权的，将及时在系统中移出该办事人员；移出后其证书不再代表本单位。",
    )
    return _sheet(told, "数字证书使用授权书", groups, "授权委托", statements, sealed_as="单位公章")


def _personal(told: Readable) -> bytes:
    product = told.product
    name, number, phone = _person(told)
    groups = (
        Group("申请人", (name, ("证件类型", "居民身份证"), number, phone)),
        Group("证书", (("CA 机构", product.authority_name), *_certificate(product))),
    )
    statements = (
        "本人申请上列数字证书和电子签名，所填写、提交的信息和材料真实、完整、合法。",
        "本人" + _RESPONSIBLE.format(who="本人"),
    )
    note = "注：请在横线上方手写签名，签名将从照片中取出，用作电子签名的图样。"
    return _sheet(told, _PERSONAL, groups, "申请声明", statements, signed_as="申请人签名", note=note)


def _renewal(told: Readable) -> bytes:
    known, product = told.known, told.product
    company = (known.enterprise_name or _NONE, known.credit_code or _NONE)
    groups = (
        Group("持有人", (("单位名称", company[0]), ("统一社会信用代码", company[1]), *_person(told))),
        Group("证书", (("原证书编号", known.serial or _NONE), *_certificate(product)[:-1])),
    )
    statements = (
        "本人（本单位）申请续期上列证书，登记信息没有变化，并以原证书签署本申请。",
        "本人（本单位）" + _RESPONSIBLE.format(who="本人（本单位）"),
    )
    return _sheet(told, "数字证书续期申请表", groups, "申请声明", statements, sealed_as="签章")


def _change(told: Readable) -> bytes:
    known, product = told.known, told.product
    after = (
        ("变更后单位名称", known.enterprise.name),
        ("统一社会信用代码", known.enterprise.credit_code),
        ("法定代表人", known.legal_person or _NONE),
        ("法定代表人身份证", told.legal_person_id or _NONE),
    )
    groups = (
        Group("变更前", (("单位名称", told.before or _NONE),)),
        Group("变更后", after),
        Group("管理员", _person(told)),
        Group("证书", (("CA 机构", product.authority_name), ("平台名称", product.platform_name))),
    )
    statements = (
        "本单位登记信息已经登记机关核准变更，现申请相应变更本单位在数字证书系统中的信息。",
        "本单位提交的信息和材料真实、完整、合法；载有变更前信息的证书在新证书下载后不再使用。",
    )
    signed_as = "法定代表人／授权代表签名"
    return _sheet(
        told, "企业信息变更申请表", groups, "变更声明", statements, signed_as=signed_as, sealed_as="单位公章"
    )


def _sheet(
    told: Readable,
    title: str,
    groups: tuple[Group, ...],
    heading: str,
    statements: tuple[str, ...],
    *,
    signed_as: str = "",
    sealed_as: str = "",
    note: str = _SEALED_BY_COMPUTER,
) -> bytes:
    return render_sheet(
        Sheet(
            title=title,
            number=told.known.id,
            made_on=told.on,
            addressee=told.product.authority_name,
            author=told.known.enterprise_name or told.known.holder_name,
            groups=groups,
            heading=heading,
            statements=statements,
            signed_as=signed_as,
            sealed_as=sealed_as,
            note=note,
        )
    )


def _enterprise(known: Application) -> tuple[tuple[str, str], ...]:
    return ("单位名称", known.enterprise.name), ("统一社会信用代码", known.enterprise.credit_code)


def _person(told: Readable) -> tuple[tuple[str, str], ...]:
    known = told.known
    return ("姓名", known.holder_name), ("身份证号", told.holder_id), ("手机号码", known.holder_phone)


def _certificate(product: Product) -> tuple[tuple[str, str], ...]:
    return (
        ("证书名称", product.name),
        ("平台名称", product.platform_name),
        ("使用范围", product.scope),
        ("使用期限", product.term),
        ("产品编号", product.code),
    )


_PAPERS: Final[dict[ApplicationKind, Callable[[Readable], bytes]]] = {
    ApplicationKind.CLAIM: _claim,
    ApplicationKind.JOIN: _letter,
    ApplicationKind.PERSONAL: _personal,
    ApplicationKind.RENEWAL: _renewal,
    ApplicationKind.CHANGE: _change,
}

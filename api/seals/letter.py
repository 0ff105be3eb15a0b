"""电子印章制作申请表: what the applicant's certificate signs when a seal is applied for."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from cryptography import x509
from cryptography.x509.oid import NameOID

from api.certificates.service import HeldCertificate
from api.seals.faces import Face
from api.seals.queries import RegisteredSeal
from api.timezone import CHINA
from ca.documents.sheets import Group, Sheet, render_sheet
from ca.seals.rules import KIND_NAMES
from ca.typesetting import fonts

_NONE: Final = "—"
_STATEMENTS: Final = (
    "本单位（本人）申请制作上列电子印章，印章图样、名称真实有效，所填写、提交的信息和材料真实、完整、合法。",
    "本单位（本人）知悉电子印章与实物印章具有同等法律效力，将妥善保管证书和 PIN 码，按授权使用；不再使用或"
    "证书失控时及时申请停用或销毁。",
)


def application_letter(
    held: HeldCertificate, new: RegisteredSeal, face: Face, reason: str, at: datetime
) -> bytes:
    """Characters that no font has are told by their code points: the picture shows them.

    Raises FormFieldRefused.
    """
    holding = held.holding
    size = f"{face.picture.width_mm:g} × {face.picture.height_mm:g} 毫米"
    owner = (
        ("单位名称", printable(holding.enterprise_name or _NONE)),
        ("统一社会信用代码", holding.credit_code or _NONE),
        ("申请人", printable(holding.person_name)),
        ("证书编号", holding.serial),
    )
    wanted = (
        ("印章名称", printable(face.name)),
        ("印章类型", KIND_NAMES[face.kind]),
        ("印章规格", size),
        ("图样来源", "上传图样" if face.design is None else "按模板制作"),
        ("图样摘要", new.pdf_sha256),
        ("申请事由", printable(reason)),
    )
    return render_sheet(
        Sheet(
            title="电子印章制作申请表",
            number=new.id,
            made_on=at.astimezone(CHINA).date(),
            addressee=_issuer(held.certificate),
            author=printable(holding.enterprise_name or holding.person_name),
            groups=(Group("申请单位", owner), Group("印章", wanted)),
            heading="申请声明",
            statements=_STATEMENTS,
            sealed_as="申请人签章",
            note="注：本表以申请人证书电子签名，签名时间以电子签名记录为准，无需手写签名和填写日期。",
        )
    )


def printable(text: str) -> str:
    """``text`` with the code points of what cannot be printed."""
    missing = set(fonts.Face.SONG.coverage.missing(text))
    return "".join(f"[U+{ord(one):04X}]" if one in missing else one for one in text)


def _issuer(certificate: x509.Certificate) -> str:
    for oid in (NameOID.ORGANIZATION_NAME, NameOID.COMMON_NAME):
        for one in certificate.issuer.get_attributes_for_oid(oid):
            return str(one.value)
    return _NONE

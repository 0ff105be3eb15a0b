"""Seals on OFD documents and on files of any kind, over HTTP."""

from __future__ import annotations

from tempfile import SpooledTemporaryFile
from typing import Annotated, Any, BinaryIO, cast

from fastapi import APIRouter, Depends, File, Form, Request, Response, UploadFile
from pydantic import Field, SecretStr

from api.openapi.refusals import DRAWN, PIN, refuses
from api.realname.access import Verified
from api.seals.files import FileSealing
from api.seals.places import Millimetres, PlacesInForm, chosen
from api.spooled import answer_with
from api.wire import Body
from ca.documents.levels import Level

router = APIRouter(prefix="/v1", tags=["签章"])

OFD = "application/ofd"
SIGNATURE = "application/pkcs7-signature"
_OFD_ANSWER: dict[int | str, dict[str, Any]] = {200: {"content": {OFD: {}}}}
_SIGNATURE_ANSWER: dict[int | str, dict[str, Any]] = {200: {"content": {SIGNATURE: {}}}}
_IN_MEMORY = 4 * 1024 * 1024
_HOLDER = (
    *("administrator_needed", "certificate_invalid", "certificate_not_for_signing", "certificate_not_found"),
    *("no_longer_member", "not_found", "not_permitted", "seal_choice_needed", "seal_not_in_use"),
    *("seal_suspended", "time_stamp_missing"),
)

Pin = Annotated[str, Form(max_length=256)]
Reason = Annotated[str, Form(min_length=1, max_length=120)]
WhichSeal = Annotated[
    str | None,
    Form(
        max_length=24,
        description="a seal's id, or its kind; else the one that every certificate has",
        examples=["enterprise"],
    ),
]
HowLasting = Annotated[
    Level | None, Form(description="how long the signature can be judged; as the CA's settings say")
]


class DigestAsked(Body):
    """Which file is signed, and by what. ``sha256``: hexadecimal."""

    sha256: str = Field(pattern="^[0-9a-fA-F]{64}$")
    pin: SecretStr = Field(max_length=256)
    reason: str = Field("电子签章", min_length=1, max_length=120)
    seal: str | None = Field(
        None, max_length=24, description="a seal's id or kind, as for files", examples=["enterprise"]
    )
    level: Level | None = None


def _sealing(request: Request) -> FileSealing:
    found: FileSealing = request.app.state.services.seals.files
    return found


@router.post("/certificates/{serial}/ofd-seals", response_class=Response, responses=_OFD_ANSWER)
@refuses(
    *("ofd_damaged", "ofd_empty", "ofd_encrypted", "ofd_locked", "ofd_names_repeated", "ofd_path_unsafe"),
    *("ofd_too_large", "ofd_xml_invalid"),
    *("keyword_not_found", "page_not_found", "place_missing", "seal_off_page", "seam_needs_pages"),
    "too_many_impressions",
    *_HOLDER,
    *DRAWN,
    *PIN,
)
def seal_ofd(
    serial: str,
    person: Verified,
    sealing: Annotated[FileSealing, Depends(_sealing)],
    file: Annotated[UploadFile, File(description="the OFD document (GB/T 33190), at most 64 MB")],
    pin: Pin,
    places: Annotated[
        PlacesInForm | None,
        Form(
            description="JSON: where the seal goes, all of it one signature; or one place by the next three",
            examples=['[{"at": "keyword", "text": "（盖章）"}, {"at": "seam"}]'],
        ),
    ] = None,
    x_mm: Annotated[Millimetres | None, Form(description="centre of the seal, from the left edge")] = None,
    y_mm: Annotated[Millimetres | None, Form(description="centre of the seal, from the top edge")] = None,
    page: Annotated[int, Form(description="from 0; negative counts from the end")] = -1,
    reason: Reason = "电子签章",
    seal: WhichSeal = None,
    level: HowLasting = None,
) -> Response:
    """OFD 盖章: the OFD document with a seal of the certificate. Earlier signatures stay valid.

    Levels above B-B bring a time stamp, the one thing that OFD has a place for. Nothing is kept.
    """
    where = chosen(places, page, x_mm, y_mm)
    target = cast("BinaryIO", SpooledTemporaryFile(max_size=_IN_MEMORY))  # noqa: SIM115 - the answer reads it
    sealing.seal_ofd(person, serial, pin, file.file, target, where, reason, seal, level)
    return answer_with(target, OFD)


@router.post("/certificates/{serial}/file-signatures", response_class=Response, responses=_SIGNATURE_ANSWER)
@refuses("proof_missing", "signer_not_good", *_HOLDER, *DRAWN, *PIN)
def sign(
    serial: str,
    person: Verified,
    sealing: Annotated[FileSealing, Depends(_sealing)],
    file: Annotated[UploadFile, File(description="a file of any kind, at most 64 MB; it is not kept")],
    pin: Pin,
    reason: Reason = "电子签章",
    seal: WhichSeal = None,
    level: HowLasting = None,
) -> Response:
    """文件签章: a signature with the seal inside, to be kept beside the file as FILE.p7s (CAdES).

    `openssl cms -verify -binary -inform DER -in FILE.p7s -content FILE` verifies it too. There is no B-LTA.
    """
    made = sealing.sign_file(person, serial, pin, file.file, reason, seal, level)
    return Response(made, media_type=SIGNATURE)


@router.post("/certificates/{serial}/digest-signatures", response_class=Response, responses=_SIGNATURE_ANSWER)
@refuses("digest_invalid", "proof_missing", "signer_not_good", *_HOLDER, *DRAWN, *PIN)
def sign_digest(
    serial: str,
    person: Verified,
    sealing: Annotated[FileSealing, Depends(_sealing)],
    asked: DigestAsked,
) -> Response:
    """按摘要签章: the same for a file that stays where it is, by its SHA-256 alone: for files of any size.

    Whoever sends the digest answers for what it is of. `digest_invalid` where the certificate's key signs
    another digest (a P-384 key SHA-384).
    """
    digest = bytes.fromhex(asked.sha256)
    told = (asked.reason, asked.seal, asked.level)
    made = sealing.sign_digest(person, serial, asked.pin.get_secret_value(), digest, *told)
    return Response(made, media_type=SIGNATURE)

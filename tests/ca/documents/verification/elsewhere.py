"""Documents signed by other software, as ours does not: certifications, locks, weak digests, SM2."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any

from asn1crypto import algos, cms, keys, x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pyhanko.pdf_utils.generic import DictionaryObject, NumberObject, StreamObject, pdf_name, pdf_string
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import SigFieldSpec
from pyhanko.sign.signers import PdfSignatureMetadata, SimpleSigner, sign_pdf
from pyhanko_certvalidator.registry import SimpleCertificateStore

from ca.documents.signing import Place, SigningIdentity, prepare_pdf
from ca.seals.picture import SealPicture
from tests.ca.documents.pdfs import written
from tests.ca.documents.pki import NOW

_DIGEST_OIDS = {"sha1": "1.3.14.3.2.26", "md5": "1.2.840.113549.2.5", "sm3": "1.2.156.10197.1.401"}
_SM2_ID = "distid:1234567812345678"


def signed(identity: SigningIdentity, pdf: bytes, field: SigFieldSpec | None = None, **options: Any) -> bytes:
    """By pyHanko's own signer."""
    key = identity.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    certificate, *chain = (
        x509.Certificate.load(one.public_bytes(Encoding.DER))
        for one in (identity.certificate, *identity.chain)
    )
    signer = SimpleSigner(
        signing_cert=certificate,
        signing_key=keys.PrivateKeyInfo.load(key),
        cert_registry=SimpleCertificateStore.from_certs(chain),
    )
    meta = PdfSignatureMetadata(field_name=field.sig_field_name if field else "Approval", **options)
    output: BytesIO = sign_pdf(IncrementalPdfFileWriter(BytesIO(pdf)), meta, signer, new_field_spec=field)
    return output.getvalue()


def with_text_field(pdf: bytes, name: str = "Price", value: str = "100", shown: str = "100") -> bytes:
    """A form with one text field, whose appearance may say something else than its value."""
    writer = IncrementalPdfFileWriter(BytesIO(pdf))
    page_reference = writer.find_page_for_modification(0)[0]
    page = page_reference.get_object()
    font = DictionaryObject(
        {pdf_name("/Type"): pdf_name("/Font"), pdf_name("/Subtype"): pdf_name("/Type1")}
        | {pdf_name("/BaseFont"): pdf_name("/Helvetica")}
    )
    look = StreamObject(
        {
            pdf_name("/Type"): pdf_name("/XObject"),
            pdf_name("/Subtype"): pdf_name("/Form"),
            pdf_name("/BBox"): _numbers(0, 0, 100, 20),
            pdf_name("/Resources"): DictionaryObject(
                {pdf_name("/Font"): DictionaryObject({pdf_name("/F"): writer.add_object(font)})}
            ),
        },
        stream_data=f"BT /F 12 Tf 2 5 Td ({shown}) Tj ET".encode(),
    )
    field = DictionaryObject(
        {
            pdf_name("/Type"): pdf_name("/Annot"),
            pdf_name("/Subtype"): pdf_name("/Widget"),
            pdf_name("/FT"): pdf_name("/Tx"),
            pdf_name("/T"): pdf_string(name),
            pdf_name("/V"): pdf_string(value),
            pdf_name("/F"): NumberObject(4),
            pdf_name("/Rect"): _numbers(100, 700, 200, 720),
            pdf_name("/P"): page_reference,
            pdf_name("/AP"): DictionaryObject({pdf_name("/N"): writer.add_object(look)}),
        }
    )
    reference = writer.add_object(field)
    notes = page.get("/Annots", None)
    page[pdf_name("/Annots")] = _array(*(list(notes) if notes else []), reference)
    writer.update_container(page)
    writer.root[pdf_name("/AcroForm")] = writer.add_object(
        DictionaryObject({pdf_name("/Fields"): _array(reference)})
    )
    writer.update_root()
    return written(writer)


def filled(pdf: bytes, value: str, name: str = "Price") -> bytes:
    """The field with another value and look, by a proper update."""
    writer = IncrementalPdfFileWriter(BytesIO(pdf))
    for reference in writer.root["/AcroForm"]["/Fields"]:
        field = reference.get_object()
        if field.get("/T") == name:
            field[pdf_name("/V")] = pdf_string(value)
            look = field["/AP"]["/N"]
            new = StreamObject(
                {key: look.raw_get(key) for key in look if key not in ("/Length", "/Filter")},
                stream_data=f"BT /F 12 Tf 2 5 Td ({value}) Tj ET".encode(),
            )
            field[pdf_name("/AP")] = DictionaryObject({pdf_name("/N"): writer.add_object(new)})
            writer.update_container(field)
    return written(writer)


def annotated(pdf: bytes, flags: int = 4) -> bytes:
    """A note over the page, opaque, that says what was never signed."""
    writer = IncrementalPdfFileWriter(BytesIO(pdf))
    page = writer.find_page_for_modification(0)[0].get_object()
    look = StreamObject(
        {
            pdf_name("/Type"): pdf_name("/XObject"),
            pdf_name("/Subtype"): pdf_name("/Form"),
            pdf_name("/BBox"): _numbers(0, 0, 400, 400),
        },
        stream_data=b"1 1 1 rg 0 0 400 400 re f",
    )
    note = DictionaryObject(
        {
            pdf_name("/Type"): pdf_name("/Annot"),
            pdf_name("/Subtype"): pdf_name("/FreeText"),
            pdf_name("/Contents"): pdf_string("1000000"),
            pdf_name("/F"): NumberObject(flags),
            pdf_name("/Rect"): _numbers(0, 0, 595, 842),
            pdf_name("/AP"): DictionaryObject({pdf_name("/N"): writer.add_object(look)}),
        }
    )
    notes = page.get("/Annots", None)
    page[pdf_name("/Annots")] = _array(*(list(notes) if notes else []), writer.add_object(note))
    writer.update_container(page)
    return written(writer)


def _array(*values: Any) -> Any:
    from pyhanko.pdf_utils.generic import ArrayObject

    return ArrayObject(values)


def _numbers(*values: int) -> Any:
    return _array(*map(NumberObject, values))


@dataclass(frozen=True)
class Hand:
    """Whoever writes a CMS by hand: certificates (DER), and how their key signs."""

    certificates: tuple[bytes, ...]
    sign: Callable[[bytes], bytes]
    algorithm: str  # OID
    digest: str


def by_hand(
    pdf: bytes,
    identity: SigningIdentity,
    picture: SealPicture,
    hand: Hand,
    *,
    cut: int = 0,
    at: datetime = NOW,
) -> bytes:
    """A signature that we would not make. ``cut``: how many bytes at the end it leaves out."""
    prepared = prepare_pdf(pdf, identity.certificate, picture, Place(0, 105, 148), reason="签章", at=at)
    document, hole = prepared.document, prepared.hole
    if cut:
        from tests.ca.documents.verification import attacks

        _, a, b, c = attacks.range_of(document)
        document = attacks.with_range(document, b"[0 %d %d %d]" % (a, b, c - cut))
    upto = len(document) - cut
    covered = document[: hole.start] + document[hole.end : upto]
    return hole.fill(document, _cms(covered, hand))


def _cms(covered: bytes, hand: Hand) -> bytes:
    algorithm = algos.DigestAlgorithm({"algorithm": _DIGEST_OIDS.get(hand.digest, hand.digest)})
    certificate = x509.Certificate.load(hand.certificates[0])
    attributes = cms.CMSAttributes(
        [
            {"type": "content_type", "values": ["data"]},
            {"type": "message_digest", "values": [hashlib.new(hand.digest, covered).digest()]},
        ]
    )
    signer = cms.SignerInfo(
        {
            "version": "v1",
            "sid": cms.SignerIdentifier(
                {
                    "issuer_and_serial_number": {
                        "issuer": certificate.issuer,
                        "serial_number": certificate.serial_number,
                    }
                }
            ),
            "digest_algorithm": algorithm,
            "signed_attrs": attributes,
            "signature_algorithm": {"algorithm": hand.algorithm},
            "signature": hand.sign(attributes.dump()),
        }
    )
    signed_data = cms.SignedData(
        {
            "version": "v1",
            "digest_algorithms": [algorithm],
            "encap_content_info": {"content_type": "data"},
            "certificates": [x509.Certificate.load(one) for one in hand.certificates],
            "signer_infos": [signer],
        }
    )
    return bytes(cms.ContentInfo({"content_type": "signed_data", "content": signed_data}).dump())


def rsa_hand(identity: SigningIdentity, digest: str) -> Hand:
    kind: hashes.HashAlgorithm = {"sha1": hashes.SHA1, "md5": hashes.MD5, "sha256": hashes.SHA256}[digest]()
    oid = {"sha1": "1.2.840.113549.1.1.5", "md5": "1.2.840.113549.1.1.4", "sha256": "1.2.840.113549.1.1.11"}
    certificates = (identity.certificate, *identity.chain)
    return Hand(
        tuple(one.public_bytes(Encoding.DER) for one in certificates),
        lambda data: identity.key.sign(data, padding.PKCS1v15(), kind),  # type: ignore[union-attr, call-arg, arg-type]
        oid[digest],
        digest,
    )


@dataclass(frozen=True)
class Sm2Ca:
    """A CA of another maker, of SM2 with SM3, and a signer under it: every byte by openssl."""

    folder: Path

    @classmethod
    def make(cls, folder: Path) -> Sm2Ca:
        made = cls(folder)
        for name in ("root", "leaf"):
            made.run("ecparam", "-name", "SM2", "-genkey", "-noout", "-out", f"{name}.pem")
        made.run(
            *("req", "-x509", "-key", "root.pem", "-sm3", "-sigopt", _SM2_ID, "-days", "30"),
            *("-subj", "/C=CN/O=SM2 CA/CN=SM2 Root", "-outform", "DER", "-out", "root.der"),
        )
        made.run(
            *("req", "-new", "-key", "leaf.pem", "-sm3", "-sigopt", _SM2_ID, "-out", "leaf.csr"),
            *("-subj", "/C=CN/O=SM2 Company/CN=SM2 Signer"),
        )
        (folder / "ext").write_text("keyUsage=critical,digitalSignature,nonRepudiation\n")
        made.run(
            *("x509", "-req", "-in", "leaf.csr", "-CA", "root.der", "-CAform", "DER", "-CAkey", "root.pem"),
            *("-sm3", "-sigopt", _SM2_ID, "-vfyopt", _SM2_ID, "-days", "20", "-extfile", "ext"),
            *("-set_serial", "4711", "-outform", "DER", "-out", "leaf.der"),
        )
        return made

    @property
    def root(self) -> bytes:
        return (self.folder / "root.der").read_bytes()

    @property
    def hand(self) -> Hand:
        leaf = (self.folder / "leaf.der").read_bytes()
        return Hand((leaf, self.root), self.sign, "1.2.156.10197.1.501", "sm3")

    def sign(self, data: bytes) -> bytes:
        (self.folder / "data").write_bytes(data)
        self.run("dgst", "-sm3", "-sigopt", _SM2_ID, "-sign", "leaf.pem", "-out", "value", "data")
        return (self.folder / "value").read_bytes()

    def run(self, *arguments: str) -> None:
        done = subprocess.run(["openssl", *arguments], cwd=self.folder, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr

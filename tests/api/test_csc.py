"""Remote signing over HTTP: pyHanko's own client against version 1, plain JSON against version 2."""

from __future__ import annotations

import asyncio
import hashlib
import re
import subprocess
from base64 import b64decode, b64encode
from io import BytesIO
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from asn1crypto import algos, cms, tsp
from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner
from pyhanko.sign.signers.csc_signer import (
    CSCAuthorizationInfo,
    CSCAuthorizationManager,
    CSCServiceSessionInfo,
    CSCSigner,
    fetch_certs_in_csc_credential,
)
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from tests.api.locks import LockCa
from tests.api.people import PIN, Desk, Phone, code_of
from tests.api.remote import (
    INVALID_SAD,
    PASSWORD,
    SHA256,
    Signer,
    Software,
    a_signer,
    hash_of,
    refusal,
)
from tests.api.running import Server

RSA, RSA_SHA256, RSA_PSS = "1.2.840.113549.1.1.1", "1.2.840.113549.1.1.11", "1.2.840.113549.1.1.10"


@pytest.fixture(scope="module")
def rsa(server: Server, desk: Desk, lock_ca: LockCa) -> Signer:
    return a_signer(server, desk, lock_ca, key_kind="rsa-2048")


@pytest.fixture(scope="module")
def p256(server: Server, desk: Desk, lock_ca: LockCa) -> Signer:
    return a_signer(server, desk, lock_ca, key_kind="p-256", custody="resident")


@pytest.fixture(scope="module")
def first(server: Server, p256: Signer) -> Software:
    return Software.of(server, p256.phone)


@pytest.fixture(scope="module")
def second(server: Server, p256: Signer) -> Software:
    return Software.of(server, p256.phone, 2)


class _PinAuthorization(CSCAuthorizationManager):
    """What pyHanko leaves to its user: asking for the SAD with the PIN."""

    def __init__(self, session: aiohttp.ClientSession, *about: Any) -> None:
        super().__init__(*about)
        self._session = session

    async def authorize_signature(self, hash_b64s: list[str]) -> CSCAuthorizationInfo:
        asked = self.format_csc_auth_request(pin=PIN, hash_b64s=hash_b64s, description="招标文件")
        url = self.csc_session_info.endpoint_url("credentials/authorize")
        async with self._session.post(url, json=asked, headers=self.auth_headers) as answer:
            assert answer.status == 200, await answer.text()
            return self.parse_csc_auth_response(await answer.json())


async def _sealed(server: Server, token: str, serial: str, pdf: bytes, **how: Any) -> bytes:
    service = CSCServiceSessionInfo(server.url, serial, token)
    async with aiohttp.ClientSession() as session:
        known = await fetch_certs_in_csc_credential(session, service)
        assert known.hash_pinning_required
        signer = CSCSigner(session, _PinAuthorization(session, service, known), **how)
        meta = PdfSignatureMetadata(field_name="Signature1", md_algorithm="sha256")
        writer = IncrementalPdfFileWriter(BytesIO(pdf))
        made = await PdfSigner(meta, signer).async_sign_pdf(writer)
    return bytes(made.getbuffer())


def _token(software: Software) -> str:
    return str(software.http.headers["Authorization"].partition(" ")[2])


def _check(server: Server, sealed: bytes, folder: Path) -> None:
    """By pyHanko and by Poppler."""
    root = asn1.Certificate.load(server.client().get("/pki/root.cer").content)
    context = ValidationContext(trust_roots=[root], allow_fetching=False)
    (signature,) = PdfFileReader(BytesIO(sealed)).embedded_signatures
    status = validate_pdf_signature(signature, context)
    assert status.bottom_line, status.pretty_print_details()
    path = folder / "sealed.pdf"
    path.write_bytes(sealed)
    told = subprocess.run(["pdfsig", "-nocert", path], capture_output=True, text=True, timeout=60).stdout
    assert "Signature is Valid." in told, told
    assert "Total document signed" in told


def _key(server: Server, software: Software, serial: str) -> Any:
    shown = software.call("credentials/info", credentialID=serial).json()
    return x509.load_der_x509_certificate(b64decode(shown["cert"]["certificates"][0])).public_key()


@pytest.mark.parametrize("pss", [False, True], ids=["pkcs1", "pss"])
def test_pyhanko_seals_with_an_rsa_key(
    server: Server, rsa: Signer, a_pdf: bytes, tmp_path: Path, pss: bool
) -> None:
    token = _token(Software.of(server, rsa.phone))
    _check(server, asyncio.run(_sealed(server, token, rsa.serial, a_pdf, prefer_pss=pss)), tmp_path)


def test_pyhanko_seals_with_a_p256_key(
    server: Server, p256: Signer, first: Software, a_pdf: bytes, tmp_path: Path
) -> None:
    _check(server, asyncio.run(_sealed(server, _token(first), p256.serial, a_pdf)), tmp_path)
    told = p256.phone.http.get("/v1/messages", params={"kind": "remote-signed"}).json()["items"]
    assert told[0]["link"]["id"] == p256.serial
    assert "签名数量：1。" in told[0]["text"]
    assert "软件说明：“招标文件”。" in told[0]["text"]


def test_version_2_signs_a_batch(server: Server, p256: Signer, second: Software) -> None:
    texts = ["一", "二", "三"]
    asked = [hash_of(one) for one in texts]
    sad = second.sad(p256.serial, *asked)
    part = second.sign(p256.serial, sad, asked[2])
    rest = second.sign(p256.serial, sad, *asked[:2])
    made = [*rest.json()["signatures"], *part.json()["signatures"]]
    key = _key(server, second, p256.serial)
    for text, one in zip(texts, made, strict=True):
        key.verify(b64decode(one), text.encode(), ec.ECDSA(hashes.SHA256()))
    assert refusal(second.sign(p256.serial, sad, asked[0])) == INVALID_SAD


def test_rsa_signatures_of_every_algorithm(server: Server, rsa: Signer) -> None:
    software = Software.of(server, rsa.phone, 2)
    key, text = _key(server, software, rsa.serial), "招标公告"
    parameters = algos.RSASSAPSSParams(
        {
            "hash_algorithm": {"algorithm": "sha256"},
            "mask_gen_algorithm": {"algorithm": "mgf1", "parameters": {"algorithm": "sha256"}},
            "salt_length": 32,
        }
    )
    pss = {"signAlgo": RSA_PSS, "signAlgoParams": b64encode(parameters.dump()).decode()}
    named = {"signAlgo": RSA, "hashAlgorithmOID": SHA256}
    for how in (named, {"signAlgo": RSA_SHA256}, pss):
        sad = software.sad(rsa.serial, hash_of(text))
        made = software.sign(rsa.serial, sad, hash_of(text), **how)
        assert made.status_code == 200, made.text
        padded = padding.PSS(padding.MGF1(hashes.SHA256()), 32) if how is pss else padding.PKCS1v15()
        key.verify(b64decode(made.json()["signatures"][0]), text.encode(), padded, hashes.SHA256())


def test_hashes_of_other_lengths(server: Server, p256: Signer, first: Software) -> None:
    key = _key(server, first, p256.serial)
    for algorithm, oid in ((hashes.SHA384(), "3"), (hashes.SHA512(), "4")):
        digest = b64encode(hashlib.new(algorithm.name, b"text").digest()).decode()
        sad = first.sad(p256.serial, digest)
        made = first.sign(p256.serial, sad, digest, signAlgo=f"1.2.840.10045.4.3.{oid}")
        key.verify(b64decode(made.json()["signatures"][0]), b"text", ec.ECDSA(algorithm))


def test_what_the_service_says_of_itself(server: Server, first: Software, second: Software) -> None:
    anybody = server.client()
    told = anybody.post("/csc/v1/info").json()
    assert (told["specs"], told["authType"], told["lang"]) == ("1.0.4.0", ["basic"], "zh-CN")
    assert anybody.post("/csc/v2/info", json={"lang": "en-GB"}).json()["lang"] == "en-US"
    assert anybody.get(told["logo"]).headers["content-type"] == "image/png"
    newer = anybody.post("/csc/v2/info", json={}).json()
    assert newer["specs"].startswith("2.")
    assert newer["asynchronousOperationMode"] is False
    assert RSA_PSS in newer["signAlgorithms"]["algos"]
    for method in told["methods"]:
        assert anybody.post(f"/csc/v1/{method}", json={}).status_code in (200, 400, 401), method
    for method in ("credentials/extendTransaction", "credentials/sendOTP", "signatures/signDoc", "nothing"):
        assert anybody.post(f"/csc/v2/{method}", json={}).status_code == 501
    assert anybody.get("/csc/v1/info").status_code == 405


def test_credentials_are_told_in_both_shapes(p256: Signer, first: Software, second: Software) -> None:
    assert first.call("credentials/list").json() == {"credentialIDs": [p256.serial]}
    asked = {"credentialID": p256.serial, "certificates": "chain", "certInfo": True, "authInfo": True}
    old, new = first.call("credentials/info", **asked).json(), second.call("credentials/info", **asked).json()
    assert old["key"] == new["key"]
    assert old["key"] | {"algo": []} == {
        "status": "enabled",
        "algo": [],
        "len": 256,
        "curve": "1.2.840.10045.3.1.7",
    }
    assert (old["SCAL"], old["authMode"], old["multisign"], old["PIN"]["presence"]) == (
        "2",
        "explicit",
        50,
        "true",
    )
    assert (old["OTP"], new["auth"]["objects"][0]["id"]) == ({"presence": "false"}, "PIN")
    assert len(old["cert"]["certificates"]) == 3
    assert old["cert"]["serialNumber"] == p256.serial.upper()
    assert re.fullmatch(r"\d{14}Z", old["cert"]["validTo"])
    bare = first.call("credentials/info", credentialID=p256.serial, certificates="none").json()
    assert bare["cert"] == {"status": "valid"}
    assert "PIN" not in bare
    listed = second.call("credentials/list", credentialInfo=True, onlyValid=True).json()
    assert (listed["credentialIDs"], listed["onlyValid"]) == ([p256.serial], True)
    assert listed["credentialInfos"][0]["credentialID"] == p256.serial


def test_time_stamps(first: Software, second: Software) -> None:
    asked = {"hash": hash_of("招标文件"), "hashAlgo": SHA256}
    for software, nonce in ((first, "654654131635468464"), (second, "915ca04c5aba4b0")):
        answer = software.call("signatures/timestamp", **asked, nonce=nonce)
        assert answer.status_code == 200, answer.text
        token = cms.ContentInfo.load(b64decode(answer.json()["timestamp"]))
        stamped = token["content"]["encap_content_info"]["content"].parsed
        assert isinstance(stamped, tsp.TSTInfo)
        assert stamped["message_imprint"]["hashed_message"].native == b64decode(asked["hash"])
        assert stamped["nonce"].native == int(nonce, 10 if software is first else 16)
    assert refusal(first.call("signatures/timestamp", **asked, nonce="x1"))[2] == "Invalid parameter nonce"
    short = first.call("signatures/timestamp", **asked | {"hash": "AAAA"})
    assert refusal(short)[2] == "Invalid digest value length"


def test_tokens_open_one_interface_alone(server: Server, p256: Signer, first: Software) -> None:
    outside = server.client()
    app, csc = (one.http.headers["Authorization"] for one in (p256.phone, first))
    assert outside.get("/v1/account", headers={"Authorization": csc}).status_code == 401
    refused = outside.post("/csc/v1/credentials/list", json={}, headers={"Authorization": app})
    assert refusal(refused)[:2] == (401, "invalid_token")
    assert "Bearer" in refused.headers["www-authenticate"]
    told = [one for one in p256.phone.http.get("/v1/sessions").json() if one["platform"] == "CSC"]
    assert told
    assert told[0]["name"] == "远程签名软件"


def test_logging_in_renewing_and_revoking(server: Server, p256: Signer) -> None:
    software = Software.of(server, p256.phone)
    opened = software.log_in(rememberMe=True).json()
    again = (
        server.client("/csc/v1").post("/auth/login", json={"refresh_token": opened["refresh_token"]}).json()
    )
    assert again["refresh_token"] != opened["refresh_token"]
    for wrong in (opened["refresh_token"], p256.phone.http.headers["Authorization"][7:]):
        assert software.call("auth/revoke", token=wrong).status_code == 400
    bearer = {"Authorization": f"Bearer {again['access_token']}"}
    revoked = {"token": again["access_token"], "token_type_hint": "access_token"}
    assert software.call("auth/revoke", **revoked).status_code == 204
    assert software.http.post("/credentials/list", headers=bearer).status_code == 401
    renewed = (
        server.client("/csc/v1").post("/auth/login", json={"refresh_token": again["refresh_token"]}).json()
    )
    assert software.call("auth/revoke", token=renewed["refresh_token"]).status_code == 204
    bearer = {"Authorization": f"Bearer {renewed['access_token']}"}
    assert software.http.post("/credentials/list", headers=bearer).status_code == 401
    assert p256.phone.http.post("/v1/sessions/refresh", json={"refresh_token": "x"}).status_code == 401


def test_a_refresh_token_serves_its_own_interface(server: Server, p256: Signer) -> None:
    software = Software.of(server, p256.phone)
    mine = software.log_in(rememberMe=True).json()["refresh_token"]
    crossed = server.client().post("/v1/sessions/refresh", json={"refresh_token": mine})
    assert crossed.status_code == 401
    kept = server.client("/csc/v1").post("/auth/login", json={"refresh_token": mine})
    assert kept.status_code == 200, kept.text


def test_wrong_passwords_are_counted_with_those_of_the_app(server: Server, phone: Phone) -> None:
    software = Software.of(server, phone)
    for _ in range(5):
        wrong = refusal(software.log_in("Wrong-Password"))
        assert wrong == (400, "authentication_error", "An error occurred during authentication process")
    paused = software.log_in()
    assert refusal(paused)[:2] == (429, "temporarily_unavailable")
    assert int(paused.headers["retry-after"]) > 0
    login = {"phone": phone.number, "password": PASSWORD}
    assert code_of(server.client().post("/v1/sessions/password", json=login)) == (429, "tries_paused")

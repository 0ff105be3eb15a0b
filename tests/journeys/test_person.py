"""A natural person's certificate (seed, section 十), with a signature off the photo or drawn."""

from __future__ import annotations

from base64 import b64decode
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cryptography.x509.oid import NameOID

from tests.api.people import code_of
from tests.journeys import papers
from tests.journeys.app import App, good
from tests.journeys.conftest import Office
from tests.journeys.judges import Public

PERSONAL = "linyi-personal-month"
LINE = (80.0, 214.0)  # 申请人签名, millimetres from the left and the top


def test_a_photo_without_a_signature_is_told_so(office: Office) -> None:
    app = App(office.server).join_in("周星宇")
    application = app.apply_for("personal", product=PERSONAL)
    blank = papers.photo_of(papers.printed(app.form(application)))
    good(app.put_paper(application, blank))
    refused = app.http.get(f"/v1/applications/{application}/signatures")
    choices = [] if refused.is_error else refused.json()
    assert not [one for one in choices if one["written"]]
    assert code_of(app.act(application, "submit")) == (409, "signature_missing")


@pytest.mark.parametrize("written", [True, False], ids=["手写签名", "生成签名"])
def test_a_person_gets_a_certificate(office: Office, written: bool, tmp_path: Path) -> None:
    app = App(office.server).join_in("周星宇")
    application = app.apply_for("personal", product=PERSONAL)
    signed = papers.signed(papers.printed(app.form(application)), *LINE, np.random.default_rng(5))
    good(app.put_paper(application, papers.photo_of(signed)))
    picture = chosen(app, application, written)
    assert app.submit(application) == "submitted"
    (pending,) = app.listed("pending")
    assert (pending["application_id"], pending["status_name"]) == (application, "待审核")

    path = f"/v1/review/applications/{application}/versions/1/evidence/signature"
    assert sha256(good(office.first.http.get(path)).content).hexdigest() == sha256(picture).hexdigest()
    office.approve(application)

    (pending,) = app.listed("pending")  # 点击对应证书，能跳转至对应的消息页面
    messages = app.get("/v1/messages")["items"]
    (about,) = [one for one in messages if one["id"] == pending["message_id"]]
    assert about["title"] == "个人证书，请下载证书"
    assert app.linked("个人证书，请下载证书") == application
    given = app.download(application)
    assert app.listed("pending") == []
    public = Public(app.http, tmp_path)
    certificate = public.verify(given)
    (name,) = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    assert name.value == "周星宇"
    public.check_sealed(good(app.stamp(given["serial"], papers.bid_letter())).content, "周星宇")


def chosen(app: App, application: str, written: bool) -> bytes:
    """选择【手写签名】或【生成签名】; the picture, PNG."""
    path = f"/v1/applications/{application}/signature"
    choices: list[dict[str, Any]] = app.get(f"{path}s")
    assert choices[0]["written"], "nothing was cut out of the photo"
    assert [one["written"] for one in choices].count(False) == 1
    choice = next(one for one in choices if one["written"] is written)
    good(app.http.put(path, json={"sha256": choice["sha256"]}))
    return b64decode(choice["png"])

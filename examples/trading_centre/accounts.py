"""企业注册, password sign-in, and the account's page with 申请手机证书 and 同步诚信库."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import sqlite3
import time
from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Form
from fastapi.responses import Response

from examples.trading_centre.site import (
    ROLES,
    Refusal,
    Site,
    TheSite,
    TheVisitor,
    Visitor,
    digest_of,
    go,
    keep_visit,
    new_visit,
    page,
)

router = APIRouter()
_TRIES: Final = 5
_PAUSE: Final = 15 * 60
"""Seconds for which wrong passwords are remembered."""
Text = Annotated[str, Form(min_length=1, max_length=80)]
Password = Annotated[str, Form(min_length=8, max_length=200)]


@router.get("/")
def home(site: TheSite, visitor: TheVisitor) -> Response:
    """Every tender."""
    query = "SELECT t.*, e.name AS owner_name FROM tender t JOIN enterprise e ON e.id = t.owner"
    return page("home.html", site, visitor, tenders=site.store.all(f"{query} ORDER BY t.id DESC"))


@router.get("/register")
def register_page(site: TheSite, visitor: TheVisitor) -> Response:
    """企业注册."""
    return page("register.html", site, visitor)


@router.post("/register")
def register(
    site: TheSite,
    visitor: TheVisitor,
    name: Text,
    credit_code: Annotated[str, Form(pattern="^[0-9A-HJ-NPQRTUWXY]{18}$")],
    role: Text,
    user: Text,
    password: Password,
) -> Response:
    """A new account, signed in at once."""
    if role not in ROLES:
        raise Refusal("请选择企业类型")
    query = "INSERT INTO enterprise (name, credit_code, role, user, password) VALUES (?, ?, ?, ?, ?)"
    try:
        made = site.store.add(query, name.strip(), credit_code, role, user.strip(), _hashed(password))
    except sqlite3.IntegrityError:
        raise Refusal("该企业或用户名已注册") from None
    return sign_in(site, visitor, made, "/account")


@router.get("/login")
def login_page(site: TheSite, visitor: TheVisitor) -> Response:
    """By password; a link leads to the code."""
    return page("login.html", site, visitor)


@router.post("/login")
def login(site: TheSite, visitor: TheVisitor, user: Text, password: Annotated[str, Form()]) -> Response:
    """密码登录."""
    _check_pause(site, user)
    found = site.store.one("SELECT * FROM enterprise WHERE user = ?", user)
    kept = found["password"] if found else _hashed("")  # as long for a user that is not there
    if not _holds(kept, password) or found is None:
        site.store.add("INSERT INTO wrong_password VALUES (?, ?)", user, time.time())
        raise Refusal("用户名或密码不正确")
    return sign_in(site, visitor, found["id"], "/account")


@router.post("/logout")
def logout(site: TheSite, visitor: TheVisitor) -> Response:
    """退出."""
    site.store.change("DELETE FROM visit WHERE token = ?", visitor.visit)
    return go("/")


@router.get("/account")
def account(site: TheSite, visitor: TheVisitor) -> Response:
    """The enterprise, its binding, its certificates and its record."""
    me = visitor.signed_in
    return page("account.html", site, visitor, record=json.loads(me["record"] or "null"))


def sign_in(site: Site, visitor: Visitor, enterprise: int, path: str) -> Response:
    """A visit of its own for whoever has signed in: the one before may be known to others."""
    token = renewed(site, visitor, enterprise)
    answer = go(path)
    keep_visit(answer, site, token)
    return answer


def renewed(site: Site, visitor: Visitor, enterprise: int) -> str:
    """The cookie that takes the place of the visitor's."""
    token = new_visit(site, enterprise)
    site.store.change("UPDATE scan SET visit = ? WHERE visit = ?", digest_of(token), visitor.visit)
    site.store.change("DELETE FROM visit WHERE token = ?", visitor.visit)
    return token


def _check_pause(site: Site, user: str) -> None:
    """Raises Refusal for a user with many wrong tries of late; a scan still signs them in."""
    since = time.time() - _PAUSE
    site.store.change("DELETE FROM wrong_password WHERE at < ?", since)
    wrong = site.store.one("SELECT count(*) AS tries FROM wrong_password WHERE user = ?", user)
    if wrong is not None and wrong["tries"] >= _TRIES:
        raise Refusal("密码错误次数过多，请稍后再试或扫码登录", HTTPStatus.TOO_MANY_REQUESTS)


def _hashed(password: str, salt: bytes | None = None) -> str:
    salt = salt or secrets.token_bytes(16)
    derived = hashlib.scrypt(password.encode(), salt=salt, n=2**14, r=8, p=1)
    return f"{base64.b64encode(salt).decode()}:{base64.b64encode(derived).decode()}"


def _holds(kept: str, password: str) -> bool:
    salt = base64.b64decode(kept.partition(":")[0])
    return hmac.compare_digest(kept, _hashed(password, salt))

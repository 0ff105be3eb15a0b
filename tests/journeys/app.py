"""The app, a verb for each screen of the manual: what a person taps, and what they must find again."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TypeVar

import httpx
from pydantic import BaseModel

from tests.api.people import PIN, PRODUCT, Browser, Phone, a_picture
from tests.api.running import Server
from tests.journeys.generated import client_for

PASSWORD = "yi-meng-shan-8"
Found = TypeVar("Found")
JPEG = {"Content-Type": "image/jpeg"}


def until(look: Callable[[], Found | None], what: str, seconds: float = 60) -> Found:
    """What ``look`` finds once it finds something. Jobs of the server are done soon, not at once."""
    deadline = time.monotonic() + seconds
    while (found := look()) is None:
        assert time.monotonic() < deadline, f"{what}: not within {seconds} seconds"
        time.sleep(0.2)
    return found


def good(answer: httpx.Response) -> httpx.Response:
    """The answer, which says success."""
    assert answer.is_success, f"{answer.request.method} {answer.request.url}: {answer.text}"
    return answer


class App(Phone):
    """One person's app, made of the client that is generated from ``/openapi.json``.

    Calls that must succeed do, and give plain JSON; what may be refused gives the whole answer.
    """

    def __init__(self, server: Server, number: str | None = None) -> None:
        super().__init__(server, number)
        self.api = client_for(server)

    def enter(self) -> App:
        """验证码登录."""
        self.api.accounts_send_code(phone=self.number)
        inbox = self.http.get("/dev/inbox", params={"format": "json"}).json()
        code = next(one["code"] for one in inbox if one["phone"] == self.number)
        return self._opened(self.api.accounts_sign_in(phone=self.number, code=code))

    def join_in(self, name: str = "李晓明") -> App:
        """登录 app 设置账号密码, then 实名认证."""
        self.enter()
        self.api.accounts_set_password(password=PASSWORD)
        self.verified(name=name)
        return self

    def verified(self, name: str | None = None, id_number: str | None = None) -> App:
        """支付宝认证, unless it was passed before."""
        named = {"name": name, "id_number": id_number}
        self.holder |= {key: value for key, value in named.items() if value is not None}
        if not self.api.realname_standing().verified:
            check = self.api.realname_start(method="alipay-face", **self.holder)
            Browser(self.http).choose(str(check.page), "pass")
            assert self.api.realname_show(check_id=check.id).status == "passed"
        return self

    def enter_by_password(self) -> App:
        """账号密码登录, also after a long time."""
        self.api.token = ""
        return self._opened(self.api.accounts_sign_in_by_password(phone=self.number, password=PASSWORD))

    def get(self, path: str, **query: str) -> Any:
        """What is at ``path``."""
        return good(self.http.get(path, params=query)).json()

    def message(self, title: str) -> dict[str, Any]:
        """The newest message of this title, once it is there."""

        def look() -> dict[str, Any] | None:
            items = self.api.messages_list_messages().items
            return next((plain(one) for one in items if one.title == title), None)

        return until(look, title)

    def linked(self, title: str) -> str:
        """点击消息: the application, certificate or enterprise that a message leads to."""
        return str(self.message(title)["link"]["id"])

    def listed(self, tab: str) -> list[dict[str, Any]]:
        """证书管理: ``active`` 生效中, ``pending`` 待审核 or ``expired`` 已失效."""
        return [plain(one) for one in self.api.certificates_list_own(list=tab).items]

    def apply_for(self, kind: str, **body: Any) -> str:
        """新增证书; the application's number."""
        return str(self.api.applications_apply({"kind": kind} | body).id)

    def applied(self, credit_code: str, product: str = PRODUCT) -> str:
        """认领企业, with the licence; the application's number."""
        made = self.api.applications_apply(self.claim(credit_code=credit_code, product=product)).id
        self.api.applications_put_licence(application_id=made, content=a_picture())
        return str(made)

    def attach(self, application: str, code: str, picture: bytes) -> httpx.Response:
        path = f"/v1/applications/{application}/attachments/{code}"
        return self.http.put(path, content=picture, headers=JPEG)

    def form(self, application: str) -> bytes:
        """下载申请书."""
        found: bytes = self.api.applications_form(application_id=application)
        return found

    def status(self, application: str) -> str:
        return str(plain(self.api.applications_show(application_id=application))["status"])

    def submit(self, application: str) -> str:
        """提交申请; the status that follows."""
        return str(plain(self.api.applications_submit(application_id=application))["status"])

    def pay(self, application: str, button: str = "pay") -> str:
        """支付 in the phone's browser; how the order stands once that is known."""
        checkout = self.api.payments_check_out(application_id=application)
        Browser(self.http).choose(str(checkout.pay_url), button)

        def look() -> str | None:
            status = str(plain(self.api.payments_show_order(application_id=application))["status"])
            return None if status == "created" else status

        return until(look, "the cashier's word")

    def download(self, application: str, pin: str = PIN) -> dict[str, Any]:
        """下载证书."""
        return plain(self.api.certificates_download(application_id=application, pin=pin))

    def certificate(self, serial: str) -> dict[str, Any]:
        """证书详情."""
        return plain(self.api.certificates_show(serial=serial))

    def agree(self, application: str, serial: str, pin: str = PIN) -> httpx.Response:
        """同意 → 确认并盖章 → 选择企业证书 → PIN 码."""
        body = {"serial": serial, "pin": pin}
        return self.http.post(f"/v1/consents/{application}/consent", json=body)

    def _opened(self, session: Any) -> App:
        self.api.token = str(session.token)
        self.http.headers["Authorization"] = f"Bearer {session.token}"
        return self


def plain(model: BaseModel) -> dict[str, Any]:
    """A model of the generated client as JSON has it."""
    return model.model_dump(mode="json", by_alias=True)

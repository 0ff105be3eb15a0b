"""The app, a verb for each screen of the manual: what a person taps, and what they must find again."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TypeVar

import httpx

from tests.api.people import PIN, Browser, Phone

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
    """One person's app. Calls that must succeed do; what may be refused gives the whole answer."""

    def join_in(self, name: str = "李晓明") -> App:
        """登录 app 设置账号密码, then 实名认证."""
        self.enter()
        good(self.http.put("/v1/account/password", json={"password": PASSWORD}))
        self.verified(name=name)
        return self

    def enter_by_password(self) -> App:
        """账号密码登录, also after a long time."""
        self.http.headers.pop("Authorization", None)
        body = {"phone": self.number, "password": PASSWORD}
        opened = good(self.http.post("/v1/sessions/password", json=body)).json()
        self.http.headers["Authorization"] = f"Bearer {opened['token']}"
        return self

    def get(self, path: str, **query: str) -> Any:
        """What is at ``path``."""
        return good(self.http.get(path, params=query)).json()

    def message(self, title: str) -> dict[str, Any]:
        """The newest message of this title, once it is there."""

        def look() -> dict[str, Any] | None:
            items: list[dict[str, Any]] = self.get("/v1/messages")["items"]
            return next((one for one in items if one["title"] == title), None)

        return until(look, title)

    def linked(self, title: str) -> str:
        """点击消息: the application, certificate or enterprise that a message leads to."""
        return str(self.message(title)["link"]["id"])

    def listed(self, tab: str) -> list[dict[str, Any]]:
        """证书管理: ``active`` 生效中, ``pending`` 待审核 or ``expired`` 已失效."""
        items: list[dict[str, Any]] = self.get("/v1/certificates", list=tab)["items"]
        return items

    def apply_for(self, kind: str, **body: Any) -> str:
        """新增证书; the application's number."""
        made = good(self.http.post("/v1/applications", json={"kind": kind} | body))
        return str(made.json()["id"])

    def attach(self, application: str, code: str, picture: bytes) -> httpx.Response:
        path = f"/v1/applications/{application}/attachments/{code}"
        return self.http.put(path, content=picture, headers=JPEG)

    def form(self, application: str) -> bytes:
        """下载申请书."""
        return good(self.http.get(f"/v1/applications/{application}/form")).content

    def status(self, application: str) -> str:
        return str(self.get(f"/v1/applications/{application}")["status"])

    def submit(self, application: str) -> str:
        """提交申请; the status that follows."""
        return str(good(self.act(application, "submit")).json()["status"])

    def pay(self, application: str, button: str = "pay") -> str:
        """支付 in the phone's browser; how the order stands once that is known."""
        path = f"/v1/applications/{application}/payment"
        Browser(self.http).choose(good(self.http.post(path)).json()["pay_url"], button)

        def look() -> str | None:
            status = str(self.get(path)["status"])
            return None if status == "created" else status

        return until(look, "the cashier's word")

    def download(self, application: str, pin: str = PIN) -> dict[str, Any]:
        """下载证书."""
        given: dict[str, Any] = good(self.act(application, "download", pin=pin)).json()
        return given

    def certificate(self, serial: str) -> dict[str, Any]:
        """证书详情."""
        shown: dict[str, Any] = self.get(f"/v1/certificates/{serial}")
        return shown

    def agree(self, application: str, serial: str, pin: str = PIN) -> httpx.Response:
        """同意 → 确认并盖章 → 选择企业证书 → PIN 码."""
        body = {"serial": serial, "pin": pin}
        return self.http.post(f"/v1/consents/{application}/consent", json=body)

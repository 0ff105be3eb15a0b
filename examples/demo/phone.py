"""The phone and the operator, as clients of the HTTP API."""

from __future__ import annotations

import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from examples.demo.company import Company


class Refused(Exception):
    """The service answered with a problem."""


class Client:
    """A signed-in caller. Every refusal is raised with its code and Chinese sentence."""

    def __init__(self, base_url: str) -> None:
        self._http = httpx.Client(base_url=base_url, timeout=60, trust_env=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def call(self, method: str, path: str, **options: Any) -> httpx.Response:
        """One request. Raises Refused for every answer that is not a success."""
        response = self._http.request(method, path, **options)
        if response.is_success:
            return response
        problem = response.json() if "json" in response.headers.get("content-type", "") else {}
        raise Refused(
            f"{method} {path}: {response.status_code} {problem.get('code')} {problem.get('message')}"
        )

    def _carry(self, token: str) -> None:
        self._http.headers["Authorization"] = f"Bearer {token}"


class Phone(Client):
    """What the app does for a person."""

    def sign_in(self, number: str) -> None:
        """Sign in by SMS code; the code is read from the sandbox's inbox."""
        self.call("POST", "/v1/sms-codes", json={"phone": number})
        inbox = self.call("GET", "/dev/inbox?format=json").json()
        code = next(message["code"] for message in inbox if message["phone"] == number)
        opened = self.call("POST", "/v1/sessions", json={"phone": number, "code": code}).json()
        self._carry(opened["token"])

    def prove_identity(self, name: str, id_number: str) -> None:
        """Pass the face check; on the sandbox's page, a button stands for the face."""
        who = {"method": "alipay-face", "name": name, "id_number": id_number}
        started = self.call("POST", "/v1/realname/checks", json=who).json()
        shown = self.call("GET", started["page"], follow_redirects=True)
        self.call("POST", str(shown.url), data={"choice": "pass"}, follow_redirects=True)
        ended = self.call("GET", f"/v1/realname/checks/{started['id']}").json()
        if ended["status"] != "passed":
            raise Refused(f"the real-name check {ended['status']}: {ended['message']}")

    def claim(self, company: Company, licence: bytes) -> str:
        """Claim the enterprise, choose a product, upload the licence; returns the application's id."""
        offered = self.call("GET", "/v1/catalogue").json()["products"]
        product = next(one["code"] for one in offered if one["kind"] == "enterprise" and not one["fee_fen"])
        enterprise = {
            "name": company.name,
            "credit_code": company.credit_code,
            "legal_person": company.legal_person,
            "legal_person_id": company.legal_person_id,
        }
        administrator = {"name": company.administrator, "id_number": company.administrator_id}
        claim = {"enterprise": enterprise, "administrator": administrator, "product": product}
        made: str = self.call("POST", "/v1/applications", json=claim).json()["id"]
        headers = {"Content-Type": "image/jpeg"}
        self.call("PUT", f"/v1/applications/{made}/licence", content=licence, headers=headers)
        return made

    def join(self, company: Company, permissions: list[str]) -> str:
        """加入企业 as a clerk; the administrator is asked. Returns the application's id."""
        offered = self.call("GET", "/v1/catalogue").json()["products"]
        product = next(one["code"] for one in offered if one["kind"] == "clerk" and not one["fee_fen"])
        named = {"enterprise_name": company.name, "credit_code": company.credit_code, "department": "投标部"}
        joining = {"kind": "join", **named, "permissions": permissions, "product": product}
        made: str = self.call("POST", "/v1/applications", json=joining).json()["id"]
        self.call("POST", f"/v1/applications/{made}/submit")
        return made

    def agree(self, serial: str, pin: str) -> str:
        """加入企业申请 → 同意 → 确认并盖章: seal 授权书 with the PIN; the application's id."""
        waiting = self.call("GET", "/v1/consents").json()["items"]
        asked: str = waiting[0]["id"]
        self.call("POST", f"/v1/consents/{asked}/consent", json={"serial": serial, "pin": pin})
        return asked

    def send_to_computer(self, application: str) -> tuple[str, str]:
        """发送到电脑: the signing address and its code."""
        sent = self.call("POST", f"/v1/applications/{application}/send-to-computer").json()
        return sent["address"], sent["code"]

    def confirm_pc(self, application: str) -> str:
        """确认电脑: wait for the PC that claims, and say yes to it; the number that both show."""
        path = f"/v1/applications/{application}/send-to-computer"
        for _ in range(300):
            pc = self.call("GET", path).json()["pc"]
            if pc is not None:
                self.call("POST", f"{path}/confirmation", json={"number": pc["number"]})
                return str(pc["number"])
            time.sleep(0.2)
        raise Refused("no PC has opened the address")

    def form(self, application: str) -> bytes:
        """The application form as it stands."""
        return self.call("GET", f"/v1/applications/{application}/form").content

    def submit(self, application: str) -> None:
        """已在电脑端完成签章 → 提交申请."""
        state = self.call("GET", f"/v1/applications/{application}/send-to-computer").json()
        if state["status"] != "complete":
            raise Refused(f"the PC has not signed: {state}")
        self.call("POST", f"/v1/applications/{application}/submit")

    def download(self, application: str, pin: str) -> tuple[str, str]:
        """Set the PIN and download; returns the serial number and the certificate in PEM."""
        got = self.call("POST", f"/v1/applications/{application}/download", json={"pin": pin}).json()
        return got["serial"], got["certificate"]

    def seal(self, serial: str, pin: str, document: bytes, x_mm: float, y_mm: float) -> bytes:
        """Stamp the company's seal on the last page of a PDF, its centre at the place given."""
        fields = {"pin": pin, "page": "-1", "x_mm": f"{x_mm:.1f}", "y_mm": f"{y_mm:.1f}"}
        fields["reason"] = "投标文件签章"
        files = {"file": ("document.pdf", document, "application/pdf")}
        return self.call("POST", f"/v1/certificates/{serial}/seals", data=fields, files=files).content


class OperatorDesk(Client):
    """What an operator of the CA does."""

    def sign_in(self, name: str, password_file: Path) -> None:
        """Sign in with the password that set-up left for the first operator."""
        password = password_file.read_text(encoding="utf-8").strip()
        opened = self.call("POST", "/v1/operator/sessions", json={"name": name, "password": password}).json()
        self._carry(opened["token"])

    def approve(self, application: str) -> None:
        """Claim the case, look at it, then approve it."""
        case = f"/v1/review/applications/{application}"
        self.call("POST", f"{case}/claim")
        for piece in self.call("GET", case).json()["versions"][-1]["evidence"]:
            self.call("GET", piece["link"])
        self.call("POST", f"{case}/approve")

    def checks(self, application: str) -> list[dict[str, Any]]:
        """What the machine found, once it has looked: pictures take it some seconds."""
        for _ in range(600):
            found = self.call("GET", f"/v1/review/applications/{application}").json()["checks"]
            if found is not None:
                results: list[dict[str, Any]] = found["results"]
                return results
            time.sleep(0.2)
        raise Refused("the machine's checks were not made within two minutes")

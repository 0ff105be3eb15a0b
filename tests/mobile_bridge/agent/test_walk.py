"""What goes wrong on the way through a task, and that nothing is lost by it."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from io import BytesIO
from socket import socket

import httpx
import pytest
from pyhanko.pdf_utils.generic import StreamObject
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from mobile_bridge.server.rules import Status
from mobile_bridge.server.service import BridgeService, CreatedSession
from tests.mobile_bridge.agent.conftest import PIN, Plugged
from tests.mobile_bridge.agent.window import Window
from tests.mobile_bridge.application import bridge_app
from tests.mobile_bridge.conftest import LOCK, OWNER, claimed, confirm, pc_of
from tests.mobile_bridge.forms import FACTS, WaitingForms, filled_form
from tests.mobile_bridge.serving import listening_socket, served
from tests.support.faulty_lock import FaultyLock

BIG = 32 * 1024 * 1024


class Line:
    """The line to the server. ``cut``: paths that do not get through; ``lose_answer``: or nothing back."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.cut = ""
        self.lose_answer = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and self.cut and re.search(self.cut, scope["path"]):
            if self.lose_answer:

                async def lost(message: object) -> None:
                    raise ConnectionResetError

                await self._app(scope, receive, lost)
            raise ConnectionResetError
        await self._app(scope, receive, send)


@pytest.fixture
def line(service: BridgeService) -> Line:
    return Line(bridge_app(service))


@pytest.fixture
def origin(line: Line, listener: socket) -> Iterator[str]:
    with served(line, listener) as origin:
        yield origin


def test_the_page_waits_for_the_phone(
    window: Window, service: BridgeService, sent: CreatedSession, origin: str
) -> None:
    token = service.claim(sent.address, sent.code)
    waiting = window.arrive(origin, token)
    assert "请在手机上确认这台电脑" in waiting.text
    assert pc_of(service, sent).number in waiting.text
    assert FACTS.enterprise_name not in waiting.text
    assert 'http-equiv="refresh"' in waiting.text
    confirm(service, sent)
    assert FACTS.enterprise_name in window.open(window.task).text


def test_a_server_out_of_reach_costs_nothing(
    window: Window, service: BridgeService, sent: CreatedSession, line: Line, origin: str
) -> None:
    token = claimed(service, sent)
    line.cut = "/task$"
    assert "server_unreachable" in window.arrive(origin, token).text
    line.cut = "/task/document"
    assert FACTS.title in window.open(window.task).text  # 重试
    assert "server_unreachable" in window.choose().text
    line.cut = ""
    window.choose()
    line.cut = "/task/answer"
    signed = window.pin(PIN)
    assert "已签名，还没有送达网站" in signed.text
    assert 'name="pin"' not in signed.text
    line.cut = ""
    assert "签章完成" in window.send(f"{window.task}/approval").text  # no PIN
    assert [event.action for event in service.events(sent.id)].count("confirm") == 1


def test_an_answer_that_arrived_and_was_not_heard_of(
    arrived: Window, service: BridgeService, sent: CreatedSession, line: Line
) -> None:
    arrived.choose()
    line.cut, line.lose_answer = "/task/answer", True
    assert "还没有送达" in arrived.pin(PIN).text
    assert service.status(sent.id, OWNER).status is Status.COMPLETE
    line.cut = ""
    assert "签章完成" in arrived.send(f"{arrived.task}/approval").text


def test_a_double_click_costs_one_try(arrived: Window, company_pc: Plugged) -> None:
    """A wrong PIN sent twice by one page reaches the lock once; so does one that is sent again later."""
    arrived.choose()
    arrived.open(f"{arrived.task}?step=pin")
    fields = arrived.fields() | {"pin": "000000"}

    def click(_: int) -> str:
        path, headers = f"{arrived.origin}{arrived.task}/approval", {"Origin": arrived.origin}
        return httpx.post(
            path, data=fields, headers=headers, follow_redirects=True, trust_env=False, timeout=60
        ).text

    with ThreadPoolExecutor(3) as clicks:
        assert all("pin_wrong" in text for text in clicks.map(click, range(3)))
    click(0)
    name = arrived.task.split("/")[2][:6]
    log = (company_pc.folder / "home" / "agent.log").read_text()
    assert log.count(f"task {name}: approval: pin_wrong") == 1
    assert "签章完成" in arrived.pin(PIN).text


def test_several_tasks_each_on_a_page_of_its_own(
    window: Window, service: BridgeService, origin: str, forms: WaitingForms
) -> None:
    made = [service.create(LOCK, f"application-{number}", OWNER) for number in range(3)]
    paths = []
    for each in made:
        window.arrive(origin, claimed(service, each))
        paths.append(window.task)
    assert len({*paths}) == 3
    home = window.open("/").text
    assert all(path in home for path in paths)
    window.open(paths[1])
    window.choose()
    assert "签章完成" in window.pin(PIN).text
    assert "已签章" in window.open("/").text
    window.open(paths[2])
    window.send(f"{paths[2]}/refusal")
    told = [service.status(each.id, OWNER).status for each in made]
    assert told == [Status.CLAIMED, Status.COMPLETE, Status.REFUSED]
    assert set(forms.signed) == {"application-1"}


def heavier(pdf: bytes) -> bytes:
    """The document with BIG bytes in it that nobody sees."""
    writer = IncrementalPdfFileWriter(BytesIO(pdf))
    weight = writer.add_object(StreamObject(stream_data=b"x" * BIG))
    writer.root["/SealBridgeWeight"] = weight
    writer.update_root()
    grown = BytesIO()
    writer.write(grown)
    return grown.getvalue()


def test_a_big_document_comes_with_progress(
    window: Window, service: BridgeService, sent: CreatedSession, origin: str, forms: WaitingForms
) -> None:
    prepare = forms.prepare

    def grown(subject: str, certificate: bytes, now: datetime) -> bytes:
        time.sleep(4)  # longer than a page waits for it
        return prepare(subject, certificate, now)

    forms.prepare = grown  # type: ignore[method-assign]
    forms.form = heavier(filled_form())
    window.arrive(origin, claimed(service, sent))
    fetching = window.choose().text
    assert "正在接收文件" in fetching
    assert "<progress" in fetching
    for _ in range(60):
        if "正在接收文件" not in window.open(window.task).text:
            break
        time.sleep(0.5)
    document = window.browser.get(f"{window.task}/document").content
    assert len(document) > BIG
    assert "签章完成" in window.pin(PIN).text
    assert len(forms.signed["application-1"]) == len(document)


def _telling(**told: str) -> Callable[[Request], Response]:
    facts = {name: getattr(FACTS, name) for name in FACTS.__slots__} | {"expires_at": ""}
    headers = {"Sealbridge-Agent-Version": told.pop("newest", "0.0.1")}
    return lambda request: JSONResponse(facts | told, headers=headers)


def test_a_newer_version_is_told_and_nothing_is_fetched(window: Window) -> None:
    asked: list[str] = []

    def other(request: Request) -> Response:
        asked.append(request.url.path)
        return Response(status_code=404)

    task = Route("/bridge/v1/task", _telling(newest="99.1.0"))
    with served(Starlette(routes=[task, Mount("/", other)]), listening_socket()) as origin:
        window.arrive(origin, "token")
        assert "新版本 99.1.0" in window.open("/").text
    assert asked == []


def test_a_kind_of_task_from_the_future_is_not_begun(window: Window) -> None:
    task = Route("/bridge/v1/task", _telling(kind="transfer-the-company"))
    with served(Starlette(routes=[task]), listening_socket()) as origin:
        assert "task_kind_unknown" in window.arrive(origin, "token").text


def test_locks_certificates_and_their_states(empty_pc: Plugged) -> None:
    empty_pc.add("company", "p-256")
    empty_pc.add("old", "p-256", "--expired")
    with empty_pc.page() as origin, httpx.Client(base_url=origin, trust_env=False, timeout=60) as browser:
        locks = browser.get("/locks").text
        assert locks.count('class="lock"') == 2
        assert locks.count("已过期") == 1


def test_the_certificate_is_chosen_among_several(
    empty_pc: Plugged, service: BridgeService, sent: CreatedSession, origin: str, forms: WaitingForms
) -> None:
    for label in ("one", "two"):
        empty_pc.add(label, "p-256")
    with (
        empty_pc.page() as agent,
        httpx.Client(base_url=agent, follow_redirects=True, trust_env=False, timeout=60) as browser,
    ):
        window = Window(browser, agent)
        choosing = window.arrive(origin, claimed(service, sent)).text
        assert choosing.count('type="radio"') == 2
        assert " checked" not in choosing  # nobody chooses for the person
        window.choose(1)
        window.open(f"{window.task}?step=choose")
        window.choose(0)  # another one after all
        assert "签章完成" in window.pin(PIN).text


def test_the_last_try_and_a_locked_pin_are_told(
    empty_pc: Plugged, failing: FaultyLock, service: BridgeService, sent: CreatedSession, origin: str
) -> None:
    empty_pc.add("company", "p-256")
    with (
        empty_pc.page(failing.module) as agent,
        httpx.Client(base_url=agent, follow_redirects=True, trust_env=False, timeout=60) as browser,
    ):
        window = Window(browser, agent)
        window.arrive(origin, claimed(service, sent))
        window.choose()
        failing.now("last-try")
        assert "只剩最后 1 次机会" in window.open(f"{window.task}?step=pin").text
        assert "还可尝试 1 次" in window.pin("000000").text
        failing.now("locked")
        locked = window.open(f"{window.task}?step=pin")
        assert "PIN 码已锁定" in locked.text
        assert 'name="pin"' not in locked.text
        assert "pin_locked" in window.send(f"{window.task}/approval", pin=PIN, attempt="1").text
        task = window.task
        assert "PIN 码已锁定" in window.open("/locks").text
        window.open(task)
        failing.now("pulled-after-signature")  # unlocked by the CA, and pulled a moment too early
        assert "签章完成" in window.pin(PIN).text

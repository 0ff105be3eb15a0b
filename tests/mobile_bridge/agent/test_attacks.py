"""Pages of other sites in a real Chromium, trying to reach the agent through its user's browser.

Which threat is met by which test, these and the others, is told in docs/lock-holder.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
from playwright.sync_api import Browser, Page
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from mobile_bridge.server.rules import Status
from mobile_bridge.server.service import BridgeService, CreatedSession
from tests.mobile_bridge.agent.window import Window
from tests.mobile_bridge.conftest import OWNER
from tests.mobile_bridge.serving import listening_socket, served
from tests.support.browser import CHROMIUM, chromium

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here")

# The attacker's name leads to this PC, as a name under an attacker's control may. Chromium's own question
# before a page may call loopback is off: what is tested is the agent.
_FLAGS = ("--host-resolver-rules=MAP evil.example 127.0.0.1", "--disable-features=LocalNetworkAccessChecks")

READS = """async (target) => {
  const tried = {};
  for (const mode of ["cors", "no-cors"]) {
    try {
      const answer = await fetch(target, { mode, credentials: "include" });
      tried[mode] = `${answer.type} ${await answer.text()}`;
    } catch (error) {
      tried[mode] = error.name;
    }
  }
  const look = async (text) => {  // what is not there yet is an empty page of our own: look until it is
    for (let n = 0; n < 100; n++) {
      try {
        if (text()) return text();
      } catch (error) {
        return error.name;
      }
      await new Promise((done) => setTimeout(done, 100));
    }
    return "nothing came";
  };
  const frame = document.createElement("iframe");
  frame.src = target;
  document.body.append(frame);
  tried.frame = await look(() => frame.contentDocument.body.innerText);
  const opened = window.open(target);
  tried.window = await look(() => opened.document.body.innerText);
  return tried;
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium(*_FLAGS) as started:
        yield started


@contextmanager
def attacking(browser: Browser, html: str = "<!doctype html><title>offers</title>") -> Iterator[Page]:
    """A page on a name and port of the attacker's."""

    def page(request: Request) -> Response:
        return HTMLResponse(html)

    with served(Starlette(routes=[Route("/", page)]), listening_socket()) as origin:
        context = browser.new_context()
        opened = context.new_page()
        opened.goto(origin.replace("127.0.0.1", "evil.example"))
        yield opened
        context.close()


def pressed(page: Page) -> tuple[int, str]:
    """Press the attacker's button for them; status and text of what comes."""
    with page.expect_navigation() as moved:
        page.click("button")
    assert moved.value
    return moved.value.status, page.inner_text("body")


def test_a_page_cannot_read_the_agent(browser: Browser, arrived: Window) -> None:
    with attacking(browser) as page:
        for target in ("/", "/locks", arrived.task, f"{arrived.task}/document"):
            tried = page.evaluate(READS, arrived.origin + target)
            assert tried["cors"] == "TypeError"
            assert tried["no-cors"] in ("TypeError", "opaque ")
            assert tried["frame"] in ("TypeError", "SecurityError")
            assert tried["window"] in ("TypeError", "SecurityError")


def test_a_name_that_leads_here_opens_nothing(
    browser: Browser, arrived: Window, service: BridgeService, sent: CreatedSession
) -> None:
    """DNS rebinding: for the browser the agent is then the attacker's own origin, readable and writable."""
    rebound = arrived.origin.replace("127.0.0.1", "evil.example")
    page = browser.new_page()
    # What the name led to before: the attacker's own page, at the very origin.
    page.route(f"{rebound}/", lambda route: route.fulfill(body="<!doctype html>", content_type="text/html"))
    page.goto(f"{rebound}/")
    form = arrived.fields()["form"]  # even if it were known
    tried = page.evaluate(
        """async ([task, form]) => {
          const body = new URLSearchParams({ form });
          const read = await fetch(task);
          const written = await fetch(task + "/refusal", { method: "POST", body });
          return [read.status, await read.text(), written.status, await written.text()];
        }""",
        [arrived.task, form],
    )
    assert tried == [403, "foreign Host", 403, "foreign Host"]
    assert service.status(sent.id, OWNER).status is Status.CLAIMED
    page.close()


@pytest.mark.parametrize("step", ["refusal", "approval", "certificate"])
def test_a_form_of_another_site_moves_nothing(
    browser: Browser, arrived: Window, service: BridgeService, sent: CreatedSession, step: str
) -> None:
    form = arrived.fields()["form"]
    html = (
        f'<form method="post" action="{arrived.origin}{arrived.task}/{step}">'
        f'<input name="form" value="{form}"><input name="attempt" value="0"><input name="pin" value="271828">'
        "<button>win</button></form>"
    )
    with attacking(browser, html) as page:
        assert pressed(page) == (403, "foreign Origin")
    assert service.status(sent.id, OWNER).status is Status.CLAIMED


def test_no_site_can_have_itself_allowed(browser: Browser, window: Window) -> None:
    html = (
        f'<form method="post" action="{window.origin}/tasks"><input name="server" value="https://evil.example">'
        '<input name="token" value="x"><input name="allow" value="yes"><button>win</button></form>'
    )
    with attacking(browser, html) as page:
        assert pressed(page) == (403, "foreign Origin")
    assert "evil.example" not in httpx.get(window.origin, trust_env=False).text

"""A browser's window on the agent, without a browser: pages, and the forms that were on them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

import httpx

from mobile_bridge.wire import agent_link


@dataclass
class Window:
    """Forms carry what the page before held."""

    browser: httpx.Client
    origin: str
    page: httpx.Response | None = None

    def open(self, path: str) -> httpx.Response:
        self.page = self.browser.get(path)
        return self.page

    def send(self, path: str, **fields: str) -> httpx.Response:
        self.page = self.browser.post(path, data=self.fields() | fields, headers={"Origin": self.origin})
        return self.page

    def fields(self) -> dict[str, str]:
        """The hidden fields of the page."""
        assert self.page
        return {name: self._hidden(name) for name in ("form", "attempt")}

    def _hidden(self, name: str) -> str:
        assert self.page
        found = re.search(rf'name="{name}" value="([^"]*)"', self.page.text)
        return found[1] if found else ""

    @property
    def task(self) -> str:
        """The path of the task that is open."""
        assert self.page
        return "/".join(self.page.url.path.split("/")[:3])

    def arrive(self, server: str, token: str, back: str = "") -> httpx.Response:
        """Follow the link of a server's page, and allow the server."""
        link = urlsplit(agent_link(server, token, back=back))
        self.open(f"{link.path}?{link.query}")
        told = {name: texts[0] for name, texts in parse_qs(link.query).items()}
        token = parse_qs(link.fragment)["token"][0]
        return self.send("/tasks", **told, token=token, allow="yes")

    def choose(self, number: int = 0) -> httpx.Response:
        """Choose one of the certificates that are shown."""
        assert self.page
        certificates = re.findall(r'name="certificate" value="([^"]+)"', self.page.text)
        assert certificates, self.page.text
        return self.send(f"{self.task}/certificate", certificate=certificates[number])

    def pin(self, pin: str) -> httpx.Response:
        """Go on to the PIN and type it."""
        self.open(f"{self.task}?step=pin")
        return self.send(f"{self.task}/approval", pin=pin)

"""The steps of one approval, as the page and the terminal walk them.

    task = LockTask(client, locks)              # task.facts: who asks, for what
    task.choose(task.certificates()[0])         # task.document: checked, to be read by a person
    task.approve(pin)                           # signs on the lock and posts the answer
or  task.decline(reason)
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from mobile_bridge.agent.cms import sign_document
from mobile_bridge.agent.document import PreparedDocument, check_document
from mobile_bridge.agent.errors import TaskKindUnknown
from mobile_bridge.agent.lock import LockCertificate, Locks
from mobile_bridge.agent.server_client import Progress, ServerClient
from mobile_bridge.errors import SessionNotReady
from mobile_bridge.wire import LOCK_SIGNATURE


class LockTask:
    """One claimed session, from its facts to its answer. Raises the errors of the steps' modules."""

    def __init__(self, client: ServerClient, locks: Locks) -> None:
        self._client = client
        self._locks = locks
        self._approving = threading.Lock()
        self._choosing = threading.Lock()
        self._cms: bytes | None = None
        self.facts = client.task()
        if self.facts.kind != LOCK_SIGNATURE:
            raise TaskKindUnknown(f"a task of the kind {self.facts.kind[:32]!r}")
        self.chosen: LockCertificate | None = None
        self.document: PreparedDocument | None = None
        self.result: str | None = None

    @property
    def server(self) -> str:
        """The server that asks."""
        return self._client.origin.text

    @property
    def is_signed(self) -> bool:
        """Whether the lock has signed, so that only the posting may be left."""
        return self._cms is not None

    def certificates(self) -> list[LockCertificate]:
        """The certificates that could sign. Raises NoDriver, NoToken, NoCertificate."""
        return self._locks.certificates()

    def choose(self, certificate: LockCertificate, progress: Progress | None = None) -> None:
        """Offer a certificate to the server, fetch the document prepared for it and check it.

        Chosen before and fetched already: nothing is done again.
        """
        with self._choosing:
            if self.document is not None and self.chosen is not None and self.chosen.der == certificate.der:
                return
            self._client.offer(certificate.der)
            document = check_document(self._client.document(progress))
            self.chosen, self.document = certificate, document

    def look_again(self) -> LockCertificate:
        """The chosen certificate as its lock shows it now. Raises TokenGone, SessionNotReady."""
        if self.chosen is None:
            raise SessionNotReady("no certificate was chosen")
        self.chosen = self._locks.seen_again(self.chosen)
        return self.chosen

    def approve(self, pin: Callable[[], str]) -> str:
        """Sign what ``document`` holds and post the answer; the SHA-256 of the signed document.

        Once signed, a second call only posts again: neither PIN nor lock are asked a second time.
        """
        document, chosen = self.document, self.chosen
        if document is None or chosen is None:
            raise SessionNotReady("no certificate was chosen")
        with self._approving:  # a double click is one approval: ECDSA would give two different answers
            if self._cms is None:
                self._cms = self._locks.sign(
                    chosen, pin, lambda key: sign_document(document, chosen.certificate, key)
                )
            if self.result is None:
                self.result = self._client.answer(self._cms)
            return self.result

    def decline(self, reason: str = "") -> None:
        """Tell the server that the holder said no."""
        self._client.refuse(reason)

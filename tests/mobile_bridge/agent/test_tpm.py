"""A whole task with a second make of lock: a TPM behind tpm2-pkcs11."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from mobile_bridge.server.rules import Status
from mobile_bridge.server.service import BridgeService, CreatedSession
from tests.mobile_bridge.agent.conftest import Plugged
from tests.mobile_bridge.agent.window import Window
from tests.mobile_bridge.conftest import OWNER, claimed
from tests.mobile_bridge.forms import WaitingForms
from tests.support.tpm import TpmToken


@pytest.fixture
def tpm_window(empty_pc: Plugged, tpm_lock: TpmToken) -> Iterator[Window]:
    empty_pc.pin_file.write_text(tpm_lock.pin)
    empty_pc.add(tpm_lock.label, "p-256", "--ready", module=tpm_lock.module)
    with (
        empty_pc.page(tpm_lock.module) as origin,
        httpx.Client(base_url=origin, follow_redirects=True, trust_env=False, timeout=60) as browser,
    ):
        yield Window(browser, origin)


def test_a_form_is_signed_on_a_tpm(
    tpm_window: Window,
    tpm_lock: TpmToken,
    service: BridgeService,
    sent: CreatedSession,
    origin: str,
    forms: WaitingForms,
) -> None:
    window = tpm_window
    assert tpm_lock.label in window.arrive(origin, claimed(service, sent)).text
    window.choose()
    assert "签章完成" in window.pin(tpm_lock.pin).text
    assert service.status(sent.id, OWNER).status is Status.COMPLETE
    assert set(forms.signed) == {"application-1"}  # its CMS was checked there

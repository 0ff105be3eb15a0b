"""Licences that the suite draws and photographs, read by QR code and OCR."""

from __future__ import annotations

import socket
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from ca.licences.model import Agreement
from ca.licences.reading import read_licence
from ca.photos.codes import qr_text
from tests.support.camera.licences import LICENCES, drawn, photographed, qr_content


def test_photographed_licence_is_read_without_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hard photo: QR code, and OCR for the person, whom the QR code does not name."""

    def refuse(*_: object) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    licence = LICENCES[1]
    qr = qr_content(licence, linked=True)
    photo = photographed(licence, qr, np.random.default_rng(1), hard=True)
    reading = read_licence(photo.jpeg, licence)
    assert reading.qr == qr
    assert reading.agrees, reading
    other = read_licence(photo.jpeg, replace(LICENCES[0], credit_code=licence.credit_code))
    assert [one.agreement for one in other.fields] == [Agreement.EQUAL, Agreement.DIFFERS, Agreement.DIFFERS]


@pytest.mark.parametrize("turn", [0, 33, 90, 180])
def test_qr_code_turned(turn: int) -> None:
    qr = qr_content(LICENCES[0], linked=True)
    sheet = Image.fromarray(drawn(LICENCES[0], qr)).rotate(turn, expand=True, fillcolor="white")
    assert qr_text(np.asarray(sheet)) == qr

"""How long the service's signatures last, what happens without a time stamp, and large documents."""

from __future__ import annotations

import random
import re
import shutil
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import httpx
import pytest
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import DocumentSecurityStore

from ca.documents.levels import Level
from tests.api.people import PIN, Phone
from tests.api.running import Server
from tests.ca.documents.judges import pdfsig
from tests.ca.documents.pdfs import padded_pdf, plain_pdf
from tests.support.mutating import mutated


@pytest.mark.parametrize("level", [None, *Level])
def test_a_level_is_asked_for_or_b_lt(
    level: Level | None, phone: Phone, serial: str, a_pdf: bytes, tmp_path: Path
) -> None:
    sealed = phone.stamp(serial, a_pdf, **({"level": level} if level else {}))
    assert sealed.status_code == 200, sealed.text
    assert sealed.content.startswith(a_pdf)
    assert int(sealed.headers["content-length"]) == len(sealed.content)
    reader = PdfFileReader(BytesIO(sealed.content))
    given = level or Level.B_LT
    (signature,) = reader.embedded_regular_signatures
    assert (len(signature.signer_info["unsigned_attrs"]) == 1) == given.is_stamped
    assert ("/DSS" in reader.root) == given.is_proved
    assert len(reader.embedded_timestamp_signatures) == (given is Level.B_LTA)
    assert "Signature is Valid" in pdfsig(tmp_path, sealed.content)
    if given.is_proved:
        store = DocumentSecurityStore.read_dss(reader)
        assert store.ocsps
        assert store.crls


def test_no_such_level(phone: Phone, serial: str, a_pdf: bytes) -> None:
    assert phone.stamp(serial, a_pdf, level="B-LTX").status_code == 422


def test_time_stamps_of_another_authority(
    server: Server, phone: Phone, serial: str, a_pdf: bytes, tmp_path: Path
) -> None:
    """It is another process of the same service, and the authority that it asks is this one."""
    with _another(server, f"{server.url}/tsa") as other:
        path = f"{other.url}/v1/certificates/{serial}/seals"
        before = _stamps(server)
        missing = _stamped(phone, path, a_pdf)
        assert (missing.status_code, missing.json()["code"]) == (503, "time_stamp_missing")
        assert _stamps(server) == before
        assert _stamped(phone, path, a_pdf, level="B-B").status_code == 200
        trusted = server.data / "outside-cas"
        trusted.mkdir()
        shutil.copy(server.data / "pki" / "issuing.pem", trusted)
        sealed = _stamped(phone, path, a_pdf, level="B-LTA")
        assert sealed.status_code == 200, sealed.text
        assert "Signature is Valid" in pdfsig(tmp_path, sealed.content)
        shutil.rmtree(trusted)


def test_a_large_document_goes_through_files(
    server: Server, phone: Phone, serial: str, tmp_path: Path
) -> None:
    assert server.process is not None
    scan = padded_pdf(100, pages=4)
    phone.stamp(serial, padded_pdf(1))
    rest = _peak(server.process.pid)
    sealed = phone.stamp(serial, scan)
    assert sealed.status_code == 200, sealed.text
    assert sealed.content.startswith(scan)
    assert _peak(server.process.pid) - rest < 60
    assert "Signature is Valid" in pdfsig(tmp_path, sealed.content)


@contextmanager
def _another(server: Server, tsa: str) -> Iterator[Server]:
    other = Server(server.data, extra=server.extra | {"SEALBRIDGE_TSA_URL": tsa})
    other.start()
    yield other
    other.close()


def _stamped(phone: Phone, url: str, pdf: bytes, **fields: str) -> httpx.Response:
    form = {"pin": PIN, "page": "0", "x_mm": "100", "y_mm": "200"} | fields
    files = {"file": ("a.pdf", pdf, "application/pdf")}
    return httpx.post(url, data=form, files=files, headers=phone.http.headers, timeout=60)


def _stamps(server: Server) -> int:
    with sqlite3.connect(server.data / "sealbridge.db") as database:
        return int(database.execute("SELECT count(*) FROM seal_stamp").fetchone()[0])


def _peak(process: int) -> float:
    """Megabytes that a process had resident at most."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{process}/status").read_text())
    assert found is not None
    return int(found[1]) / 1024


def test_mutated_documents_never_break_the_service(phone: Phone, serial: str, a_pdf: bytes) -> None:
    """What happens to each is tried without HTTP; here, that no answer is a fault of the server."""
    generator = random.Random(20261125)
    given = [a_pdf, plain_pdf(), phone.stamp(serial, a_pdf).content]
    ends = Counter(phone.stamp(serial, mutated(generator, given)).status_code for _ in range(25))
    assert ends[200] > 0
    assert ends[422] > 0
    assert max(ends) < 500

"""One server for the whole folder, and people in front of it."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator

import pylopdf_fonts_zh_cn
import pytest
import typst

from api.db import Database
from tests.api.databases import emptied, migrated
from tests.api.founding import found
from tests.api.locks import Lock, LockCa
from tests.api.people import COMPANY, PIN, Desk, Pc, Phone, a_credit_code
from tests.api.running import Server, free_port
from tests.support import postgres

PASSWORD = "An0ther-Operator"
LockMaker = Callable[[str], Lock]


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    fast = {"SEALBRIDGE_ROOT_KEY_KIND": "p-384", "SEALBRIDGE_ISSUING_KEY_KIND": "p-256"}
    fast["SEALBRIDGE_CLIENT_CERTIFICATE_HEADER"] = "x-client-certificate"
    fast["SEALBRIDGE_WEBHOOK_ORIGINS"] = f"http://127.0.0.1:{free_port()}"
    running = Server(tmp_path_factory.mktemp("installation") / "var", extra=fast)
    found(running)
    running.start()
    yield running
    running.close()


@pytest.fixture(scope="session")
def lock_ca(server: Server) -> LockCa:
    ca = LockCa()
    ca.publish(server.data / "lock-cas", "old")
    return ca


@pytest.fixture(scope="session")
def desk(server: Server) -> Desk:
    return Desk(server)


@pytest.fixture(scope="session")
def hire(server: Server) -> Callable[..., Desk]:
    """``hire("manager", …)``: another operator at a desk, a reviewer unless told otherwise."""

    def hire(*roles: str) -> Desk:
        name = f"hired-{secrets.token_hex(4)}"
        given = [part for role in roles or ("reviewer",) for part in ("--role", role)]
        added = server.command("operator", "add", name, *given, "--password-file", "-", said=f"{PASSWORD}\n")
        assert added.returncode == 0, added.stderr
        return Desk(server, name, PASSWORD)

    return hire


@pytest.fixture
def phone(server: Server) -> Phone:
    return Phone(server).sign_in()


@pytest.fixture
def pc(server: Server) -> Pc:
    return Pc(server)


@pytest.fixture
def submitted(server: Server, phone: Phone, pc: Pc, lock_ca: LockCa) -> str:
    """The phone's application, signed by the company's lock and submitted; its id."""
    credit_code = a_credit_code()
    application = phone.applied(credit_code)
    pc.sign(phone, application, lock_ca.lock(COMPANY, credit_code))
    assert phone.act(application, "submit").status_code == 200
    return application


@pytest.fixture
def approved(desk: Desk, submitted: str) -> str:
    assert desk.judge(submitted, "approve").status_code == 200
    return submitted


@pytest.fixture
def serial(phone: Phone, approved: str) -> str:
    """The serial number of a certificate that the phone has downloaded."""
    downloaded = phone.act(approved, "download", pin=PIN)
    assert downloaded.status_code == 200, downloaded.text
    return str(downloaded.json()["serial"])


@pytest.fixture(scope="session")
def a_pdf() -> bytes:
    """An ordinary document of two pages."""
    fonts = pylopdf_fonts_zh_cn.serif_path().parent
    source = '#set page(paper: "a4")\n#set text(font: "Noto Serif SC")\n= 招标公告\n#lorem(200)\n#pagebreak()'
    made: bytes = typst.compile(source.encode(), font_paths=[str(fonts)])  # type: ignore[misc]
    return made


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def migrated_database(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Database]:
    url = f"sqlite:///{tmp_path_factory.mktemp('database')}/a.db"
    if request.param == "postgresql":
        cluster = request.getfixturevalue("postgres_cluster")
        url = postgres.create_database(cluster, f"test_{secrets.token_hex(6)}")
    with migrated(url) as made:
        yield made


@pytest.fixture
def each_database(migrated_database: Database) -> Database:
    """SQLite, then PostgreSQL, with the newest schema and no jobs, messages, keys and orders."""
    return emptied(migrated_database)

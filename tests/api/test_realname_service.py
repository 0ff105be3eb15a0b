"""Real-name checks below HTTP: time passes, providers fail, keys are elsewhere."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import insert, select, update

from api.accounts.sessions import Person
from api.accounts.tables import person as account
from api.db import Database
from api.enterprises.administration import legal_person_binding
from api.enterprises.tables import enterprise
from api.errors import ConfigurationRefused, InternalError
from api.logs import scrub
from api.outside.aliyun.client import AliyunClient
from api.outside.aliyun.cloudauth import BankCardCheck, PoliceCheck
from api.outside.errors import ProviderAnswerInvalid, ProviderRefused, ProviderUnreachable
from api.outside.identity import Doubt, Subject, Verdict
from api.realname import queries
from api.realname.data_keys import ensure_data_key
from api.realname.errors import CheckClosed, RealNameRequired
from api.realname.id_numbers import UNDER_FILE_KEY, IdNumbers
from api.realname.rules import MOVES, Action, Method, Status, mask_name, move
from api.realname.service import Policy, Providers, RealName
from api.realname.tables import check, data_key
from api.resealing import count_older, reseal
from ca.audit.journal import Journal
from ca.audit.tables import entry
from hsm import SecretSeal, Token
from hsm.errors import KeyDamaged
from tests.api.databases import migrated
from tests.api.people import an_id_number

FILE_KEY = secrets.token_bytes(32)
ME, OTHER = Person(1, "13800001234"), Person(2, "13900005678")


class Clock:
    now = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


class Face:
    """A provider whose word the test decides."""

    provider = "face"

    def __init__(self) -> None:
        self.says: Verdict | Exception | None = None
        self.asked = 0

    def begin(self, number: str, subject: Subject, return_url: str) -> str:
        if isinstance(self.says, Exception):
            raise self.says
        return f"ref-{number[:8]}"

    def page(self, reference: str, return_url: str) -> str:
        return f"https://face.example/{reference}"

    def outcome(self, reference: str) -> Verdict | None:
        self.asked += 1
        if isinstance(self.says, Exception):
            raise self.says
        return self.says


PASSED = Verdict(None, "ref", '{"passed":"T"}')


@pytest.fixture(params=["sqlite", "postgresql"])
def db(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    folder = tmp_path_factory.mktemp("realname")
    url = f"sqlite:///{folder}/a.db" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    with migrated(url) as made:
        with made.write() as tx:
            for one in (ME, OTHER):
                tx.execute(insert(account).values(id=one.id, phone=one.phone, created_at=Clock.now))
        yield made


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def face() -> Face:
    return Face()


@pytest.fixture
def seal() -> IdNumbers:
    return IdNumbers(secrets.token_bytes(32), FILE_KEY)


@pytest.fixture
def service(db: Database, clock: Clock, face: Face, seal: IdNumbers) -> RealName:
    policy = Policy(timedelta(days=365), 5, "https://ra.example/realname/return")
    return RealName(db, seal, Providers(face), policy, clock, Journal(db.engine, "main", clock))


def begun(service: RealName, who: Person = ME, number: str | None = None) -> str:
    asked = Subject("李晓明", number or an_id_number())
    return service.start(who, Method.ALIPAY_FACE, asked).check.id


def passed(service: RealName, face: Face, clock: Clock, who: Person, number: str) -> Status:
    face.says = None
    one = begun(service, who, number)
    clock.now += timedelta(seconds=5)
    face.says = PASSED
    return service.state(who, one).check.status


def test_every_move() -> None:
    for status in Status:
        for action in Action:
            if (status, action) in MOVES:
                assert move(status, action) is MOVES[status, action]
            else:
                with pytest.raises(CheckClosed):
                    move(status, action)


def test_a_check_lapses(service: RealName, clock: Clock, face: Face) -> None:
    one = begun(service)
    clock.now += timedelta(minutes=31)
    assert service.state(ME, one).check.status is Status.EXPIRED
    face.says = PASSED
    clock.now += timedelta(minutes=1)
    assert service.come_back(one) is Status.EXPIRED


def test_who_passed_in_time_and_asks_late_has_passed(service: RealName, clock: Clock, face: Face) -> None:
    one = begun(service)
    clock.now += timedelta(minutes=31)
    face.says = PASSED
    assert service.state(ME, one).check.status is Status.PASSED


def test_a_result_holds_as_long_as_the_operator_says(service: RealName, clock: Clock, face: Face) -> None:
    number = an_id_number()
    assert passed(service, face, clock, ME, number) is Status.PASSED
    assert service.verified(ME) == ("李晓明", number)
    clock.now += timedelta(days=365)
    with pytest.raises(RealNameRequired):
        service.verified(ME)
    assert service.standing(ME).identity is None
    assert passed(service, face, clock, ME, number) is Status.PASSED, "the same person again"


def test_an_identity_that_has_expired_makes_way(service: RealName, clock: Clock, face: Face) -> None:
    number = an_id_number()
    assert passed(service, face, clock, ME, number) is Status.PASSED
    assert passed(service, face, clock, OTHER, number) is Status.FAILED
    clock.now += timedelta(days=366)
    assert passed(service, face, clock, OTHER, number) is Status.PASSED
    assert passed(service, face, clock, ME, number) is Status.FAILED


def test_a_provider_that_fails_while_one_polls(service: RealName, clock: Clock, face: Face) -> None:
    one = begun(service)
    face.says = ProviderUnreachable("down")
    assert service.state(ME, one).check.status is Status.STARTED
    clock.now += timedelta(seconds=5)
    face.says = Verdict(Doubt.FACE_REFUSED, "ref", "{}")
    assert service.state(ME, one).check.status is Status.FAILED


def test_a_provider_that_fails_at_the_start(service: RealName, face: Face) -> None:
    face.says = ProviderUnreachable("down")
    with pytest.raises(ProviderUnreachable):
        begun(service)
    assert service.standing(ME).attempts_left == 5


def test_many_who_poll_ask_the_provider_once_a_second(service: RealName, face: Face) -> None:
    one = begun(service)
    for _ in range(10):
        service.state(ME, one)
        service.come_back(one)
    assert face.asked == 1


def test_two_verdicts_at_once_are_written_once(
    service: RealName, db: Database, clock: Clock, face: Face
) -> None:
    one = begun(service)
    face.says = PASSED
    with db.read() as tx:
        known = queries.find_own(tx, one, ME.id)
    threads = [threading.Thread(target=service._settle, args=(known, PASSED)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with db.read() as tx:
        lines = [row.line for row in tx.execute(select(entry))]
    assert [line for line in lines if "real_name.checked" in line and one in line] == lines[-1:]


def test_evidence_is_kept_and_names_nobody(service: RealName, db: Database, clock: Clock, face: Face) -> None:
    number = an_id_number()
    passed(service, face, clock, ME, number)
    with db.read() as tx:
        row = tx.execute(select(check)).one()
        lines = "".join(one.line for one in tx.execute(select(entry)))
    assert (row.provider, row.reference, len(row.answer_digest)) == ("face", "ref", 64)
    assert row.closed_at == clock.now
    assert number.encode() not in row.id_number
    for word in (number, "李晓明"):
        assert word not in lines
    assert row.answer_digest in lines


def test_a_row_moved_to_another_account_does_not_open(
    service: RealName, db: Database, clock: Clock, face: Face
) -> None:
    passed(service, face, clock, ME, an_id_number())
    with db.write() as tx:
        tx.execute(update(queries.identity).values(person_id=OTHER.id))
    with pytest.raises(InternalError):
        service.verified(OTHER)


def test_the_data_key_opens_on_its_token_alone(
    db: Database, token: Token, session_token: Token, clock: Clock
) -> None:
    made: list[bytes] = []
    threads = [
        threading.Thread(target=lambda: made.append(ensure_data_key(db, token, clock()))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 4
    assert len(set(made)) == 1
    assert ensure_data_key(db, token, clock()) == made[0]
    with db.read() as tx:
        assert made[0] not in tx.execute(select(data_key.c.sealed)).scalar_one()
    with pytest.raises(ConfigurationRefused):
        ensure_data_key(db, session_token, clock())


def test_a_sealed_secret(token: Token) -> None:
    seal = SecretSeal(token, "seal-test")
    seal.ensure_key()
    sealed = seal.seal(b"secret", b"a")
    assert seal.open(sealed, b"a") == b"secret"
    assert seal.seal(b"secret", b"a") != sealed
    for changed, bound in (
        (sealed, b"b"),
        (sealed[:-1], b"a"),
        (b"\x02" + sealed[1:], b"a"),
        (sealed[:20], b"a"),
        (b"", b"a"),
        (sealed[:10] + bytes([sealed[10] ^ 1]) + sealed[11:], b"a"),
    ):
        with pytest.raises(KeyDamaged):
            seal.open(changed, bound)


def older(number: str, bound_to: str) -> bytes:
    """As versions before the token's data key sealed."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = secrets.token_bytes(12)
    return UNDER_FILE_KEY + nonce + AESGCM(FILE_KEY).encrypt(nonce, number.encode(), bound_to.encode())


def test_numbers_of_earlier_versions_open_and_are_resealed(db: Database, seal: IdNumbers) -> None:
    code, number = "91371300MA1234567X", an_id_number()
    sealed = older(number, legal_person_binding(code))
    assert seal.open(sealed, legal_person_binding(code)) == number
    row = {"credit_code": code, "name": "某公司", "legal_person": "王建国", "legal_person_id": sealed}
    with db.write() as tx:
        names = {column.name for column in enterprise.columns}
        extra: dict[str, Any] = {"administrator_id": ME.id, "since": Clock.now}
        tx.execute(insert(enterprise).values({k: v for k, v in (row | extra).items() if k in names}))
        assert count_older(tx) == 1
    assert reseal(db, seal) == 1
    assert reseal(db, seal) == 0
    with db.read() as tx:
        newer = tx.execute(select(enterprise.c.legal_person_id)).scalar_one()
        assert count_older(tx) == 0
    assert newer is not None
    assert IdNumbers.open(seal, newer, legal_person_binding(code)) == number
    with pytest.raises(InternalError):
        IdNumbers(secrets.token_bytes(32), FILE_KEY).open(newer, legal_person_binding(code))
    for broken in (b"", b"\x03" + newer[1:], newer[:-1]):
        with pytest.raises(InternalError):
            seal.open(broken, legal_person_binding(code))


def test_a_number_is_found_by_the_key_alone(seal: IdNumbers) -> None:
    number = an_id_number()
    assert seal.find_by(number) == seal.find_by(number)
    assert seal.find_by(number) != IdNumbers(secrets.token_bytes(32), FILE_KEY).find_by(number)
    assert seal.seal(number, "a") != seal.seal(number, "a")


def cloudauth(status: int = 200, **content: Any) -> AliyunClient:
    http = httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(status, **content)))
    return AliyunClient("https://cloudauth.aliyuncs.com", "LTAI", "the secret", Clock(), http)


def told(code: str, **result: str) -> dict[str, Any]:
    return {"json": {"Code": code, "RequestId": "R1", "ResultObject": result}}


@pytest.mark.parametrize(
    ("content", "doubt"),
    [
        (told("200", BizCode="1", SubCode="101"), None),
        (told("200", BizCode="2", SubCode="201"), Doubt.CARD_MISMATCH),
        (told("200", BizCode="2", SubCode="210"), Doubt.CARD_UNUSABLE),
        (told("200", BizCode="3", SubCode="304"), Doubt.CARD_UNUSABLE),
    ],
)
def test_what_the_bank_says(content: dict[str, Any], doubt: Doubt | None) -> None:
    subject = Subject("李晓明", an_id_number(), "6222021234567890128", "13800001234")
    assert BankCardCheck(cloudauth(**content)).verify(subject).doubt is doubt


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        (told("500"), ProviderUnreachable),
        (told("401"), ProviderRefused),
        (told("200", BizCode="9"), ProviderAnswerInvalid),
        (told("200"), ProviderAnswerInvalid),
        ({"json": {"Code": "200", "RequestId": "R1", "ResultObject": None}}, ProviderAnswerInvalid),
        ({"json": {"Code": "200", "ResultObject": {"BizCode": "1"}}}, ProviderAnswerInvalid),
        ({"json": {}}, ProviderRefused),
        ({"text": "<html>"}, ProviderUnreachable),
    ],
)
def test_what_is_not_believed(content: dict[str, Any], refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        PoliceCheck(cloudauth(**content)).verify(Subject("李晓明", an_id_number()))


def test_persons_travel_in_the_body() -> None:
    seen: list[httpx.Request] = []

    def keep(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, **told("200", BizCode="1"))

    http = httpx.Client(transport=httpx.MockTransport(keep))
    client = AliyunClient("https://cloudauth.aliyuncs.com", "LTAI", "the secret", Clock(), http)
    number = an_id_number()
    PoliceCheck(client).verify(Subject("李晓明", number))
    assert number not in str(seen[0].url)
    assert number in seen[0].content.decode()


def test_masks() -> None:
    assert [mask_name(one) for one in ("李明", "李晓明", "欧阳小明")] == ["李*", "李*明", "欧**明"]
    number = an_id_number()
    assert number not in str(scrub(None, "", {"event": f"refused {number}", "detail": [1]}))
    assert number not in repr(Subject("李晓明", number))

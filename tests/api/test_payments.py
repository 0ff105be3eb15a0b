"""Orders, paid at the sandbox's cashier over HTTP; what may go wrong on the way."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select

from api import problems
from api.accounts.sessions import Person
from api.certificates.sold import SoldCertificates
from api.db import Database
from api.jobs.handlers import Handlers
from api.jobs.tables import job
from api.jobs.worker import Worker
from api.messages.tables import message
from api.outside.alipay.cashier import AlipayCashier
from api.outside.alipay.client import Alipay
from api.outside.alipay.sandbox.gateway import SANDBOX_APP_ID
from api.outside.alipay.sandbox.routes import AlipaySandbox, router
from api.outside.alipay.sandbox.trades import SELLER
from api.outside.alipay.signing import (
    new_private_key,
    private_key,
    public_half,
    public_key,
    sign,
    signed_text,
)
from api.outside.errors import ProviderUnreachable
from api.payments import orders, queries
from api.payments.errors import PaymentNeeded, WrongOrderMove
from api.payments.routes import NOTICE_PATH, pages
from api.payments.rules import MOVES, PAGE_LIFETIME, Action, Status, move
from api.payments.service import Payments
from api.payments.settling import Settling
from ca.audit.journal import Journal
from tests.api.databases import migrated
from tests.mobile_bridge.serving import listening_socket, served

APP_KEY, ALIPAY_KEY = new_private_key(), new_private_key()
OURS, THEIRS = private_key(APP_KEY), private_key(ALIPAY_KEY)
LI = Person(1, "13812345678")
APPLICATION = "A20261124000001"


class Clock:
    now = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


class Shop:
    """The slice with everything that it needs, a clock of its own, and a worker that works when told."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.clock = Clock()
        self.sandbox = AlipaySandbox.open(db, public_key(public_half(APP_KEY)), THEIRS, self.clock)
        self.failing: list[int] = []

    def open(self, address: str) -> None:
        self.alipay = Alipay(
            SANDBOX_APP_ID, OURS, THEIRS.public_key(), self.clock, f"{address}/dev/alipay/gateway.do"
        )
        self.cashier = AlipayCashier(
            self.alipay, SELLER, f"{address}/payments/returned", address + NOTICE_PATH
        )
        journal = Journal(self.db.engine, "test", self.clock)
        self.settling = Settling(self.db, self.cashier, self.clock, journal)
        self.payments = Payments(self.db, self.cashier, SoldCertificates(), self.clock, journal)
        self.handlers = Handlers()
        self.handlers.outside(orders.LOOK, self.settling.look)
        self.handlers.outside(orders.CLOSE, self.settling.close)
        self.handlers.outside(orders.REFUND, self.settling.refund)
        self.worker = Worker(self.db, self.handlers, self.clock, lambda _: self.failing.append(1))
        self.browser = httpx.Client(trust_env=False, base_url=address)

    def work(self) -> None:
        while self.worker.do_next():
            pass

    def order(self, amount_fen: int = 20000) -> None:
        with self.db.write() as tx:
            orders.order_for(tx, LI.id, APPLICATION, amount_fen, "企业证书一年", self.clock())

    def cancel(self, reason: str = "申请已撤回") -> bool:
        with self.db.write() as tx:
            return orders.refund(tx, APPLICATION, reason, self.clock())

    def cashier_page(self) -> str:
        opened = self.browser.get(self.payments.check_out(LI, APPLICATION).pay_url)
        assert opened.status_code == 303, opened.text
        return opened.headers["location"]

    def press(self, cashier: str, choice: str) -> httpx.Response:
        return self.browser.post(cashier, data={"choice": choice})

    def pay(self) -> None:
        assert self.press(self.cashier_page(), "pay").status_code == 303

    def notify(self) -> int:
        return self.sandbox.notices.deliver_due()

    def status(self) -> str:
        return str(self.payments.order_of(LI, APPLICATION).status)

    def messages(self) -> list[str]:
        with self.db.read() as tx:
            return list(tx.execute(select(message.c.kind).order_by(message.c.id)).scalars())

    def is_paid(self) -> bool:
        with self.db.read() as tx:
            return orders.is_paid(tx, APPLICATION)

    def notice(self, **changes: str) -> dict[str, str]:
        """A notice as Alipay would sign it."""
        known = self.payments.order_of(LI, APPLICATION)
        told = {
            "app_id": SANDBOX_APP_ID,
            "seller_id": SELLER,
            "out_trade_no": known.id,
            "trade_no": "2026112422001",
            "trade_status": "TRADE_SUCCESS",
            "total_amount": f"{known.amount_fen / 100:.2f}",
        } | changes
        signature = sign(THEIRS, signed_text(told, without=frozenset(), keep_empty=True))
        return {**told, "sign_type": "RSA2", "sign": signature}

    def post_notice(self, form: dict[str, str]) -> str:
        return self.browser.post(NOTICE_PATH, data=form).text


@pytest.fixture
def db(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    is_sqlite = getattr(request, "param", "sqlite") == "sqlite"
    folder = tmp_path_factory.mktemp("payments")
    with migrated(
        f"sqlite:///{folder}/a.db" if is_sqlite else request.getfixturevalue("postgres_url")
    ) as made:
        yield made


@pytest.fixture
def shop(db: Database) -> Iterator[Shop]:
    made = Shop(db)
    app = FastAPI()
    problems.install(app)
    app.include_router(router(made.sandbox))
    app.include_router(pages)
    with served(app, listening_socket()) as address:
        made.open(address)
        app.state.services = type("Services", (), {"settling": made.settling})
        yield made
        made.browser.close()
        made.alipay.close()
        made.sandbox.close()


both = pytest.mark.parametrize("db", ["sqlite", "postgresql"], indirect=True)


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("action", Action)
def test_every_move(status: Status, action: Action) -> None:
    if (status, action) in MOVES:
        assert move(status, action) is MOVES[status, action]
    else:
        with pytest.raises(WrongOrderMove):
            move(status, action)


@both
def test_paid_at_the_cashier(shop: Shop) -> None:
    shop.order()
    shop.order()  # once more is the same order
    shop.pay()
    assert not shop.is_paid()  # the browser came back, which proves nothing
    assert shop.notify() == 1
    assert shop.is_paid()
    assert shop.messages() == ["paid"]
    with pytest.raises(WrongOrderMove):
        shop.payments.check_out(LI, APPLICATION)
    with shop.db.read() as tx:
        orders.require_paid(tx, APPLICATION, 20000)


def test_what_is_free_has_no_order(shop: Shop) -> None:
    shop.order(0)
    with shop.db.read() as tx:
        assert queries.newest(tx, APPLICATION) is None
        orders.require_paid(tx, APPLICATION, 0)
        with pytest.raises(PaymentNeeded):
            orders.require_paid(tx, APPLICATION, 1)


def test_the_notice_is_faster_than_the_browser_and_comes_twice(shop: Shop) -> None:
    shop.order()
    cashier = shop.cashier_page()
    form = shop.notice()
    assert [shop.post_notice(form), shop.post_notice(form)] == ["success", "success"]
    assert shop.is_paid()
    assert shop.press(cashier, "pay").headers["location"].startswith(str(shop.browser.base_url)[:-1])
    assert shop.notify() == 1
    assert shop.messages() == ["paid"]


@pytest.mark.parametrize(
    "changes",
    [{"total_amount": "0.01"}, {"app_id": "2021"}, {"seller_id": "2088999999999999"}, {"out_trade_no": "P1"}],
    ids=lambda changes: next(iter(changes)),
)
def test_a_notice_that_is_not_about_this_payment_counts_nothing(shop: Shop, changes: dict[str, str]) -> None:
    shop.order()
    assert shop.post_notice(shop.notice(**changes)) == "failure"
    assert shop.status() == "created"


def test_a_forged_notice_counts_nothing(shop: Shop) -> None:
    shop.order()
    signed = shop.notice(trade_status="WAIT_BUYER_PAY")
    for form in (
        signed | {"trade_status": "TRADE_SUCCESS"},
        signed | {"sign": ""},
        {"out_trade_no": "x"},
        {},
    ):
        assert shop.post_notice(form) == "failure"
    assert shop.post_notice(signed) == "success"
    assert shop.status() == "created"


def test_cancelled_and_paid_then(shop: Shop) -> None:
    shop.order()
    cashier = shop.cashier_page()
    assert "payments/returned" in shop.press(cashier, "cancel").headers["location"]
    shop.work()
    assert shop.status() == "created"
    assert shop.cashier_page() == cashier
    shop.press(cashier, "pay")
    shop.notify()
    assert shop.is_paid()


@both
def test_a_lost_notice_is_asked_for(shop: Shop) -> None:
    shop.order()
    shop.pay()
    shop.work()
    assert not shop.is_paid()  # not yet: the first look is later
    shop.clock.now += timedelta(seconds=10)
    shop.work()
    assert shop.is_paid()


def test_nobody_pays_and_tries_again_after_the_time_is_over(shop: Shop) -> None:
    shop.order()
    shop.cashier_page()
    first = shop.payments.order_of(LI, APPLICATION)
    for _ in range(12):
        shop.clock.now += timedelta(minutes=15)
        shop.work()
    assert shop.status() == "closed"
    shop.pay()
    shop.notify()
    second = shop.payments.order_of(LI, APPLICATION)
    assert second.id != first.id
    assert shop.is_paid()


@both
def test_what_lapsed_is_paid_no_more_once_nothing_can_come_of_it(shop: Shop) -> None:
    shop.order()
    shop.cashier_page()
    shop.clock.now += PAGE_LIFETIME + timedelta(minutes=1)
    shop.work()
    assert shop.status() == "closed"
    assert not shop.cancel("申请已过期")
    with pytest.raises(WrongOrderMove):
        shop.payments.check_out(LI, APPLICATION)
    assert shop.payments.order_of(LI, APPLICATION).reason == "申请已过期"


def test_a_page_that_lapsed_is_replaced_at_once(shop: Shop) -> None:
    shop.order()
    shop.cashier_page()
    shop.clock.now += PAGE_LIFETIME
    shop.pay()  # no job has run meanwhile
    shop.notify()
    shop.work()
    assert shop.is_paid()
    assert shop.failing == []


def test_withdrawn_before_the_payment(shop: Shop) -> None:
    shop.order()
    cashier = shop.cashier_page()
    assert not shop.cancel()
    shop.work()
    assert shop.press(cashier, "pay").headers["location"].endswith("returned")  # closed: nothing was paid
    assert shop.status() == "closed"
    with pytest.raises(WrongOrderMove):
        shop.payments.check_out(LI, APPLICATION)


def test_a_payment_after_the_closing_goes_back(shop: Shop) -> None:
    shop.order()
    cashier = shop.cashier_page()
    shop.press(cashier, "pay")
    assert not shop.cancel()  # the notice has not come: as far as we know nothing was paid
    shop.work()  # closing is refused, a look shows why
    assert shop.status() == "refunded"
    assert shop.notify() >= 1
    assert shop.status() == "refunded"
    assert shop.messages() == ["refund-begun", "refunded"]


def test_a_page_that_is_opened_after_the_withdrawal(shop: Shop) -> None:
    shop.order()
    address = shop.payments.check_out(LI, APPLICATION).pay_url
    shop.cancel()
    shop.work()  # the provider knows no such order yet
    assert shop.status() == "closed"
    shop.press(shop.browser.get(address).headers["location"], "pay")
    shop.clock.now += PAGE_LIFETIME + timedelta(minutes=1)  # and its notice is lost
    shop.work()
    assert shop.status() == "refunded"


@both
def test_a_refund_fails_and_succeeds_then(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.order()
    shop.pay()
    shop.notify()
    assert shop.cancel("证书无法签发")
    assert not shop.cancel("证书无法签发")
    assert shop.status() == "refunding"
    assert not shop.is_paid()

    def unreachable(*_: object) -> None:
        raise ProviderUnreachable("no answer")

    with monkeypatch.context() as broken:
        broken.setattr(shop.cashier, "refund", unreachable)
        shop.work()
    assert shop.failing == [1]
    assert shop.status() == "refunding"
    shop.clock.now += timedelta(minutes=1)
    shop.work()
    assert shop.status() == "refunded"
    assert shop.messages() == ["paid", "refund-begun", "refunded"]


def test_a_crash_between_the_provider_and_us_gives_back_once(shop: Shop) -> None:
    shop.order()
    shop.pay()
    shop.notify()
    shop.cancel()
    known = shop.payments.order_of(LI, APPLICATION)
    shop.cashier.refund(known.id, known.amount_fen, "x")  # done there; then we died
    shop.work()
    assert shop.status() == "refunded"
    assert shop.failing == []
    with shop.db.read() as tx:
        jobs = list(tx.execute(select(job.c.status).where(job.c.name == orders.REFUND)).scalars())
    assert jobs == ["done"]

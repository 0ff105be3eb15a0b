"""One key, one subscriber: also when several ask at the same moment, in several processes."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator

import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, mldsa
from sqlalchemy import Engine, func, select

from api.db import make_engine
from ca.distinguished import SubjectFacts
from ca.errors import KeyTaken, ProfileRefused
from ca.issuance import IssuanceRequest, Issuer
from ca.ledger import Ledger
from ca.lint import Linter
from ca.profiles import shipped_profiles
from ca.tables import certificate as table
from tests.ca.conftest import CREDIT_CODE, SmallCa
from tests.support.schemas import bring_up

ROUNDS = 10


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: object) -> Iterator[Engine]:
    is_sqlite = request.param == "sqlite"
    url = f"sqlite:///{tmp_path}/keys.db" if is_sqlite else request.getfixturevalue("postgres_url")
    made = make_engine(url)
    bring_up(made)
    yield made
    made.dispose()


def issuer(ca: SmallCa, database: Engine) -> Issuer:
    """As a process of its own has it."""
    return Issuer(
        ca.authorities, shipped_profiles(), Ledger(database), Linter(remember_shapes=True), ca.clock
    )


def asked(name: str, key: ec.EllipticCurvePublicKey) -> IssuanceRequest:
    subject = SubjectFacts(enterprise_name=name, credit_code=CREDIT_CODE)
    return IssuanceRequest(secrets.token_hex(8), "enterprise-signing", subject, key, 30)


def a_key() -> ec.EllipticCurvePublicKey:
    return ec.generate_private_key(ec.SECP256R1()).public_key()


def test_of_two_who_ask_with_one_key_at_once_one_is_served(small_ca: SmallCa, database: Engine) -> None:
    issuers = {name: issuer(small_ca, database) for name in ("甲公司", "乙公司")}
    for _ in range(ROUNDS):
        key, together = a_key(), threading.Barrier(len(issuers))
        served: list[str] = []
        refused: list[KeyTaken] = []

        def ask(
            name: str,
            key: ec.EllipticCurvePublicKey = key,
            together: threading.Barrier = together,
            served: list[str] = served,
            refused: list[KeyTaken] = refused,
        ) -> None:
            together.wait()
            try:
                # With a second certificate beside it, so that each write has several rows.
                issuers[name].issue_together([asked(name, key), asked(name, a_key())])
                served.append(name)
            except KeyTaken as error:
                refused.append(error)

        threads = [threading.Thread(target=ask, args=(name,)) for name in issuers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert (len(served), len(refused)) == (1, 1)
    with database.connect() as connection:
        assert connection.execute(select(func.count()).select_from(table)).scalar_one() == 2 * ROUNDS


@pytest.mark.parametrize(
    "made",
    [
        lambda: dsa.generate_private_key(2048),
        lambda: ed448.Ed448PrivateKey.generate(),
        lambda: mldsa.MLDSA65PrivateKey.generate(),
    ],
    ids=["dsa", "ed448", "mldsa65"],
)
def test_a_kind_of_key_that_no_profile_names_is_refused(small_ca: SmallCa, made: object) -> None:
    """The profile of locks takes Ed25519, which these were taken for."""
    assert callable(made)
    facts = SubjectFacts(enterprise_name="甲公司", credit_code=CREDIT_CODE)
    with pytest.raises(ProfileRefused, match=r"takes no (dsa|ed448|mldsa65) keys"):
        small_ca.issuer.issue(IssuanceRequest("lock-1", "lock", facts, made().public_key()))

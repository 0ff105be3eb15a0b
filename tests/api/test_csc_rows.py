"""Rows of authorisations on SQLite and PostgreSQL, and the rules of what may be asked for."""

from __future__ import annotations

from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import algos
from sqlalchemy import Engine, func, select

from api.csc import queries
from api.csc.algorithms import Scheme, scheme_of
from api.csc.errors import CscRefused
from api.csc.listing import part_of
from api.csc.offer import language
from api.csc.queries import Authorization
from api.csc.rules import ALGORITHMS, SAD_LASTS, Family, Hashing, algorithm_of, hashing_by_length
from api.csc.tables import authorization, authorized_hash
from api.settings import Mode, Settings
from tests.api.test_application_rows import NOW, OWNER
from tests.api.test_application_rows import engine as engine
from tests.api.test_certificate_rows import upgraded

A, B = b"a" * 32, b"b" * 32
TERMS = Authorization(
    sad_digest=queries.digest("sad"),
    serial="aa",
    person_id=OWNER,
    session_id="session",
    hashing=Hashing.SHA256,
    hashes=(A, B, A),
    expires_at=NOW + SAD_LASTS,
    description="招标文件",
)


def test_what_was_authorised_is_found_again_as_it_was(engine: Engine) -> None:
    db = upgraded(engine)
    with db.write() as tx:
        queries.add(tx, TERMS, b"sealed")
    with db.read() as tx:
        found = queries.find(tx, TERMS.sad_digest)
        assert queries.find(tx, queries.digest("other")) is None
    assert found is not None
    assert (found.authorization, found.activation) == (TERMS, b"sealed")
    assert found.authorization.terms() == TERMS.terms()


def test_a_hash_is_spent_as_often_as_it_was_authorised(engine: Engine) -> None:
    db = upgraded(engine)
    with db.write() as tx:
        queries.add(tx, TERMS, b"sealed")

    def spend(one: bytes) -> bool:
        try:
            with db.write() as tx:
                queries.spend(tx, TERMS.sad_digest, [one], NOW)
        except CscRefused:
            return False
        return True

    with pytest.raises(CscRefused), db.write() as tx:
        queries.spend(tx, TERMS.sad_digest, [B, B], NOW)  # all of them or none
    with ThreadPoolExecutor(8) as threads:
        spent = list(threads.map(spend, [A, B] * 8))
    assert (spent[::2].count(True), spent[1::2].count(True)) == (2, 1)
    with db.read() as tx:
        found = queries.find(tx, TERMS.sad_digest)
    assert found is not None
    assert found.activation is None


def test_nothing_is_spent_of_what_was_voided_after_it_was_found(engine: Engine) -> None:
    db = upgraded(engine)
    with db.write() as tx:
        queries.add(tx, TERMS, b"sealed")
    with db.read() as tx:
        found = queries.find(tx, TERMS.sad_digest)
    assert found is not None
    assert found.activation == b"sealed"
    with db.write() as tx:
        queries.void(tx, TERMS.serial)
    with pytest.raises(CscRefused), db.write() as tx:
        queries.spend(tx, TERMS.sad_digest, [A], NOW)


def test_a_switched_off_certificate_voids_and_time_clears_away(engine: Engine) -> None:
    db = upgraded(engine)
    with db.write() as tx:
        assert [queries.switch(tx, "aa", NOW, on=True) for _ in range(2)] == [True, False]
        assert queries.since(tx, ["aa", "bb"]) == {"aa": NOW}
        queries.add(tx, TERMS, b"sealed")
        queries.void(tx, "aa")
        assert [queries.switch(tx, "aa", NOW, on=False) for _ in range(2)] == [True, False]
        found = queries.find(tx, TERMS.sad_digest)
        queries.forget_expired(tx, NOW)
        kept = tx.execute(select(func.count()).select_from(authorization)).scalar_one()
        queries.forget_expired(tx, NOW + SAD_LASTS)
        left = [
            tx.execute(select(func.count()).select_from(one)).scalar_one()
            for one in (authorization, authorized_hash)
        ]
    assert found is not None
    assert (found.activation, kept, left) == (None, 1, [0, 0])


@pytest.mark.parametrize(
    "change",
    [
        {"serial": "ab"},
        {"person_id": 2},
        {"session_id": "other"},
        {"hashing": Hashing.SHA512},
        {"hashes": (A, B)},
        {"hashes": (B, A, A)},
        {"expires_at": NOW + timedelta(days=1)},
        {"description": "x"},
    ],
    ids=str,
)
def test_whatever_changes_the_terms_changes_what_the_key_is_sealed_under(change: dict[str, Any]) -> None:
    assert replace(TERMS, **change).terms() != TERMS.terms()


def pss(digest: str, salt: int, mask: str | None = None) -> str:
    asked = algos.RSASSAPSSParams(
        {
            "hash_algorithm": {"algorithm": digest},
            "mask_gen_algorithm": {"algorithm": "mgf1", "parameters": {"algorithm": mask or digest}},
            "salt_length": salt,
        }
    )
    return b64encode(asked.dump()).decode()


def test_algorithms() -> None:
    rsa, bare, padded = (ALGORITHMS[f"1.2.840.113549.1.1.{one}"] for one in (11, 1, 10))
    sha512 = Hashing.SHA512.value
    assert scheme_of(rsa, sha512, None, "hashAlgo", 2048) == Scheme(Family.RSA, Hashing.SHA256)
    assert scheme_of(bare, sha512, None, "hashAlgo", 2048) == Scheme(Family.RSA, Hashing.SHA512)
    assert scheme_of(padded, None, pss("sha384", 20), "hashAlgo", 2048).salt_length == 20
    refused = {
        "Missing (or invalid type) string parameter hashAlgo": (bare, None, None),
        "Invalid parameter hashAlgo": (bare, "1.3.14.3.2.26", None),
        "Missing (or invalid type) string parameter signAlgoParams": (padded, None, None),
    }
    for said, (algorithm, hash_algorithm, parameters) in refused.items():
        with pytest.raises(CscRefused, match=said.replace("(", r"\(").replace(")", r"\)")):
            scheme_of(algorithm, hash_algorithm, parameters, "hashAlgo", 2048)
    broken = ["%", "AAAA", pss("sha1", 20), pss("sha256", 32, "sha512"), pss("sha256", 223)]
    broken.append(b64encode(b"\x30\x03\x02\x01\x05").decode())
    for parameters in broken:
        with pytest.raises(CscRefused, match="Invalid parameter signAlgoParams"):
            scheme_of(padded, None, parameters, "hashAlgo", 2048)
    with pytest.raises(CscRefused, match="Invalid parameter signAlgo"):
        algorithm_of("1.2.840.10045.4.3.2", ["1.2.840.113549.1.1.1"])
    with pytest.raises(CscRefused, match="Invalid digest value length"):
        hashing_by_length([b"a" * 32, b"a" * 48])


def test_lists_come_in_parts() -> None:
    ids = ["c", "b", "a"]
    assert part_of(ids, None, None) == (ids, None)
    assert part_of(ids, 2, None) == (["c", "b"], "b")
    assert part_of(ids, 2, "b") == (["a"], None)
    for most, after in ((0, None), (2, "x")):
        with pytest.raises(CscRefused):
            part_of(ids, most, after)


@pytest.mark.parametrize(
    ("asked", "answered"), [(None, "zh-CN"), ("zh-Hant", "zh-CN"), ("en", "en-US"), ("xx", "zh-CN")]
)
def test_languages(asked: str | None, answered: str) -> None:
    assert language(asked) == answered


def test_production_offers_it_when_it_is_told_to(tmp_path: Path) -> None:
    def offered(mode: Mode, csc: bool | None) -> bool:
        return Settings(mode=mode, csc=csc, data_dir=tmp_path).offers_remote_signing

    assert [offered(Mode.DEVELOPMENT, one) for one in (None, True, False)] == [True, True, False]
    assert [offered(Mode.PRODUCTION, one) for one in (None, True, False)] == [False, True, False]

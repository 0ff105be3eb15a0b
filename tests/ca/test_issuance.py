from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from sqlalchemy import func, select

from ca.distinguished import SubjectFacts
from ca.errors import (
    IntentLapsed,
    LintFailed,
    ProfileRefused,
    ProfileUnknown,
    RequestConflict,
    RequestInProgress,
    SubjectRefused,
)
from ca.issuance import IssuanceRequest, IssuedCertificate
from ca.ledger import State
from ca.lint import Linter
from ca.tables import certificate as table
from tests.ca.conftest import CREDIT_CODE, SmallCa
from tests.ca.judges import openssl_verify, pem, run


def rows(ca: SmallCa) -> int:
    with ca.engine.connect() as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()


def test_third_parties_accept_an_issued_certificate(
    small_ca: SmallCa, a_request: IssuanceRequest, tmp_path: Path
) -> None:
    issued = small_ca.issuer.issue(a_request)
    crl = small_ca.publisher().current(small_ca.clock()).complete
    code, said = openssl_verify(tmp_path, issued.certificate, issued.chain, crl)
    assert code == 0, said
    leaf = pem(tmp_path / "one.pem", issued.certificate)
    code, said = run("certtool", "-i", "--infile", leaf)
    assert code == 0, said
    assert "Digital signature" in said
    assert (
        f"organizationIdentifier = NTRCN-{CREDIT_CODE}"
        in run("openssl", "x509", "-noout", "-subject", "-in", leaf)[1]
    )


def test_the_token_signs_the_very_bytes_that_were_linted(
    small_ca: SmallCa, a_request: IssuanceRequest
) -> None:
    prepared = small_ca.issuer.prepare(a_request)
    issued = small_ca.issuer.complete(prepared)
    assert issued.certificate.tbs_certificate_bytes == prepared.entry.tbs
    issued.certificate.verify_directly_issued_by(small_ca.authority.certificate)


def test_asking_twice_gives_one_certificate(small_ca: SmallCa, a_request: IssuanceRequest) -> None:
    first, second = small_ca.issuer.issue(a_request), small_ca.issuer.issue(a_request)
    assert first.certificate == second.certificate
    assert rows(small_ca) == 1


def test_one_request_id_cannot_serve_two_keys(small_ca: SmallCa, a_request: IssuanceRequest) -> None:
    small_ca.issuer.issue(a_request)
    other = ec.generate_private_key(ec.SECP256R1()).public_key()
    with pytest.raises(RequestConflict):
        small_ca.issuer.issue(replace(a_request, public_key=other))


def test_many_callers_of_one_request_get_one_certificate(
    small_ca: SmallCa, a_request: IssuanceRequest
) -> None:
    got: list[IssuedCertificate] = []
    busy: list[RequestInProgress] = []

    def ask() -> None:
        try:
            got.append(small_ca.issuer.issue(a_request))
        except RequestInProgress as exc:
            busy.append(exc)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) + len(busy) == 8
    assert len({issued.serial for issued in got}) == 1
    assert rows(small_ca) == 1


def test_a_crash_between_the_strokes_spends_the_serial_and_frees_the_request(
    small_ca: SmallCa, a_request: IssuanceRequest
) -> None:
    lost = small_ca.issuer.prepare(a_request)  # … and the process dies here
    with pytest.raises(RequestInProgress):
        small_ca.issuer.issue(a_request)
    small_ca.clock.forward(minutes=3)
    issued = small_ca.issuer.issue(a_request)
    assert issued.serial != lost.entry.serial
    assert small_ca.ledger.find(lost.entry.serial).state is State.ABANDONED
    assert [one.serial_number for one in small_ca.list()] == [lost.entry.serial]


def test_a_start_settles_what_a_crash_left_and_nothing_newer(
    small_ca: SmallCa, a_request: IssuanceRequest
) -> None:
    old = small_ca.issuer.prepare(a_request)
    small_ca.clock.forward(minutes=3)
    running = small_ca.issuer.prepare(replace(a_request, request_id="application-2"))
    assert [entry.serial for entry in small_ca.issuer.settle()] == [old.entry.serial]
    assert small_ca.issuer.complete(running).serial == running.entry.serial


def test_a_certificate_signed_too_late_is_not_delivered(
    small_ca: SmallCa, a_request: IssuanceRequest
) -> None:
    prepared = small_ca.issuer.prepare(a_request)
    small_ca.clock.forward(minutes=3)
    small_ca.issuer.settle()
    with pytest.raises(IntentLapsed):
        small_ca.issuer.complete(prepared)


def test_what_the_linter_refuses_leaves_no_trace(
    small_ca: SmallCa, a_request: IssuanceRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(x509, "random_serial_number", lambda: 1 << 160)  # 21 octets in DER
    with pytest.raises((LintFailed, ValueError)):
        small_ca.issuer.issue(a_request)
    assert rows(small_ca) == 0


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"profile": "nonsense"}, ProfileUnknown),
        ({"profile": "root"}, ProfileUnknown),
        ({"validity_days": 0}, ProfileRefused),
        ({"validity_days": 100_000}, ProfileRefused),
        ({"public_key": rsa.generate_private_key(65537, 1024).public_key()}, ProfileRefused),
        ({"public_key": ec.generate_private_key(ec.SECP256K1()).public_key()}, ProfileRefused),
    ],
)
def test_what_a_profile_does_not_allow_is_refused(
    small_ca: SmallCa, a_request: IssuanceRequest, change: dict[str, object], error: type[Exception]
) -> None:
    with pytest.raises(error):
        small_ca.issuer.issue(replace(a_request, **change))  # type: ignore[arg-type]
    assert rows(small_ca) == 0


@pytest.mark.parametrize("name", ["", "长" * 65, "换行\n公司", " 空格"])
def test_unfit_names_are_refused(small_ca: SmallCa, a_request: IssuanceRequest, name: str) -> None:
    subject = SubjectFacts(enterprise_name=name, credit_code=CREDIT_CODE)
    with pytest.raises(SubjectRefused) as refused:
        small_ca.issuer.issue(replace(a_request, subject=subject))
    assert refused.value.facts["field"] == "enterprise_name"


def test_no_certificate_outlives_its_issuer(small_ca: SmallCa, a_request: IssuanceRequest) -> None:
    end = small_ca.authority.certificate.not_valid_after_utc
    small_ca.clock.now = end.replace(year=end.year - 1)
    issued = small_ca.issuer.issue(replace(a_request, validity_days=1000))
    assert issued.certificate.not_valid_after_utc == end


def test_a_linter_that_remembers_shapes_judges_each_shape(
    small_ca: SmallCa, a_request: IssuanceRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged: list[x509.Certificate] = []
    monkeypatch.setattr("ca.lint._judge", judged.append)
    issuer = small_ca.with_linter(Linter(remember_shapes=True))
    rsa_key = rsa.generate_private_key(65537, 2048).public_key()
    changes: list[dict[str, object]] = [{}, {"validity_days": 3}, {"public_key": rsa_key}]
    for number, change in enumerate(changes):
        issuer.issue(replace(a_request, request_id=f"shape-{number}", **change))  # type: ignore[arg-type]
    assert len(judged) == 2


def test_bulk_issuance_is_all_or_none_at_the_first_stroke(
    small_ca: SmallCa, a_request: IssuanceRequest
) -> None:
    good = replace(a_request, request_id="bulk-1")
    with pytest.raises(ProfileRefused):
        small_ca.issuer.prepare_many([good, replace(a_request, validity_days=0)])
    assert rows(small_ca) == 0
    issued = small_ca.issuer.complete_many(
        small_ca.issuer.prepare_many([good, replace(a_request, request_id="bulk-2")])
    )
    assert len({one.serial for one in issued}) == 2

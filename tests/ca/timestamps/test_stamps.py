"""Time stamps, with ``openssl ts`` as judge."""

from __future__ import annotations

from datetime import timedelta

import pytest
from asn1crypto import tsp
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from ca import der
from ca.timestamps import ClockGuard, ClockUntrusted, TimeStamper, check_token
from tests.ca.conftest import SmallCa
from tests.ca.timestamps.conftest import POLICY, Stamping

OK = "Verification: OK"


@pytest.mark.parametrize("digest", ["-sha256", "-sha384", "-sha512"])
def test_openssl_accepts_the_stamp(each_stamping: Stamping, digest: str) -> None:
    answer = each_stamping.stamper.answer(each_stamping.query("-cert", digest=digest))
    assert OK in each_stamping.verified(answer)
    assert OK in each_stamping.verified(answer, "-data", each_stamping.folder / "data")
    text = each_stamping.read(answer)
    assert "Status: Granted." in text
    assert "Time stamp: Nov 23 08:00:00 2026 GMT" in text
    assert POLICY in text
    assert "Accuracy: 0x01 seconds" in text


def test_openssl_refuses_the_stamp_for_other_data(stamping: Stamping) -> None:
    answer = stamping.stamper.answer(stamping.query("-cert"))
    (stamping.folder / "data").write_bytes(b"something else")
    said = stamping.verified(answer, "-data", stamping.folder / "data")
    assert OK not in said
    assert "message imprint mismatch" in said


def test_certificates_come_when_they_are_asked_for(stamping: Stamping) -> None:
    with_them = tsp.TimeStampResp.load(stamping.stamper.answer(stamping.query("-cert")))
    without = tsp.TimeStampResp.load(stamping.stamper.answer(stamping.query()))
    assert len(with_them["time_stamp_token"]["content"]["certificates"]) == 2
    assert without["time_stamp_token"]["content"]["certificates"].native is None


def test_the_nonce_is_repeated_and_serial_numbers_are_not(stamping: Stamping) -> None:
    query = stamping.query()
    asked = tsp.TimeStampReq.load(query)["nonce"].native
    infos = [
        tsp.TimeStampResp.load(stamping.stamper.answer(query))["time_stamp_token"]["content"][
            "encap_content_info"
        ]["content"].parsed.native
        for _ in range(20)
    ]
    assert {info["nonce"] for info in infos} == {asked}
    assert len({info["serial_number"] for info in infos}) == 20
    assert stamping.stamper.answer(stamping.query("-no_nonce"))
    assert "Nonce: unspecified" in stamping.read(stamping.stamper.answer(stamping.query("-no_nonce")))


def test_our_own_check_agrees_and_finds_forgeries(stamping: Stamping, small_ca: SmallCa) -> None:
    token = stamping.stamper.token(b"data")
    assert check_token(token, b"data", [small_ca.authority.certificate]) == small_ca.clock()
    with pytest.raises(ValueError, match="other data"):
        check_token(token, b"other", [small_ca.authority.certificate])
    with pytest.raises(ValueError, match="another CA"):
        check_token(token, b"data", [small_ca.root.certificate])
    for at in range(0, len(token), 7):
        broken = token[:at] + bytes((token[at] ^ 1,)) + token[at + 1 :]
        try:
            assert check_token(broken, b"data", [small_ca.authority.certificate]) == small_ca.clock()
        except ValueError:
            continue  # what is not signed, such as the issuer's certificate it carries, may be changed


@pytest.mark.parametrize(
    ("options", "digest", "failure"),
    [
        ((), "-sha1", "unrecognized or unsupported algorithm identifier"),
        (("-tspolicy", "1.2.3.4"), "-sha256", "the requested TSA policy is not supported by the TSA"),
    ],
)
def test_what_cannot_be_stamped_is_refused_with_its_reason(
    stamping: Stamping, options: tuple[str, ...], digest: str, failure: str
) -> None:
    text = stamping.read(stamping.stamper.answer(stamping.query(*options, digest=digest)))
    assert "Status: Rejected." in text
    assert failure in text


def test_our_own_policy_may_be_asked_for(stamping: Stamping) -> None:
    answer = stamping.stamper.answer(stamping.query("-tspolicy", POLICY, "-cert"))
    assert OK in stamping.verified(answer)


def refusal(answer: bytes) -> str:
    (status,) = der.read(answer).children()  # and no token
    told = tsp.PKIStatusInfo.load(status.whole, strict=True).native
    assert told["status"] == "rejection"
    (failure,) = told["fail_info"]
    return str(failure)


def test_nothing_is_stamped_when_the_clock_jumped(stamping: Stamping) -> None:
    stamping.forward(60)
    assert "Granted" in stamping.read(stamping.stamper.answer(stamping.query()))
    stamping.ca.clock.forward(seconds=2)  # and the steady clock does not
    assert refusal(stamping.stamper.answer(stamping.query())) == "time_not_available"
    stamping.ca.clock.forward(seconds=-2)  # being right again by itself proves nothing
    assert refusal(stamping.stamper.answer(stamping.query())) == "time_not_available"


def test_a_clock_that_is_slewed_is_no_jump(stamping: Stamping) -> None:
    for _ in range(48):
        stamping.forward(3600)
        stamping.ca.clock.forward(seconds=0.3)
    assert stamping.guard.now() == stamping.ca.clock()


def test_nothing_is_stamped_before_what_was_stamped_also_after_a_restart(stamping: Stamping) -> None:
    stamping.guard.now()
    stamping.ca.clock.forward(seconds=-60)  # while the service was down
    started = ClockGuard(stamping.ca.engine, stamping.ca.clock, steady=stamping.steady)
    with pytest.raises(ClockUntrusted, match="was stamped"):
        started.now()
    stamping.forward(61)
    assert started.now() == stamping.ca.clock()


def guarded(stamping: Stamping, *servers: float | None) -> ClockGuard:
    answers = list(servers)

    def ask(number: int) -> timedelta:
        answer = answers[number]
        if answer is None:
            raise OSError("no answer")
        return timedelta(seconds=answer)

    sources = [lambda number=number: ask(number) for number in range(len(answers))]  # type: ignore[misc]
    guard = ClockGuard(stamping.ca.engine, stamping.ca.clock, sources, steady=stamping.steady)
    guard.answers = answers  # type: ignore[attr-defined]
    return guard


def test_time_servers_have_to_confirm_the_clock_now_and_then(stamping: Stamping) -> None:
    guard = guarded(stamping, 0.01, 0.02, 0.0)
    with pytest.raises(ClockUntrusted, match="yet"):
        guard.now()
    guard.confirm()
    assert guard.now()
    stamping.forward(31 * 60)
    with pytest.raises(ClockUntrusted, match="too long"):
        guard.now()
    guard.confirm()
    assert guard.now()


def test_the_middle_of_the_servers_counts(stamping: Stamping) -> None:
    guarded(stamping, 0.1, -3600.0, 0.2).confirm()  # one of three lies
    with pytest.raises(ClockUntrusted, match="off by"):
        guarded(stamping, 5.0, 5.1, 0.0).confirm()
    with pytest.raises(ClockUntrusted, match="1 of 3"):
        guarded(stamping, None, None, 0.0).confirm()


def test_after_a_jump_the_servers_can_make_the_clock_trusted_again(stamping: Stamping) -> None:
    guard = guarded(stamping, 0.0)
    guard.confirm()
    stamping.ca.clock.forward(seconds=30)
    with pytest.raises(ClockUntrusted, match="jumped"):
        guard.now()
    guard.confirm()
    assert guard.now() == stamping.ca.clock()


@settings(max_examples=3000, deadline=None, suppress_health_check=list(HealthCheck))
@given(some.one_of(some.binary(max_size=200), some.tuples(some.integers(0, 200), some.binary(max_size=9))))
def test_hostile_requests_get_an_answer(change: bytes | tuple[int, bytes]) -> None:
    def nobody() -> None:
        raise ClockUntrusted("stops here")

    stamper = TimeStamper(nobody, None, POLICY)  # type: ignore[arg-type]
    base = der.sequence(
        der.integer(1),
        der.sequence(der.sequence(der.identifier("2.16.840.1.101.3.4.2.1")), der.octets(bytes(32))),
        der.integer(2**40),
        der.element(der.BOOLEAN, b"\xff"),
    )
    asked = change if isinstance(change, bytes) else base[: change[0]] + change[1] + base[change[0] + 1 :]
    assert refusal(stamper.answer(asked)) in {
        "bad_data_format",
        "bad_alg",
        "bad_request",
        "unaccepted_policy",
        "unaccepted_extensions",
        "time_not_available",  # it was whole after all
    }


@pytest.mark.parametrize(
    "asked",
    [
        b"",
        b"\x30\x80\x02\x01\x01\x00\x00",
        b"\x30" * 4000,
        b"\x30\x84\xff\xff\xff\xff",
        bytes(5000),
        der.sequence(der.integer(2), der.sequence()),
        der.sequence(der.integer(1), der.sequence(der.sequence(), der.octets(b""))),
    ],
)
def test_what_is_no_request_is_refused(stamping: Stamping, asked: bytes) -> None:
    assert refusal(stamping.stamper.answer(asked)) in ("bad_data_format", "bad_request")

"""Lists as relying parties see them: judged by openssl, certtool and pkilint."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from ca.authorities import Authorities, IssuingAuthority
from ca.crl import CrlLibrary, CrlPolicy, CrlPublisher, Listed, Published, sign_list
from ca.crl.files import write_lists
from ca.errors import AuthorityUnknown, ListUnknown
from ca.hierarchy import Authority
from ca.issuance import IssuanceRequest, IssuedCertificate, Issuer
from ca.lint import Linter
from ca.profiles import shipped_profiles
from ca.revocation import Revoker
from ca.tables import crl as table
from tests.ca.conftest import NOW, SmallCa
from tests.ca.judges import openssl_verify, pem, run

Issue = Callable[[], IssuedCertificate]


@pytest.fixture
def revoker(small_ca: SmallCa) -> Revoker:
    return Revoker(small_ca.ledger, small_ca.clock)


@pytest.fixture
def issue(small_ca: SmallCa, a_request: IssuanceRequest) -> Issue:
    def issue() -> IssuedCertificate:
        key = ec.generate_private_key(ec.SECP256R1()).public_key()
        made = replace(a_request, request_id=secrets.token_hex(8), public_key=key)
        return small_ca.issuer.issue(made)

    return issue


def number_of(crl: x509.CertificateRevocationList) -> int:
    return crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number


def base_of(delta: bytes) -> int:
    crl = x509.load_der_x509_crl(delta)
    extension = crl.extensions.get_extension_for_class(x509.DeltaCRLIndicator)
    assert extension.critical
    return extension.value.crl_number


def reasons(der: bytes) -> dict[int, x509.ReasonFlags | None]:
    found = {}
    for entry in x509.load_der_x509_crl(der):
        try:
            reason = entry.extensions.get_extension_for_class(x509.CRLReason).value.reason
        except x509.ExtensionNotFound:
            reason = None
        found[entry.serial_number] = reason
    return found


def verify(
    folder: Path, ca: SmallCa, leaf: x509.Certificate, *lists: bytes, deltas: bool = False
) -> tuple[int, str]:
    texts = [x509.load_der_x509_crl(one).public_bytes(Encoding.PEM) for one in lists]
    (folder / "lists.pem").write_bytes(b"".join(texts))
    options = ["-extended_crl", *(["-use_deltas"] if deltas else [])]
    return run(
        *("openssl", "verify", "-x509_strict", "-crl_check", *options, "-no-CApath", "-no-CAstore"),
        *("-CRLfile", folder / "lists.pem", "-CAfile", pem(folder / "root.pem", ca.root.certificate)),
        *("-untrusted", pem(folder / "middle.pem", ca.authority.certificate)),
        *("-attime", str(int(ca.clock().timestamp()) + 60), pem(folder / "leaf.pem", leaf)),
    )


def test_a_revoked_certificate_is_refused_by_third_parties(
    small_ca: SmallCa, revoker: Revoker, issue: Issue, tmp_path: Path
) -> None:
    issued = issue()
    revoker.revoke(issued.serial, "key_compromise")
    published = small_ca.publisher().publish(small_ca.clock())
    code, said = openssl_verify(tmp_path, issued.certificate, issued.chain, published.complete)
    assert code != 0
    assert "certificate revoked" in said


def test_gnutls_reads_and_verifies_both_lists(
    small_ca: SmallCa, revoker: Revoker, issue: Issue, tmp_path: Path
) -> None:
    issued = issue()
    revoker.revoke(issued.serial, "key_compromise", small_ca.clock() - timedelta(days=1))
    published = small_ca.publisher().publish(small_ca.clock())
    ca = pem(tmp_path / "ca.pem", small_ca.authority.certificate)
    for content in (published.complete, published.delta):
        (tmp_path / "list.der").write_bytes(content)
        code, said = run("certtool", "--crl-info", "--inder", "--infile", tmp_path / "list.der")
        assert code == 0, said
        assert f"{issued.serial:x}" in said.replace(":", "")
        crl = x509.load_der_x509_crl(content)
        (tmp_path / "list.pem").write_bytes(crl.public_bytes(Encoding.PEM))
        code, said = run("openssl", "crl", "-in", tmp_path / "list.pem", "-CAfile", ca, "-noout", "-verify")
        assert code == 0, said
        assert "verify OK" in said


def test_a_delta_brings_the_news_to_whoever_holds_an_older_complete_list(
    small_ca: SmallCa, revoker: Revoker, issue: Issue, tmp_path: Path
) -> None:
    held, stays = issue(), issue()
    revoker.suspend(held.serial)
    lists = CrlPublisher(small_ca.engine, small_ca.issuing, policy=CrlPolicy(announce_deltas=True))
    old = lists.publish(small_ca.clock())
    small_ca.clock.forward(hours=1)
    revoker.release(held.serial)
    revoker.revoke(stays.serial, "superseded")
    new = lists.publish(small_ca.clock())
    assert base_of(new.delta) == old.number
    assert reasons(new.delta) == {
        held.serial: x509.ReasonFlags.remove_from_crl,
        stays.serial: x509.ReasonFlags.superseded,
    }
    # The old complete list alone is wrong on both; with the delta it is right on both.
    assert verify(tmp_path, small_ca, stays.certificate, old.complete)[0] == 0
    code, said = verify(tmp_path, small_ca, stays.certificate, old.complete, new.delta, deltas=True)
    assert code != 0
    assert "certificate revoked" in said
    assert verify(tmp_path, small_ca, held.certificate, old.complete)[0] != 0
    code, said = verify(tmp_path, small_ca, held.certificate, old.complete, new.delta, deltas=True)
    assert code == 0, said


def test_a_delta_fits_every_complete_list_still_in_use(
    small_ca: SmallCa, revoker: Revoker, issue: Issue
) -> None:
    lists, editions = small_ca.publisher(), []
    for _ in range(16):  # twelve hours apart: the first has run out when the last is made
        revoker.revoke(issue().serial, "superseded")
        editions.append(lists.publish(small_ca.clock()))
        small_ca.clock.forward(hours=12)
    newest = editions[-1]
    assert base_of(newest.delta) > editions[0].number
    complete = set(reasons(newest.complete))
    for older in editions[:-1]:
        if older.next_update >= newest.this_update:
            assert base_of(newest.delta) <= older.number
            assert set(reasons(older.complete)) | set(reasons(newest.delta)) == complete


def test_a_list_is_reused_until_time_or_news_ask_for_the_next(
    small_ca: SmallCa, revoker: Revoker, issue: Issue
) -> None:
    issued = issue()
    lists = small_ca.publisher()
    first = lists.current(small_ca.clock())
    small_ca.clock.forward(hours=11)
    assert lists.current(small_ca.clock()) == first
    small_ca.clock.forward(hours=1)
    second = lists.current(small_ca.clock())
    assert second.number == 2
    revoker.suspend(issued.serial)
    third = lists.current(small_ca.clock())
    assert (third.number, set(reasons(third.complete))) == (3, {issued.serial})
    revoker.release(issued.serial)
    assert reasons(lists.current(small_ca.clock()).complete) == {}
    overlap = first.next_update - second.this_update
    assert overlap > timedelta(days=6)  # so long may making the next one fail


def test_an_entry_stays_for_one_list_beyond_its_certificates_validity(
    small_ca: SmallCa, revoker: Revoker, issue: Issue
) -> None:
    issued = issue()
    revoker.revoke(issued.serial, "superseded")
    small_ca.clock.forward(days=31)
    assert len(small_ca.list()) == 1
    small_ca.clock.forward(days=7)
    assert len(small_ca.list()) == 0


def test_lists_in_shards_say_what_they_cover(
    small_ca: SmallCa, a_request: IssuanceRequest, tmp_path: Path
) -> None:
    issuing = IssuingAuthority("issuing-9", small_ca.authority, crl_shards=3, pki_url="http://ca.example/pki")
    known = Authorities([issuing])
    issuer = Issuer(known, shipped_profiles(), small_ca.ledger, Linter(), small_ca.clock, b"salt")
    library = CrlLibrary(small_ca.engine, known, small_ca.clock)
    revoker = Revoker(small_ca.ledger, small_ca.clock)
    shards = set()
    for _ in range(12):
        key = ec.generate_private_key(ec.SECP256R1()).public_key()
        issued = issuer.issue(replace(a_request, request_id=secrets.token_hex(8), public_key=key))
        revoker.revoke(issued.serial, "superseded")
        points = issued.certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
        (name,) = points[0].full_name or []
        shard = issuing.shard_of(issued.serial)
        assert name.value == f"http://ca.example/pki/issuing-9/{shard}.crl"
        library.publish_due()
        for one in range(3):
            edition = library.edition("issuing-9", one)
            crl = x509.load_der_x509_crl(edition.complete)
            own = crl.extensions.get_extension_for_class(x509.IssuingDistributionPoint)
            assert own.critical
            assert own.value.full_name == [
                x509.UniformResourceIdentifier(f"http://ca.example/pki/issuing-9/{one}.crl")
            ]
            code, said = verify(tmp_path, small_ca, issued.certificate, edition.complete)
            assert ("certificate revoked" in said) == (one == shard), said
            assert code != 0  # revoked, or not covered by this list
        shards.add(shard)
    assert len(shards) > 1
    for name, asked in (("issuing-9", None), ("issuing-9", 3), ("issuing-9", -1)):
        with pytest.raises(ListUnknown):
            library.edition(name, asked)
    with pytest.raises(AuthorityUnknown):
        library.edition("issuing-8", 0)


def test_two_publishers_at_once_take_a_number_each(small_ca: SmallCa) -> None:
    one, other = small_ca.publisher(), small_ca.publisher()
    stale = other._sign(small_ca.clock())
    assert one.publish(small_ca.clock()).number == 1
    assert not other._store(stale)
    assert other.publish(small_ca.clock()).number == 2


def test_numbers_go_on_and_old_contents_do_not_pile_up(small_ca: SmallCa) -> None:
    lists = small_ca.publisher()
    for _ in range(20):
        made = lists.publish(small_ca.clock())
        small_ca.clock.forward(days=1)
    assert made.number == 20
    with small_ca.engine.connect() as connection:
        rows = connection.execute(select(table.c.number, table.c.complete).order_by(table.c.number)).all()
    assert 8 <= len(rows) <= 9  # those that may still be in use
    assert [bool(content) for _, content in rows] == [False] * (len(rows) - 1) + [True]


def test_a_list_is_served_while_the_token_is_away(small_ca: SmallCa, monkeypatch: pytest.MonkeyPatch) -> None:
    library = CrlLibrary(small_ca.engine, small_ca.authorities, small_ca.clock)
    first = library.edition("issuing-1")
    small_ca.clock.forward(days=3)
    monkeypatch.setattr(CrlPublisher, "_sign", _no_token)
    with pytest.raises(RuntimeError):
        library.publish_due()
    assert CrlLibrary(small_ca.engine, small_ca.authorities, small_ca.clock).edition("issuing-1") == first


def _no_token(*_: object) -> Published:
    raise RuntimeError("the token is away")


def test_files_are_replaced_whole(small_ca: SmallCa, tmp_path: Path) -> None:
    library = CrlLibrary(small_ca.engine, small_ca.authorities, small_ca.clock)
    folder = tmp_path / "pki"
    assert write_lists(folder, library) == 0
    library.publish_due()
    assert write_lists(folder, library) == 2
    assert write_lists(folder, library) == 0
    assert sorted(path.name for path in folder.iterdir()) == ["issuing-1.crl", "issuing-1.delta.crl"]
    assert (folder / "issuing-1.crl").read_bytes() == library.edition("issuing-1").complete


@pytest.mark.parametrize("policy", [{"every": timedelta(0)}, {"every": timedelta(days=4)}])
def test_a_policy_without_overlap_is_refused(policy: dict[str, timedelta]) -> None:
    with pytest.raises(ValueError, match="twice"):
        CrlPolicy(**policy)


def test_every_reader_sees_another_processes_edition_within_a_second(
    small_ca: SmallCa, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = CrlLibrary(small_ca.engine, small_ca.authorities, small_ca.clock)
    assert library.edition("issuing-1").number == 1
    small_ca.publisher().publish(small_ca.clock())
    monkeypatch.setattr("ca.crl.library._FRESH_SECONDS", 0.0)
    assert library.edition("issuing-1").number == 2
    with small_ca.engine.begin() as connection:
        connection.execute(delete(table))
    assert library.edition("issuing-1").number == 1


_MOMENTS = st.datetimes(NOW.replace(tzinfo=None, year=1960), NOW.replace(tzinfo=None, year=2080)).map(
    lambda moment: moment.replace(tzinfo=NOW.tzinfo)
)
_LISTED = st.builds(
    Listed,
    st.integers(1, (1 << 159) - 1),
    _MOMENTS,
    st.sampled_from([one.name for one in x509.ReasonFlags if one.name != "unspecified"]),
    st.none() | _MOMENTS,
)


@settings(max_examples=200, deadline=None)
@given(st.lists(_LISTED, max_size=20, unique_by=lambda one: one.serial))
def test_what_is_written_is_what_is_read(
    authorities: tuple[Authority, Authority], listed: list[Listed]
) -> None:
    _, authority = authorities
    crl = x509.load_der_x509_crl(sign_list(authority, listed, 5, NOW, NOW + timedelta(days=7)))
    assert crl.is_signature_valid(authority.key.public_key())
    assert len(crl) == len(listed)
    for entry, wanted in zip(crl, listed, strict=True):
        assert entry.serial_number == wanted.serial
        assert entry.revocation_date_utc == wanted.at.replace(microsecond=0)
        assert entry.extensions.get_extension_for_class(x509.CRLReason).value.reason.name == wanted.reason
        if wanted.invalidity_date is not None:
            told = entry.extensions.get_extension_for_class(x509.InvalidityDate).value
            assert told.invalidity_date_utc == wanted.invalidity_date.replace(microsecond=0)

"""No attack on a signed document is reported as a valid signature, and each is called by its name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from ca.documents.signing import SigningIdentity
from ca.documents.verification.model import Changed, Coverage, Problem, Sign, SignatureReport, Verdict
from tests.ca.documents.pdfs import plain_pdf, scribbled
from tests.ca.documents.pki import KEYS, Issuer
from tests.ca.documents.verification import attacks
from tests.ca.documents.verification.conftest import World

Attack = Callable[[bytes], bytes]
TAMPERED = attacks.tampered


def forged(change: Attack) -> Attack:
    """The signature made unreadable, so that readers skip the check, and the content changed."""
    return lambda pdf: change(TAMPERED(pdf))


def at_range(said: str) -> Attack:
    def change(pdf: bytes) -> bytes:
        _, a, b, c = attacks.range_of(pdf)
        return attacks.with_range(pdf, said.format(a=a, b=b, c=c, n=len(pdf)).encode())

    return forged(change)


# Universal signature forgery: one of the two entries missing, of another kind, empty, or nonsense.
USF: dict[str, tuple[Attack, Problem]] = {
    "no contents": (
        forged(lambda pdf: attacks.renamed(pdf, b"/Contents <", b"/Contentz <")),
        Problem.CONTENTS_MISSING,
    ),
    "zeros": (forged(lambda pdf: attacks.with_contents(pdf, b"")), Problem.CONTENTS_MISSING),
    "empty string": (forged(lambda pdf: attacks.with_hole(pdf, b"<>")), Problem.CONTENTS_MISSING),
    "null": (forged(lambda pdf: attacks.with_hole(pdf, b"null")), Problem.CONTENTS_MISSING),
    "a number": (forged(lambda pdf: attacks.with_hole(pdf, b"0")), Problem.CONTENTS_MISSING),
    "one byte": (forged(lambda pdf: attacks.with_contents(pdf, b"\x30")), Problem.UNREADABLE),
    "no range": (
        forged(lambda pdf: attacks.renamed(pdf, b"/ByteRange", b"/ByteRangz")),
        Problem.BYTE_RANGE_MISSING,
    ),
    "range null": (at_range("null"), Problem.BYTE_RANGE_MISSING),
    "range empty": (at_range("[]"), Problem.BYTE_RANGE_MISSING),
    "range of names": (at_range("[/a /b]"), Problem.BYTE_RANGE_MISSING),
    "range of nothing": (at_range("[0 0 0 0]"), Problem.BYTE_RANGE_WRONG),
    "range negative": (at_range("[0 -1 0 -1]"), Problem.BYTE_RANGE_WRONG),
    "range beyond the end": (at_range("[0 {a} {b} 9{c}]"), Problem.BYTE_RANGE_WRONG),
    "range of two": (at_range("[0 {a}]"), Problem.BYTE_RANGE_WRONG),
    "range not from the start": (at_range("[1 {a} {b} {c}]"), Problem.BYTE_RANGE_WRONG),
    "range without a hole": (at_range("[0 {b} {b} {c}]"), Problem.BYTE_RANGE_WRONG),
    "range overlapping": (at_range("[0 {b} {a} {c}]"), Problem.BYTE_RANGE_WRONG),
}

ISA: dict[str, tuple[Attack, Problem]] = {
    "an update": (scribbled, Problem.MODIFIED_SINCE),
    "a page added": (attacks.page_added, Problem.MODIFIED_SINCE),
    "body alone": (attacks.isa_body_alone, Problem.TRAILING_BYTES),
    "body and an end": (attacks.isa_body_and_end, Problem.TRAILING_BYTES),
    "trailer without a table": (attacks.isa_trailer_without_table, Problem.TRAILING_BYTES),
    "left out of the table": (attacks.isa_table_that_leaves_it_out, Problem.TRAILING_BYTES),
    "signature written again": (attacks.isa_copied_signature, Problem.COVERAGE_UNCLEAR),
    "changed and put back": (attacks.isa_undone, Problem.MODIFIED_SINCE),
    "content freed": (attacks.isa_freed, Problem.MODIFIED_SINCE),
    "an empty field over the page": (attacks.field_that_shows, Problem.MODIFIED_SINCE),
    "an empty field's widget over the page": (
        lambda pdf: attacks.field_that_shows(pdf, in_kid=True),
        Problem.MODIFIED_SINCE,
    ),
    "trailing junk": (attacks.trailing_junk, Problem.TRAILING_BYTES),
}

SWA: dict[str, tuple[Attack, Problem]] = {
    "moved apart": (attacks.swa_gap, Problem.BYTE_RANGE_WRONG),
}


def only(world: World, pdf: bytes) -> SignatureReport:
    report = world.verified(pdf)
    assert report.verdict is Verdict.INVALID
    (one,) = report.signatures
    return one


@pytest.mark.parametrize("name", [*USF, *ISA, *SWA])
def test_a_known_attack_is_called_out(name: str, world: World, sealed: bytes) -> None:
    attack, problem = (USF | ISA | SWA)[name]
    one = only(world, attack(sealed))
    assert problem in one.problems, one
    assert one.verdict is Verdict.INVALID


def test_a_changed_byte(world: World, sealed: bytes) -> None:
    one = only(world, TAMPERED(sealed))
    assert one.problems == (Problem.DIGEST_DIFFERS,)
    assert not one.intact


def test_what_was_changed_is_said(world: World, sealed: bytes) -> None:
    for attack, kind in (
        (scribbled, Changed.PAGE_CONTENT),
        (attacks.page_added, Changed.PAGES),
        (attacks.isa_freed, Changed.REMOVED_OBJECTS),
        (attacks.trailing_junk, Changed.BYTES_OUTSIDE),
    ):
        one = only(world, attack(sealed))
        assert kind in {change.kind for change in one.changes}, one
        assert one.intact  # the signature itself still holds for what it covers
        assert one.coverage is Coverage.REVISION


def test_objects_that_no_table_lists_are_a_sign(world: World, sealed: bytes) -> None:
    found = {one.sign for one in world.verified(attacks.isa_table_that_leaves_it_out(sealed)).warnings}
    assert Sign.DUPLICATE_OBJECTS in found
    found = {one.sign for one in world.verified(attacks.isa_body_alone(plain_pdf())).warnings}
    assert {Sign.TRAILING_BYTES, Sign.DUPLICATE_OBJECTS} <= found


def der_of(identity: SigningIdentity) -> bytes:
    return identity.certificate.public_bytes(Encoding.DER)


def test_the_certificate_of_somebody_else_of_the_same_name(world: World, sealed: bytes) -> None:
    """A CA of one's own making with the real one's name certifies another key under the same serial."""
    mimic = Issuer(world.issuer.name)
    key = KEYS["p-256"]()
    serial = world.identity.certificate.serial_number
    other = mimic.issue("冒名", key, serial=serial)
    one = only(world, attacks.with_certificates(sealed, other.public_bytes(Encoding.DER)))
    assert {Problem.SIGNATURE_BROKEN, Problem.CERTIFICATE_DIFFERS} <= set(one.problems)


def test_another_certificate_of_the_same_key(world: World, sealed: bytes) -> None:
    """Value and digest hold for it too; the attribute signing-certificate tells."""
    other = world.issuer.issue("改名后的公司", world.identity.key)
    one = only(world, attacks.naming(sealed, other.public_bytes(Encoding.DER)))
    assert one.problems == (Problem.CERTIFICATE_DIFFERS,)


def test_no_certificate_at_all(world: World, sealed: bytes) -> None:
    stranger = der_of(Issuer("别人").identity())
    assert only(world, attacks.with_certificates(sealed, stranger)).problems == (Problem.CERTIFICATE_MISSING,)


def test_two_signers_in_one_message(world: World, sealed: bytes) -> None:
    assert only(world, attacks.with_two_signers(sealed)).problems == (Problem.UNREADABLE,)


def test_the_signature_of_another_document(world: World, sealed: bytes) -> None:
    other = replace(world).sealed(plain_pdf(2))
    moved = attacks.with_contents(sealed, attacks.contents(other).rstrip(b"\0"))
    assert only(world, moved).problems == (Problem.DIGEST_DIFFERS,)


def test_a_broken_signature_hides_no_other(world: World, sealed: bytes) -> None:
    twice = world.sealed(sealed)
    broken = attacks.with_contents(twice, b"\x30\x03\x02\x01\x00")
    good, bad = world.verified(broken).signatures
    assert (good.verdict, bad.verdict) == (Verdict.VALID, Verdict.INVALID)
    assert world.verified(broken).verdict is Verdict.INVALID


def test_a_field_that_waits_for_another_signer_and_shows_nothing_is_allowed(
    world: World, sealed: bytes
) -> None:
    """One that shows something is a picture over what was signed (``ISA``)."""
    (found,) = world.verified(attacks.field_that_shows(sealed, b" ")).signatures
    assert Problem.MODIFIED_SINCE not in found.problems

"""Shadow attacks: called invalid once they are carried out, and their preparation called a sign before.

Where nothing was changed after signing, no verifier can know what the signer saw: so a sign makes the verdict
``attention``, never ``valid``.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ca.documents.signing import Place
from ca.documents.verification.model import Changed, Problem, Sign, Verdict
from tests.ca.documents.pdfs import opening_script_pdf, plain_pdf
from tests.ca.documents.verification import elsewhere, shadows
from tests.ca.documents.verification.conftest import World

CORNER = Place(0, 150, 250)
Attack = Callable[[bytes], bytes]

ATTACKS: dict[str, tuple[Callable[[], bytes], Sign, Attack, Changed]] = {
    "hide": (shadows.covered_text, Sign.COVERED_CONTENT, shadows.uncovered, Changed.PAGE_CONTENT),
    "hide and replace": (
        shadows.two_faced,
        Sign.UNREFERENCED_PAGES,
        shadows.faces_changed,
        Changed.PAGES,
    ),
    "unused object switched": (
        shadows.written_twice,
        Sign.DUPLICATE_OBJECTS,
        shadows.table_moved,
        Changed.PAGE_CONTENT,
    ),
}


@pytest.mark.parametrize("name", ATTACKS)
def test_prepared_and_carried_out(name: str, world: World) -> None:
    prepare, sign, attack, kind = ATTACKS[name]
    pdf = world.sealed(prepare(), CORNER)
    before = world.verified(pdf)
    assert sign in {one.sign for one in before.warnings}
    assert (before.verdict, before.signatures[0].problems) == (Verdict.ATTENTION, ())
    after = world.verified(attack(pdf))
    (one,) = after.signatures
    assert (one.problems, after.verdict) == ((Problem.MODIFIED_SINCE,), Verdict.INVALID)
    assert kind in {change.kind for change in one.changes}, one.changes


def test_replace_by_another_font(world: World) -> None:
    """Nothing has to be prepared for this one, and nothing can be seen before."""
    pdf = world.sealed(shadows.open_text(), CORNER)
    assert world.verified(pdf).verdict is Verdict.VALID
    (one,) = world.verified(shadows.font_changed(pdf)).signatures
    assert one.problems == (Problem.MODIFIED_SINCE,)
    assert Changed.FONTS in {change.kind for change in one.changes}


def test_replace_by_a_field_that_shows_another_value(world: World) -> None:
    pdf = world.sealed(elsewhere.with_text_field(plain_pdf(), value="1000000", shown="100"), CORNER)
    report = world.verified(pdf)
    assert [(one.sign, one.where) for one in report.warnings] == [(Sign.FIELD_DIFFERS, ("Price",))]
    assert report.verdict is Verdict.ATTENTION
    honest = world.sealed(elsewhere.with_text_field(plain_pdf()), CORNER)
    assert world.verified(honest).verdict is Verdict.VALID


def test_a_note_that_covers_the_text(world: World) -> None:
    pdf = world.sealed(elsewhere.annotated(shadows.open_text()), CORNER)
    assert Sign.ANNOTATION_COVERS in {one.sign for one in world.verified(pdf).warnings}


@pytest.mark.parametrize("flags", [2, 32 + 4])
def test_a_note_that_is_hidden(flags: int, world: World) -> None:
    pdf = world.sealed(elsewhere.annotated(plain_pdf(), flags), CORNER)
    assert Sign.HIDDEN_ANNOTATION in {one.sign for one in world.verified(pdf).warnings}


@pytest.mark.parametrize(
    ("make", "sign"),
    [
        (shadows.layered, Sign.HIDDEN_LAYERS),
        (shadows.external, Sign.EXTERNAL_CONTENT),
        (opening_script_pdf, Sign.ACTIVE_CONTENT),
    ],
)
def test_other_signs(make: Callable[[], bytes], sign: Sign, world: World) -> None:
    pdf = elsewhere.signed(world.identity, make())
    report = world.verified(pdf)
    assert sign in {one.sign for one in report.warnings}
    assert report.verdict is Verdict.ATTENTION

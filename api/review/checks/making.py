"""Which checks an application gets, and making them: one that crashes says so and stops nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from api.applications.kinds import ApplicationKind
from api.logs import log
from api.review.checks import particulars, pictures, seals
from api.review.checks.subject import Subject
from api.review.runs import Outcome, Result
from hsm.errors import SealBridgeError

Check = Callable[[Subject], Result]
_ABOUT_ENTERPRISES: Final = frozenset({ApplicationKind.CLAIM, ApplicationKind.JOIN, ApplicationKind.CHANGE})


def checks_for(seen: Subject) -> list[tuple[str, Check]]:
    """The checks by their codes, in the order in which reviewers read them."""
    said, needs = seen.application, seen.needs
    asked: list[tuple[str, Check, bool]] = [
        ("credit_code", particulars.credit_code, said.credit_code is not None),
        ("holder_id", particulars.holder_id, True),
        ("legal_person_id", particulars.legal_person_id, seen.legal_person_id is not None),
        ("real_name", particulars.real_name, True),
        ("licence", pictures.licence, needs.licence),
        ("red_seal", pictures.red_seal, seen.paper is not None and said.credit_code is not None),
        ("handwriting", pictures.handwriting, seen.paper is not None),
        ("form_signature", seals.form_signature, seen.form is not None),
        ("letter_seal", seals.letter_seal, needs.letter),
        ("duplicate_application", particulars.rivals, said.kind is ApplicationKind.CLAIM),
        ("duplicate_picture", particulars.twins, needs.licence or seen.paper is not None),
        ("administrator", particulars.administrator, said.kind in _ABOUT_ENTERPRISES),
    ]
    return [(code, check) for code, check, fits in asked if fits]


def make(seen: Subject) -> list[Result]:
    """Every check that fits. Takes seconds where there are pictures."""
    return [_made(code, check, seen) for code, check in checks_for(seen)]


def _made(code: str, check: Check, seen: Subject) -> Result:
    try:
        return check(seen)
    except SealBridgeError as error:
        return Result(code, Outcome.NOT_POSSIBLE, f"未能检查：{error.message}", {"reason": error.code})
    except Exception as error:  # whatever a hostile picture brings about, the queue goes on
        log.error("check_crashed", check=code, application=seen.application.id, error=type(error).__name__)
        return Result(code, Outcome.NOT_POSSIBLE, "未能检查，请人工核对", {"reason": "check_crashed"})

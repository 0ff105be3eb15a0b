"""The white list of changes: pyHanko's, which lets a visible signature be added to a certified document too.

ISO 32000-2, table 257, permits signing at levels 2 and 3, and does not ask for a field that was there before.
pyHanko's own default does; it says of itself that it is stricter than Acrobat there.

Stricter than pyHanko's in one thing: it takes a new field that nobody signed, whatever that shows, and so
anybody's picture over the page that was signed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from pyhanko.pdf_utils.generic import StreamObject
from pyhanko.sign.diff_analysis import (
    DEFAULT_DIFF_POLICY,
    GenericFieldModificationRule,
    SigFieldCreationRule,
    SigFieldModificationRule,
    StandardDiffPolicy,
    SuspiciousModification,
)
from pyhanko.sign.diff_analysis.form_rules_api import FormUpdatingRule

from ca.documents.reading import entry
from ca.documents.verification.objects import raw_list


class SigFieldsToBeSigned(SigFieldCreationRule):
    """New signature fields, which show nothing until they are signed."""

    def apply(self, context: Any) -> Iterable[Any]:
        """Raises SuspiciousModification."""
        for name, spec in context.field_specs.items():
            if spec.field_type != "/Sig" or spec.old_field_ref is not None or spec.new_field_ref is None:
                continue
            if entry(spec.new_field, "/V") is None and any(_shows(one) for one in _widgets(spec.new_field)):
                raise SuspiciousModification(f"the new field {name} is not signed and shows something")
        return super().apply(context)


def _widgets(field: Any) -> Iterator[Any]:
    yield field
    for one in raw_list(field, "/Kids"):
        yield one.get_object()


def _shows(widget: Any) -> bool:
    """Whether its normal appearance, or one for any of its states, is more than white space."""
    normal = entry(entry(widget, "/AP", {}), "/N")
    if isinstance(normal, dict) and not isinstance(normal, StreamObject):
        return any(bool(entry(normal, state).data.strip()) for state in normal)
    return normal is not None and bool(normal.data.strip())


POLICY: Final = StandardDiffPolicy(
    global_rules=DEFAULT_DIFF_POLICY.global_rules,
    form_rule=FormUpdatingRule(
        field_rules=[
            SigFieldsToBeSigned(allow_new_visible_after_certify=True),  # type: ignore[no-untyped-call]
            SigFieldModificationRule(),
            GenericFieldModificationRule(),
        ]
    ),
)
"""What may be added after a signature that does not say otherwise."""

"""The white list of changes: pyHanko's, which lets a visible signature be added to a certified document too.

ISO 32000-2, table 257, permits signing at levels 2 and 3, and does not ask for a field that was there before.
pyHanko's own default does; it says of itself that it is stricter than Acrobat there.
"""

from __future__ import annotations

from typing import Final

from pyhanko.sign.diff_analysis import (
    DEFAULT_DIFF_POLICY,
    GenericFieldModificationRule,
    SigFieldCreationRule,
    SigFieldModificationRule,
    StandardDiffPolicy,
)
from pyhanko.sign.diff_analysis.form_rules_api import FormUpdatingRule

POLICY: Final = StandardDiffPolicy(
    global_rules=DEFAULT_DIFF_POLICY.global_rules,
    form_rule=FormUpdatingRule(
        field_rules=[
            SigFieldCreationRule(allow_new_visible_after_certify=True),  # type: ignore[no-untyped-call]
            SigFieldModificationRule(),
            GenericFieldModificationRule(),
        ]
    ),
)
"""What may be added after a signature that does not say otherwise."""

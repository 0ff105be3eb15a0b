"""Machine checks: what a program can say of an application before a reviewer looks at it.

They advise and never decide. ``VERSION`` changes with what they say or how, so that an old result is known as
one.
"""

from __future__ import annotations

from typing import Final

VERSION: Final = 1

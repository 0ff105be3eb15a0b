"""``python -m api.cli``, for where the command is not on the path."""

from __future__ import annotations

from api.cli import main

main()

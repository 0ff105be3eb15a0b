"""``scripts/bench [--seconds S] [PART …]``; the parts are below."""

from __future__ import annotations

import argparse
import os
import platform
from collections.abc import Iterator

from bench import (
    documents,
    envelopes,
    issuance,
    memory,
    openings,
    pictures,
    responder,
    review,
    scan,
    seals,
    setting,
    signing,
    status,
)
from bench.report import Line
from hsm import Token

PARTS = (
    "signing",
    "documents",
    "seals",
    "issuance",
    "status",
    "responder",
    "review",
    "scan",
    "openings",
    "memory",
    "pictures",
    "envelopes",
)


def main() -> None:
    parser = argparse.ArgumentParser(prog="scripts/bench")
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--seconds", type=float, default=2.0, help="length of each measurement")
    options = parser.parse_args()
    python, machine = platform.python_version(), platform.machine()
    print(f"{machine}, {os.cpu_count()} cores, Python {python}, {setting.MODULE}\n")
    print(f"| {'what':<46} | {'a second':>9} | {'ceiling':>9} | {'ratio':>6} | goal |")
    print(f"| {'-' * 46} | {'-' * 8}: | {'-' * 8}: | {'-' * 5}: | ---- |")
    for line in _lines(options.parts or list(PARTS), options.seconds):
        print(line, flush=True)


def _lines(parts: list[str], seconds: float) -> Iterator[Line]:
    with setting.fresh_token("bench") as token:
        assert isinstance(token, Token)
        if "signing" in parts:
            yield from signing.run(token, seconds)
        if "documents" in parts:
            yield from documents.run(token, seconds)
        if "issuance" in parts:
            yield from issuance.run(token, seconds)
        if "status" in parts:
            yield from status.run(token, seconds)
        if "responder" in parts:
            yield from responder.run(token, seconds)
        if "seals" in parts:
            yield from seals.run(token, seconds)
    if "review" in parts:
        yield from review.run(seconds)
    if "scan" in parts:
        yield from scan.run(seconds)
    if "openings" in parts:
        with setting.fresh_token("openings") as token:
            assert isinstance(token, Token)
            yield from openings.run(token, seconds)
    if "memory" in parts:
        yield from memory.run()
    if "pictures" in parts:
        yield from pictures.run()
    if "envelopes" in parts:
        yield from envelopes.run()


if __name__ == "__main__":
    main()

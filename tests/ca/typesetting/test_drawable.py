"""Records show whatever others said: what no face has is named where it stands."""

from __future__ import annotations

from pathlib import Path

from api.openings.report import render_report
from ca.typesetting.drawable import drawable
from ca.typesetting.fonts import Face
from tests.ca.judges import run

HOSTILE = '#panic("x") $y$ \\u{41} *粗* 张𠮷\u202e司公\u202c😀\x07'
SHOWN = '#panic("x") $y$ \\u{41} *粗* 张〔U+20BB7〕〔U+202E〕司公〔U+202C〕〔U+1F600〕〔U+0007〕'


def test_every_string_of_a_record_and_nothing_else() -> None:
    told = {"张𠮷": ["a\nb", 7, None, True, {"x": ("\u00ad", 1.5)}]}
    assert drawable(told) == {"张〔U+20BB7〕": ["a\nb", 7, None, True, {"x": ["〔U+00AD〕", 1.5]}]}
    assert Face.SONG.coverage.missing(drawable(HOSTILE)) == ""


def test_the_report_of_an_opening_shows_a_hostile_title(tmp_path: Path) -> None:
    at = "2026-11-23T08:00:00+00:00"
    opening = {"title": HOSTILE, "number": HOSTILE, "opens_at": at, "closes_at": at}
    event = {"number": 1, "at": at, "what": HOSTILE, "enterprise": {"name": HOSTILE}, "code": HOSTILE}
    file = {
        "opening": opening | {"platform": {"name": HOSTILE, "domain": "trade.example.cn"}},
        "chain": {"count": 1, "head": "ab" * 32},
        "events": [event],
        "statement": "x",
    }
    (tmp_path / "report.pdf").write_bytes(render_report(file))
    text = run("pdftotext", "-raw", tmp_path / "report.pdf", "-")[1]
    assert "".join(text.replace("\u200b", "").split()).count("".join(SHOWN.split())) >= 6

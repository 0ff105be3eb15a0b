"""A report on a PDF, an OFD document or a file as lines for a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from ca.documents.verification import words

_UNKNOWN: Final = "不详"


def lines(report: dict[str, Any]) -> Iterator[str]:
    """The verdict first, then each signature, then what else there is to know."""
    yield report["message"]
    yield f"  {report['note']}"
    if "pages" in report:
        yield f"文件  {report['pages']} 页，{report['size']} 字节，SHA-256 {report['sha256']}"
    for number, one in enumerate(report["signatures"], 1):
        yield ""
        yield from _signature(number, one)
    for one in report.get("time_stamps", ()):
        yield f"文件时间戳  {_stamp(one)}"
    for one in report.get("warnings", ()):
        yield f"注意  {one['message']}{_where(one['where'])}"


def _signature(number: int, one: dict[str, Any]) -> Iterator[str]:
    signer, seal = one["signer"] or {}, one["seal"]
    who = signer.get("organisation") or signer.get("common_name") or signer.get("subject") or _UNKNOWN
    name = one.get("field") or one.get("id")
    yield f"签名 {number}  {who}" + (f"  [{name}]" if name else "")
    yield f"  结论  {one['message']}"
    for problem in one["problems"]:
        yield f"  问题  {problem['message']}（{problem['code']}）"
    if signer:
        yield f"  签名者  {signer['subject']}，序列号 {signer['serial']}"
        yield f"  颁发者  {signer['issuer']}"
    if seal:
        good = "" if not seal["faults"] else "，不可采信"
        yield f"  印章  {seal['name']}（编号 {seal['id']}，制章者 {seal['maker']}）{good}"
    yield f"  时间  {_time(one)}"
    for when, state in (("签名时", one["certificate_then"]), ("现在", one["certificate_now"])):
        if state:
            yield f"  证书  {when}{_state(state)}"
    for stamp in one["time_stamps"]:
        yield f"  时间戳  {_stamp(stamp)}"
    if "coverage" in one:
        yield from _in_pdf(one)
    if "covered_files" in one:
        yield from _in_ofd(one)
    if "level" in one:
        yield f"  级别  {words.LEVELS[one['level']] if one['level'] else '不是 AdES 基线签名'}"


def _in_pdf(one: dict[str, Any]) -> Iterator[str]:
    yield f"  覆盖  {words.COVERAGES[one['coverage']]}（前 {one['covered_bytes']} 字节）"
    for change in one["changes_since"]:
        yield f"  此后  {change['message']}{_where(change['where'])}"
    if one["certification"]:
        yield f"  限制  {words.CERTIFICATIONS[one['certification']]}"


def _in_ofd(one: dict[str, Any]) -> Iterator[str]:
    yield f"  覆盖  包内 {one['covered_files']} 个文件"
    for name, files in (("改动", one["changed_files"]), ("未覆盖", one["added_files"])):
        if files:
            yield f"  {name}  {'、'.join(files)}"


def _time(one: dict[str, Any]) -> str:
    if one["proven_at"]:
        return f"{one['proven_at']}（时间戳证明）"
    return f"{one['claimed_at']}（签名者自称，未经证明）" if one["claimed_at"] else _UNKNOWN


def _state(state: dict[str, Any]) -> str:
    told: str = state["message"]
    if state["revoked_at"]:
        told += f"（{state['revoked_at']}）"
    if state["source"]:
        told += f"，据 {state['as_of']} 的{words.SOURCES[state['source']]}"
    return told


def _stamp(one: dict[str, Any]) -> str:
    trusted = "可信" if one["trusted"] else "不可采信：" + "，".join(p["message"] for p in one["problems"])
    return f"{one['at']}  {one['authority']}  {trusted}"


def _where(where: list[str]) -> str:
    return f"：{'、'.join(where)}" if where else ""

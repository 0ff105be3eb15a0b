"""Where a project stands: what each step has done, and which comes next. Asks nobody."""

from __future__ import annotations

from dataclasses import dataclass

from mobile_bridge.bidding.project import Project


@dataclass(frozen=True, slots=True)
class Step:
    """One step, for people. ``waits``: a code of it may be scanned, or was while nobody looked."""

    name: str
    title: str
    is_done: bool
    told: str
    waits: bool = False


def steps_of(project: Project) -> list[Step]:
    """All of them, in their order."""
    state = project.state
    to_seal = [one for one in state.files if one.places]
    sealed = [one for one in to_seal if one.sealed_from and project.sealed(one).exists()]
    enterprise = state.record["told"]["enterprise"]["name"] if state.record else ""
    handed_in = state.handed_in or {}
    made = (state.made or {}).get("manifest", "")
    has_receipt = bool(made) and handed_in.get("receipt") == made
    user = (project.read("session.json") or {}).get("user", "")
    files = f"{len(state.files)} 个文件，{len(state.statement)} 项唱标信息"
    told = [
        Step("certify", "CA 认证", bool(project.token), f"已认证：{user}" if user else "请扫码认证"),
        Step("record", "同步诚信库", bool(enterprise), enterprise or "请扫码同步"),
        Step("add", "投标内容", bool(state.files and state.statement), files),
        Step("sign", "签章", len(sealed) == len(to_seal), f"{len(sealed)}/{len(to_seal)} 个文件已签章"),
        Step("make", "生成加密投标文件", bool(made), f"清单 {made[:16]}…" if made else "尚未生成"),
        Step("upload", "上传", bool(handed_in), str(handed_in.get("at", "尚未上传"))),
        Step("deposit", "扫码递交", has_receipt, "已取得回执" if has_receipt else "尚未递交"),
    ]
    return [Step(one.name, one.title, one.is_done, one.told, waits=one.name in state.pending) for one in told]

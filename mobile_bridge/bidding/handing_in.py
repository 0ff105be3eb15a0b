"""上传 and 递交: the bid to the centre, from where it stopped; then a trial of every key, and a receipt."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Final

from mobile_bridge.bidding.centre import Centre
from mobile_bridge.bidding.checking import check, manifest_of
from mobile_bridge.bidding.errors import (
    CannotOpen,
    CentreRefused,
    CentreUnreachable,
    NotHandedIn,
    NotTrusted,
)
from mobile_bridge.bidding.project import Project
from mobile_bridge.bidding.scanning import Screen, by_scan, forget
from mobile_bridge.bidding.trusting import Believing
from mobile_bridge.sdk import NotVerified, Started, Trust, verify_receipt, verify_statement

_TRIES: Final = 6
_PAUSE: Final = 1.0
_OFFSET: Final = "offset_wrong"
_DEPOSITED: Final = "deposited"


def upload(project: Project, centre: Centre, screen: Screen) -> dict[str, Any]:
    """Send what the centre lacks, and hand the bid in; what the centre says of it."""
    check(project, centre, screen)
    manifest = manifest_of(project)
    begun = centre.post("tenders", project.state.tender, "uploads", told=manifest)
    project.change(upload=begun["id"])
    for told in manifest["envelopes"]:
        _send(project, centre, screen, begun, told)
    done = centre.post("uploads", begun["id"], "finish")
    if _digests(done["envelopes"]) != _digests(manifest["envelopes"]):
        raise NotTrusted("other digests", what="交易平台收到的投标文件", why="与本机生成的不一致")
    project.change(handed_in={"at": done["handed_in_at"], "manifest": digest(project)})
    return done


def receipt(project: Project, centre: Centre, screen: Screen) -> dict[str, Any]:
    """扫码递交: the token tries every key; the receipt, verified and kept in the folder.

    Raises NotHandedIn, CannotOpen, NotTrusted.
    """
    manifest = manifest_of(project)
    _require_handed_in(project, centre, manifest)
    told = by_scan(
        project,
        "deposit",
        screen,
        lambda: centre.post("tenders", project.state.tender, "deposits"),
        lambda scan: centre.get("scans", str(scan["id"])),
    )
    forget(project, "deposit")
    failed = [one["title"] for one in told["envelopes"] if one["status"] != _DEPOSITED]
    if failed:
        raise CannotOpen(str(told["envelopes"]), titles="、".join(failed))
    deposit = _verified(project, centre, told["receipt"])
    layers = [one for told in manifest["envelopes"] for one in (told, told.get("inner")) if one]
    if {one["sha256"] for one in deposit["envelopes"]} != {one["sha256"] for one in layers}:
        raise NotTrusted("other digests", what="递交回执", why="与本机生成的投标文件不一致")
    project.write("receipt.json", told["receipt"])
    project.change(handed_in=(project.state.handed_in or {}) | {"receipt": digest(project)})
    return deposit


def digest(project: Project) -> str:
    """Of the manifest of the bid as it is."""
    return (project.state.made or {}).get("manifest", "")


def _verified(project: Project, centre: Centre, told: Mapping[str, Any]) -> dict[str, Any]:
    believing = Believing(project.folder, str((project.state.record or {})["service"]))
    try:
        started = Started.from_dict(told["started"])
        if started.audience != centre.address:
            raise NotVerified("other_audience", started.audience)
        trust = Trust((believing.root,))
        statement = verify_statement(told["statement"], started, trust)
        verify_receipt(told, statement, trust)
        return dict(statement["deposit"])
    except (NotVerified, KeyError, TypeError, ValueError) as error:
        raise NotTrusted(str(error), what="递交回执", why=getattr(error, "message", "格式不正确")) from error


def _require_handed_in(project: Project, centre: Centre, manifest: Mapping[str, Any]) -> None:
    try:
        kept = centre.get("tenders", project.state.tender, "bid")
    except CentreRefused as refused:
        if refused.centre_code == "no_bid":
            raise NotHandedIn("no bid at the centre") from refused
        raise
    if _digests(kept["envelopes"]) != _digests(manifest["envelopes"]):
        raise NotHandedIn("another bid at the centre")


def _send(
    project: Project,
    centre: Centre,
    screen: Screen,
    begun: Mapping[str, Any],
    told: Mapping[str, Any],
) -> None:
    """One envelope, in pieces. A line that breaks is tried again from what has come."""
    offset, failures, title = _received(begun, told["id"]), 0, f"上传 {told['title']}"
    with project.envelope(told["id"]).open("rb") as file:
        while offset < told["bytes"]:
            screen.progress(title, offset, told["bytes"])
            file.seek(offset)
            try:
                data = file.read(begun["piece_bytes"])
                offset, failures = centre.send_piece(begun["id"], told["id"], offset, data), 0
            except (CentreUnreachable, CentreRefused) as error:
                failures += 1
                is_other = isinstance(error, CentreRefused) and error.centre_code != _OFFSET
                if is_other or failures > _TRIES:
                    raise
                time.sleep(_PAUSE * failures)
                offset = _received(centre.get("uploads", begun["id"]), told["id"])
    screen.progress(title, told["bytes"], told["bytes"])


def _received(standing: Mapping[str, Any], envelope: str) -> int:
    return next((int(one["received"]) for one in standing["envelopes"] if one["id"] == envelope), 0)


def _digests(envelopes: list[dict[str, Any]]) -> dict[str, str]:
    return {str(one["id"]): str(one["sha256"]) for one in envelopes}

"""The steps that a phone approves before the bid is made: CA 认证, 同步诚信库, 签章."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, Final

from mobile_bridge.agent.versions import OWN
from mobile_bridge.bidding import files
from mobile_bridge.bidding.centre import Centre
from mobile_bridge.bidding.errors import NothingToSeal, NotTrusted
from mobile_bridge.bidding.project import BidFile, Project, sha256_of
from mobile_bridge.bidding.scanning import Screen, by_scan, forget
from mobile_bridge.bidding.trusting import Believing, credit_code_of
from mobile_bridge.envelopes.landing import landing

TOOL: Final = f"投标文件制作工具 {OWN}"


def certify(project: Project, centre: Centre, screen: Screen) -> dict[str, Any]:
    """CA 认证: sign in at the centre by scanning; who signed in."""
    told = by_scan(
        project,
        "certify",
        screen,
        lambda: centre.post("sign-in", told={"tool": TOOL}),
        lambda scan: centre.post("sign-in", str(scan["id"]), token=str(scan["ticket"])),
    )
    project.write("session.json", {"token": told["token"], "user": told["user"]})
    # Scans of the session before are nobody's now.
    project.change(pending={})
    centre.token = str(told["token"])
    return told


def record(project: Project, centre: Centre, screen: Screen) -> dict[str, Any]:
    """同步诚信库: the company's record and its certificates, verified here; what is kept of them."""
    told = by_scan(
        project,
        "record",
        screen,
        lambda: centre.post("record"),
        lambda scan: centre.get("scans", str(scan["id"])) | {"service": scan["service"]},
    )
    believing = Believing(project.folder, str(told["service"]))
    kept = believing.record(told, centre.address)
    if "encryption" not in kept:
        raise NotTrusted("no encryption certificate", what="诚信库信息", why="该企业没有加密证书")
    project.change(record=kept | {"service": told["service"]})
    own = project.certificate
    believing.check(own, "本单位")
    if credit_code_of(own) != kept["told"]["enterprise"]["credit_code"]:
        project.change(record=None)
        raise NotTrusted("another enterprise's", what="加密证书", why="不是本单位的")
    forget(project, "record")
    return kept | {"root": believing.fingerprint}


def seal(project: Project, centre: Centre, screen: Screen) -> list[BidFile]:
    """签章: the documents that are to be sealed, by one scan; those that were sealed."""
    waiting = unsealed(project)
    if not waiting:
        raise NothingToSeal("all are sealed")
    asked = {one.id: sha256_of(_plain(one)) for one in waiting}
    pending = project.state.pending.get("sign")
    if pending is not None and pending["asked"] != _asked(waiting, asked):
        forget(project, "sign")
    told = by_scan(
        project,
        "sign",
        screen,
        lambda: _ask(centre, waiting, asked),
        lambda scan: centre.get("scans", str(scan["id"])) | {"id": scan["id"]},
    )
    for number, one in enumerate(waiting):
        _keep(project, one, asked[one.id], centre.fetch("scans", str(told["id"]), "documents", str(number)))
    done = {one.id: files.marked_sealed(one, asked[one.id]) for one in waiting}
    project.change(files=tuple(done.get(one.id, one) for one in project.state.files))
    forget(project, "sign")
    return list(done.values())


def unsealed(project: Project) -> list[BidFile]:
    """Files that are to be sealed and are not, as they are now. Raises FileUnfit."""
    found = []
    for one in project.state.files:
        if one.places:
            files.check(_plain(one), is_sealed=True)
            if not project.sealed(one).exists() or one.sealed_from != sha256_of(_plain(one)):
                found.append(one)
    return found


def _ask(centre: Centre, waiting: list[BidFile], digests: dict[str, str]) -> dict[str, Any]:
    for one in waiting:
        centre.send_pdf(_plain(one).read_bytes())
    documents = [
        {"sha256": digests[one.id], "title": one.title, "places": list(one.places)} for one in waiting
    ]
    made = centre.post("seals", told={"reason": "投标文件签章", "documents": documents})
    return made | {"asked": _asked(waiting, digests)}


def _asked(waiting: list[BidFile], digests: dict[str, str]) -> str:
    """Which documents and places a scan is about."""
    told = [(one.id, digests[one.id], one.places) for one in waiting]
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def _keep(project: Project, file: BidFile, sha256: str, sealed: bytes) -> None:
    """A seal is added after the last byte of a document: what comes first must be what was sent."""
    original = _plain(file).read_bytes()
    if hashlib.sha256(original).hexdigest() != sha256 or not sealed.startswith(original):
        raise NotTrusted(file.id, what=f"签章后的“{file.name}”", why="与送签的文件不一致")
    target = project.sealed(file)
    target.parent.mkdir(exist_ok=True)
    with landing(target) as place:
        place.write(sealed)


def _plain(file: BidFile) -> Path:
    return Path(file.path)

"""检查投标文件: whether what lies in the folder is the bid that was made, and will open when it must."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from mobile_bridge.bidding.centre import Centre
from mobile_bridge.bidding.errors import BidDamaged, BidMissing, BidOutdated, CertificateUnfit
from mobile_bridge.bidding.making import Audience, audience_of, digest_of, inputs_of, open_tender
from mobile_bridge.bidding.project import Project, sha256_of
from mobile_bridge.bidding.scanning import Screen
from mobile_bridge.envelopes import EnvelopeError, Recipient, check_envelope, recipient_of


def manifest_of(project: Project) -> dict[str, Any]:
    """The manifest of the bid that was made. Raises BidMissing, BidDamaged."""
    made = project.state.made
    if made is None:
        raise BidMissing("never made, or not to the end")
    manifest = project.read("envelopes/manifest.json")
    if not isinstance(manifest, dict) or digest_of(manifest) != made["manifest"]:
        raise BidDamaged("the manifest", name="manifest.json")
    return manifest


def check(project: Project, centre: Centre, screen: Screen) -> list[tuple[str, str]]:
    """Structure, digests, recipients, certificates and inputs; what was found to be right, for people.

    Raises BidMissing, BidDamaged, BidOutdated, CertificateUnfit, NotTrusted, BiddingClosed.
    """
    manifest = manifest_of(project)
    tender = open_tender(project, centre)
    audience = audience_of(project, tender)
    try:
        inputs = inputs_of(project, tender)
    except OSError as error:
        raise BidOutdated(str(error), what="投标文件") from error
    if project.state.made is None or inputs != project.state.made["inputs"]:
        raise BidOutdated("the inputs differ", what="文件、唱标信息、证书或项目要求")
    return [_envelope(project, told, audience, screen) for told in manifest["envelopes"]]


def _envelope(
    project: Project, told: Mapping[str, Any], audience: Audience, screen: Screen
) -> tuple[str, str]:
    path, title = project.envelope(told["id"]), str(told["title"])
    screen.progress(f"检查 {title}", 0, told["bytes"])
    try:
        whole = path.stat().st_size == told["bytes"] and sha256_of(path) == told["sha256"]
        with path.open("rb") as file:
            header = check_envelope(file)
    except (OSError, EnvelopeError) as error:
        raise BidDamaged(f"{path.name}: {error}", name=path.name) from error
    if not whole or sorted(header.recipients_base64()) != sorted(told["recipients"]):
        raise BidDamaged(path.name, name=path.name)
    wanted = [audience.own] if told["kind"] == "statement" else audience.outer
    _require(told, wanted, title)
    if "inner" in told:
        _require(told["inner"], audience.inner, title)
    screen.progress(f"检查 {title}", told["bytes"], told["bytes"])
    layers = "，两层加密" if "inner" in told else ""
    return title, f"完整，{told['bytes']} 字节，{len(wanted)} 个接收者{layers}"


def _require(layer: Mapping[str, Any], wanted: list[Recipient], title: str) -> None:
    infos = tuple(base64.b64decode(one) for one in layer["recipients"])
    if len(infos) != len(wanted) or not all(recipient_of(infos, one.certificate) for one in wanted):
        raise CertificateUnfit(title, why=f"“{title}”的接收者与项目要求不一致，请重新生成")

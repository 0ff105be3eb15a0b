"""Claiming a scan by the QR code on the screen: one phone, once."""

from __future__ import annotations

from mobile_bridge.errors import BridgeError, QrForged, QrStale, SessionClaimed
from mobile_bridge.server.moving import Step, events_of
from mobile_bridge.server.refusals import why_closed
from mobile_bridge.server.rules import Action, Actor, Status
from mobile_bridge.server.scans.frames import Frames, elapsed
from mobile_bridge.server.scans.model import Scan
from mobile_bridge.server.scans.rules import HOLDER_TIME, in_window
from mobile_bridge.server.scans.store import Scans

_SECOND_CLAIM = "second-claim"


class ScanClaims:
    """The way from a QR code to a scan that one person's phone holds."""

    def __init__(self, scans: Scans, frames: Frames) -> None:
        self._scans = scans
        self._frames = frames

    def claim(self, qr: str, holder: str) -> Scan:
        """Bind the scan to ``holder``; the same holder may come again, however old the code is then."""
        frame = self._frames.read(qr)
        scan = self._scans.find(frame.session_id)
        if scan is None or not self._frames.is_genuine(frame, scan):
            raise QrForged("the MAC is not this server's for this session")
        if scan.holder == holder:
            return scan
        if not in_window(frame.second, elapsed(scan, self._scans.clock())):
            raise QrStale("the frame is outside of its window")
        if scan.status is Status.CREATED:
            self._take(scan, holder)
            scan = self._scans.find(scan.id) or scan
        if scan.holder != holder:
            raise self._refused(scan)
        return scan

    def _take(self, scan: Scan, holder: str) -> None:
        step = Step.move(Status.CREATED, Action.CLAIM, Actor.HOLDER)
        expires_at = max(scan.expires_at, self._scans.clock() + HOLDER_TIME)
        self._scans.take(scan, step, common={"expires_at": expires_at}, holder=holder)

    def _refused(self, scan: Scan) -> BridgeError:
        if scan.status is not Status.CLAIMED:
            return why_closed(scan)
        # On record: it shows that the code was seen elsewhere. A crowd of phones must not fill the log.
        if _SECOND_CLAIM not in (one.action for one in events_of(self._scans.engine, scan.id)):
            self._scans.take(scan, Step.note(scan.status, _SECOND_CLAIM, Actor.HOLDER))
        return SessionClaimed("another person's phone has the session")

"""扫码: sessions that a trading platform makes and a phone answers."""

from mobile_bridge.server.scans.approving import Approval
from mobile_bridge.server.scans.model import CreatedScan, Scan
from mobile_bridge.server.scans.rules import Hint
from mobile_bridge.server.scans.service import ScanService

__all__ = ["Approval", "CreatedScan", "Hint", "Scan", "ScanService"]

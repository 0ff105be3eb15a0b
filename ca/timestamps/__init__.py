"""Time stamps (RFC 3161, RFC 5816): signed on the token, and only while the clock is to be trusted.

``request`` reads, ``response`` writes, ``clock`` watches the clock, ``stamper`` puts them together,
``verification`` checks tokens, ours and others'.
"""

from ca.timestamps.clock import ClockGuard, ClockPolicy, ClockUntrusted
from ca.timestamps.stamper import TimeStamper
from ca.timestamps.verification import Stamp, check_token, read_token

__all__ = ["ClockGuard", "ClockPolicy", "ClockUntrusted", "Stamp", "TimeStamper", "check_token", "read_token"]

"""扫码: what each kind of scan does, joined to certificates, PINs, seals and enterprises.

A platform asks (``asking``), a phone claims and looks (``looking``), its holder approves (``approving``),
and an act (``acts/``, one file each) does what was approved. The engine underneath is
``mobile_bridge.server.scans``.
"""

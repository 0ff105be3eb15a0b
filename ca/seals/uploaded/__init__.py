"""A seal cut out of an uploaded photo or scan: found, laid straight, its paper taken away.

``cutting`` needs OpenCV and belongs in a process apart (``ca.inspection.apart.cut_seal``); ``model``,
``errors`` and ``embedding`` do not.
"""

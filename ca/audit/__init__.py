"""The journal of who did what, when, from where, and how it ended.

Entries are only ever added. Each carries the hash of the one before, so that an edit, a gap or a change of
order shows; signed and time-stamped checkpoints make cutting off the end show as well. ``event`` and
``journal`` write, ``checkpoints`` signs, ``records`` hands out, ``verification`` checks.
"""

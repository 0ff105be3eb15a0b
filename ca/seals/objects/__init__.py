"""Electronic seals as data: GB/T 38540-2020 (version 4), GM/T 0031-2014 and -2025 where others wrote them.

A seal is a picture, a name, the certificates that may use it and a time, bound together by its maker's
signature. ``making`` makes one, ``reading`` takes one apart, ``verification`` says what one is worth;
``stamps`` does the same for a signature that was made with a seal over some document.
"""

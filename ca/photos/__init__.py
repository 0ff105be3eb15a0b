"""Photographs that people upload: decoded within bounds, and what machines can see in them.

Pillow alone meets the uploaded bytes; everything behind it works on pixels.
"""

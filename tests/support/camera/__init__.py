"""Photographs that the suite takes itself: pen strokes with known masks, paper, light, a lens, JPEG.

Everything follows from a seed, so that a photo that was misread can be taken again.
"""

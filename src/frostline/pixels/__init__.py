"""Geometry of one image: resize, crop, pad. Pillow and NumPy only."""

from frostline.pixels.geometry import resize_and_crop

__all__ = ["resize_and_crop"]

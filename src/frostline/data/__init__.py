"""Data sets: reading folders, tables and arrays, decoding, groups, duplicates, manifest, health checks."""

from frostline.data.dataset import Dataset
from frostline.data.decode import FORMATS, MAX_PIXELS, DecodedImage, decode_image
from frostline.data.grouping import group_names

__all__ = ["FORMATS", "MAX_PIXELS", "Dataset", "DecodedImage", "decode_image", "group_names"]

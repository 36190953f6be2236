"""Frozen dataclasses with a JSON round trip. No framework, no files."""

from frostline.records.backbone import ChannelMoments, ChannelOrder, CropPolicy, Cut, InputContract, WeightsRecord
from frostline.records.data import CheckResult, ImageRecord, SkippedFile
from frostline.records.json import from_json, to_json
from frostline.records.results import (
    EpochRow,
    Estimate,
    Finding,
    FindingKind,
    FindingsFile,
    LeaderboardKind,
    LeaderboardRow,
    Verdict,
)

__all__ = [
    "ChannelMoments",
    "ChannelOrder",
    "CheckResult",
    "CropPolicy",
    "Cut",
    "EpochRow",
    "Estimate",
    "Finding",
    "FindingKind",
    "FindingsFile",
    "ImageRecord",
    "InputContract",
    "LeaderboardKind",
    "LeaderboardRow",
    "SkippedFile",
    "Verdict",
    "WeightsRecord",
    "from_json",
    "to_json",
]

"""What was asked: the settings of one diagnosis, as ``config.toml`` holds them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from frostline.core.errors import UsageError

Preset = Literal["quick", "standard", "thorough"]
PRESETS: tuple[Preset, ...] = ("quick", "standard", "thorough")

# Seeds of the trained head per preset: one says nothing about chance, three show its size.
SEEDS: dict[str, int] = {"quick": 1, "standard": 3, "thorough": 5}
DEFAULT_MAX_IMAGES = 20_000


@dataclass(frozen=True, slots=True)
class DiagnoseRequest:
    """The settings of one diagnosis.

    Attributes:
        data: the data set as given (folder or CSV file), or the name of arrays.
        data_digest: content digest of the data set that was read.
        backbone: name of the network.
        weights: where its weights came from, as given.
        weights_digest: their content hash.
        recipe: text of the recipe to explain, as TOML.
        group_by: pattern that names the group; empty for none.
        val: folder of the user's validation images; empty for none.
        claimed_accuracy: what the user says the set-up reaches.
        preset: how much is measured.
        time_limit: seconds; None for no limit.
        max_images: at most so many images are used, drawn by group; 0 for all.
        seed: of folds, heads and resampling.
    """

    data: str
    data_digest: str
    backbone: str
    weights: str
    weights_digest: str
    recipe: str
    group_by: str = ""
    val: str = ""
    claimed_accuracy: float | None = None
    preset: Preset = "standard"
    time_limit: float | None = None
    max_images: int = DEFAULT_MAX_IMAGES
    seed: int = 0


def check_settings(
    *, preset: str, time_limit: float | None, max_images: int, seed: int, claimed_accuracy: float | None
) -> None:
    """Refuse settings that make no sense, before anything is read.

    Raises:
        UsageError: names the setting, what was expected and what was received.
    """
    if preset not in PRESETS:
        raise UsageError(f"The preset must be one of {', '.join(PRESETS)}. Received: {preset!r}.")
    if time_limit is not None and not 1.0 <= time_limit <= 366 * 86_400.0:
        raise UsageError(
            f"The time limit must lie between a second and a year. Received: {time_limit} s.",
            hint="write it like 90s, 20m or 2h.",
        )
    if max_images < 0 or 0 < max_images < 10:
        raise UsageError(f"--max-images must be 0 (all) or at least 10. Received: {max_images}.")
    if not 0 <= seed < 2**31:
        raise UsageError(f"The seed must lie in [0, 2**31). Received: {seed}.")
    if claimed_accuracy is not None and not 0.0 <= claimed_accuracy <= 1.0:
        raise UsageError(
            f"The claimed accuracy must lie in [0, 1]. Received: {claimed_accuracy}.", hint="write 93 % as 0.93."
        )


def parse_duration(text: str) -> float:
    """``"90s"``, ``"20m"``, ``"1.5h"`` or plain seconds, in seconds.

    Raises:
        UsageError: the text is none of these.
    """
    units = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}
    number, unit = (text[:-1], text[-1]) if text and text[-1] in units else (text, "s")
    try:
        return float(number) * units[unit]
    except ValueError as error:
        raise UsageError(f"Expected a duration. Received: {text!r}.", hint="write it like 90s, 20m or 2h.") from error

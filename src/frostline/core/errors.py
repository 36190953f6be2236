"""The tree of Frostline's exceptions.

FrostlineError
 ├── UsageError            what was asked cannot be done as asked (exit code 2)
 │    ├── UnknownNameError     a name that no registry knows
 │    └── RecipeError          a recipe or setting that does not fit
 ├── DataError             the images, labels, groups or splits
 │    ├── DecodeError          one image that cannot be read: skipped, counted, listed
 │    └── TaskNotSupportedError detection, segmentation, multi-label data
 ├── WeightsError          a weights file: missing, truncated, misfit, not finite, wrong hash
 ├── StoreError            the cache or a run folder
 │    └── CorruptEntryError    a stored entry whose hash does not match: recomputed
 └── MissingExtraError     an optional package that is not installed

Every message says what was expected, what was received and what to do, and names the file.
"""

from __future__ import annotations


class FrostlineError(Exception):
    """The base of every error that Frostline raises on purpose.

    Args:
        message: what was expected and what was received.
        hint: what to do about it; printed on a line of its own.
    """

    exit_code = 1

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return self.message if self.hint is None else f"{self.message}\n  What to do: {self.hint}"


class UsageError(FrostlineError):
    """What was asked cannot be done as it was asked."""

    exit_code = 2


class UnknownNameError(UsageError):
    """A name that the registry it was looked up in does not hold."""


class RecipeError(UsageError):
    """A recipe, or one of its settings, that is malformed or does not fit the backbone."""


class DataError(FrostlineError):
    """Images, labels, groups or splits that cannot be used."""


class DecodeError(DataError):
    """One image that cannot be read. The reader of a data set turns it into a counted, listed skip.

    Args:
        message: what was found.
        reason: a short, stable, countable reason, e.g. ``"empty file"``.
    """

    def __init__(self, message: str, *, reason: str, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.reason = reason


class WeightsError(FrostlineError):
    """A weights file that is missing, damaged, of another network, or not finite."""


class StoreError(FrostlineError):
    """The activation cache or a run folder cannot be used."""


class CorruptEntryError(StoreError):
    """A stored entry whose content does not match its hash. It is quarantined and computed again."""


class TaskNotSupportedError(DataError):
    """Data for detection, segmentation or multi-label classification, which Frostline does not do."""


class MissingExtraError(FrostlineError):
    """An optional package is not installed; the message holds the exact command that installs it."""

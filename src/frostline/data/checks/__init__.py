"""Health checks of a data set: pure functions of its records, without any deep-learning framework.

A check is a function ``(Dataset) -> CheckResult``, one per file. Other packages announce theirs under the entry point
group ``frostline.checks``; ``frostline.testing.checks`` is the suite that each must pass.
"""

from __future__ import annotations

from collections.abc import Callable

from frostline.core.errors import FrostlineError
from frostline.core.progress import Progress, SilentProgress
from frostline.core.registry import Registry
from frostline.data.checks.blur_exposure import blur_exposure
from frostline.data.checks.cross_class_duplicates import cross_class_duplicates
from frostline.data.checks.cross_split_leakage import cross_split_leakage
from frostline.data.checks.duplicates import duplicates
from frostline.data.checks.grayscale_share import grayscale_share
from frostline.data.checks.imbalance import imbalance
from frostline.data.checks.metadata_shortcut import metadata_shortcut
from frostline.data.checks.near_duplicates import near_duplicates
from frostline.data.checks.size_spread import size_spread
from frostline.data.checks.tiny import tiny
from frostline.data.checks.unreadable import unreadable
from frostline.data.checks.wrong_type import wrong_type
from frostline.data.dataset import Dataset
from frostline.records import CheckResult

Check = Callable[[Dataset], CheckResult]

CHECKS: Registry[Check] = Registry("check", entry_point_group="frostline.checks")
for _check in (
    unreadable,
    wrong_type,
    tiny,
    duplicates,
    near_duplicates,
    cross_class_duplicates,
    cross_split_leakage,
    imbalance,
    blur_exposure,
    size_spread,
    grayscale_share,
    metadata_shortcut,
):
    CHECKS.register(_check.__name__, _check)


def run_checks(dataset: Dataset, *, progress: Progress | None = None) -> tuple[CheckResult, ...]:
    """Run every registered check, in the order of registration.

    A check that fails gives a result of severity ``warning`` that says so; the others run all the same.

    Args:
        dataset: read already; no image is opened.
        progress: told of every check.
    """
    progress = progress or SilentProgress()
    known = CHECKS.items()
    progress.start("Checking the data", len(known))
    results = []
    for name, check in known.items():
        try:
            results.append(check(dataset))
        except FrostlineError as error:
            results.append(CheckResult(name, "warning", f"This check could not be made: {error.message}"))
        progress.advance()
    progress.finish(f"{sum(result.severity in ('warning', 'error') for result in results)} checks have warnings")
    return tuple(results)

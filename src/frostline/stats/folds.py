"""Cross-validation folds: no group on both sides of a split, every class spread evenly."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from frostline.core.errors import DataError
from frostline.stats.metrics import as_labels

Groups = Sequence[str] | NDArray[Any]

# Weight of a fold's total size against the spread of one class: enough to decide between folds that hold equally much
# of the class, too little to put two groups of a rare class together.
_SIZE_WEIGHT = 0.05


def group_codes(groups: Groups, n: int) -> NDArray[np.int64]:
    """Groups as integers 0..groups-1, ``(n,)`` int64.

    Raises:
        DataError: not one group per image.
    """
    if len(groups) != n:
        raise DataError(
            f"Expected one group per image. Received: {len(groups)} groups for {n} images.",
            hint="pass Dataset.groups; an image of its own is a group with a name of its own.",
        )
    array = np.asarray(groups)
    if array.ndim != 1:
        raise DataError(f"Expected groups as a flat sequence. Received: shape {array.shape}.", hint="join the columns.")
    _, codes = np.unique(array, return_inverse=True)
    return codes.astype(np.int64)


def groups_per_class(labels: ArrayLike, groups: Groups) -> dict[int, int]:
    """The number of groups that hold images of each class, by class index.

    Raises:
        DataError: shapes or types that do not fit.
    """
    true = as_labels(labels)
    codes = group_codes(groups, true.size)
    pairs = np.unique(true * (int(codes.max()) + 1) + codes)
    counts = np.bincount(pairs // (int(codes.max()) + 1))
    return {int(c): int(counts[c]) for c in np.flatnonzero(counts)}


def feasible_folds(labels: ArrayLike, groups: Groups, k: int) -> int:
    """The largest number of folds, at most ``k``, with which every fold can hold every class.

    That is the number of groups of the class with the fewest. Callers lower k with it, and say so; less than 2 means
    that grouped cross-validation is not possible.

    Raises:
        DataError: shapes or types that do not fit.
    """
    return min(k, min(groups_per_class(labels, groups).values()))


def grouped_stratified_folds(labels: ArrayLike, groups: Groups, k: int, *, seed: int) -> NDArray[np.int64]:
    """Deal groups to ``k`` folds so that each class is spread over them as evenly as its groups allow.

    Greedy: the groups, largest first (ties in an order drawn with ``seed``), each go to the fold that holds least of
    their classes, each class counted relative to its size; between equals, to the smallest fold. With fewer than ``k``
    groups of a class some folds lack it, which costs nothing when predictions are pooled over folds before they are
    scored; ``feasible_folds`` gives the k at which no fold does. No class ever lies in one fold alone, because it
    would then be missing from that fold's training part.

    Args:
        labels: ``(n,)`` class indices.
        groups: ``(n,)`` group of each image, strings or integers.
        k: number of folds, 2 or more.
        seed: decides ties.

    Returns:
        ``(n,)`` int64, the fold of each image, 0..k-1. The same for the same arguments.

    Raises:
        DataError: a class has fewer than two groups, there are fewer than ``k`` groups, or shapes do not fit.
    """
    true = as_labels(labels)
    codes = group_codes(groups, true.size)
    if k < 2:
        raise DataError(f"Expected at least 2 folds. Received: {k}.", hint="use 5, or 3 for very small sets.")
    lonely = [c for c, count in groups_per_class(true, codes).items() if count < 2]
    if lonely:
        raise DataError(
            f"Expected every class to have images in at least 2 groups, so that it can be learnt from one and tested "
            f"on another. Received: one group only in the classes with index {lonely}.",
            hint="add images of other groups, group by something finer (--group-by), or leave these classes out.",
        )
    n_groups = int(codes.max()) + 1
    if n_groups < k:
        raise DataError(
            f"Expected at least as many groups as folds ({k}). Received: {n_groups} groups.",
            hint=f"use {n_groups} folds, or group by something finer (--group-by).",
        )
    return _deal(true, codes, k, seed)


def inner_folds(
    labels: ArrayLike, groups: Groups, folds: ArrayLike, outer: int, k: int, *, seed: int
) -> NDArray[np.int64]:
    """Folds of the training part of one outer fold, for choosing anything without looking at the outer fold.

    k is lowered to what the training part allows, but not below 2. A class that has a single group left there falls
    into one inner fold, where no model can know it; that lowers the inner scores of all candidates alike.

    Args:
        labels, groups: of all n images.
        folds: ``(n,)`` outer fold of each image.
        outer: the outer fold to stay away from.
        k: number of inner folds wanted.
        seed: decides ties.

    Returns:
        ``(n,)`` int64; 0..k-1 for the images of the training part, -1 for those of fold ``outer``.

    Raises:
        DataError: the training part is empty or has fewer than 2 groups, or shapes do not fit.
    """
    true = as_labels(labels)
    codes = group_codes(groups, true.size)
    outside = np.asarray(folds) != outer
    n_groups = np.unique(codes[outside]).size
    if outside.shape != true.shape or n_groups < 2:
        raise DataError(
            f"Expected at least 2 groups outside fold {outer} to choose settings on. Received: {n_groups}.",
            hint="add images of other groups, or use more folds.",
        )
    counts = [count for count in groups_per_class(true[outside], codes[outside]).values() if count > 1]
    inner = np.full(true.shape, -1, np.int64)
    _, compact = np.unique(codes[outside], return_inverse=True)
    inner[outside] = _deal(true[outside], compact.astype(np.int64), max(2, min([k, *counts])), seed)
    return inner


def _deal(labels: NDArray[np.int64], codes: NDArray[np.int64], k: int, seed: int) -> NDArray[np.int64]:
    n_groups, n_classes = int(codes.max()) + 1, int(labels.max()) + 1
    pairs, counts = np.unique(codes * n_classes + labels, return_counts=True)
    starts = np.searchsorted(pairs, np.arange(n_groups + 1) * n_classes)
    class_totals = np.bincount(labels, minlength=n_classes)
    # Squares of (images of the class in the fold / images of the class), summed, are what the greedy step minimises.
    shares = counts / class_totals[pairs % n_classes]
    sizes = np.bincount(codes, minlength=n_groups)
    order = np.random.default_rng(seed).permutation(n_groups)
    largest_share = np.maximum.reduceat(shares, starts[:-1])
    order = order[np.argsort(-largest_share[order], kind="stable")]

    pair_class: list[int] = (pairs % n_classes).tolist()
    pair_share: list[float] = shares.tolist()
    size_share: list[float] = (sizes / labels.size).tolist()
    bounds: list[int] = starts.tolist()
    held = [[0.0] * n_classes for _ in range(k)]
    held_size = [0.0] * k
    fold_of = [0] * n_groups
    for group in order.tolist():
        span = range(bounds[group], bounds[group + 1])
        best, best_cost = 0, float("inf")
        for fold in range(k):
            row = held[fold]
            cost = _SIZE_WEIGHT * held_size[fold] * size_share[group]
            for p in span:
                # Rounded, so that sums of the same shares in another order tie instead of differing by 1e-17.
                cost += row[pair_class[p]] * pair_share[p]
            cost = round(cost, 15)
            if cost < best_cost:
                best, best_cost = fold, cost
        fold_of[group] = best
        held_size[best] += size_share[group]
        for p in span:
            held[best][pair_class[p]] += pair_share[p]
    assigned = np.asarray(fold_of, np.int64)
    _rescue_lonely_classes(assigned, pairs // n_classes, pairs % n_classes, k)
    return assigned[codes]


def _rescue_lonely_classes(
    assigned: NDArray[np.int64], pair_group: NDArray[np.int64], pair_class: NDArray[np.int64], k: int
) -> None:
    """Move a group when all of a class ended in one fold although it has several groups (mixed groups only)."""
    n_classes = int(pair_class.max()) + 1

    def spread() -> NDArray[np.int64]:
        cells = np.unique(pair_class * k + assigned[pair_group])
        return np.bincount(cells // k, minlength=n_classes)

    groups_of_class = np.bincount(pair_class, minlength=n_classes)
    before = spread()
    for c in np.flatnonzero((before == 1) & (groups_of_class > 1)):
        for group in pair_group[pair_class == c][::-1]:
            home = int(assigned[group])
            alone = int(np.sum(before == 1))
            for fold in (f for f in range(k) if f != home):
                assigned[group] = fold
                after = spread()
                if int(np.sum(after == 1)) < alone:
                    before = after
                    break
                assigned[group] = home
            if before[c] > 1:
                break

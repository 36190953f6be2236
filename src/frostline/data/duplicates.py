"""Clusters of identical and nearly identical images, so that they never stand on both sides of a split."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

# Perceptual hashes that differ in at most this many of 64 bits make a pair worth comparing.
HASH_DISTANCE = 7
# The thumbnails of such a pair must agree: correlation of the luminance. Measured on real sets (docs/robustness.md):
# hashes alone, or a correlation of .8, merge drawings that only look alike.
THUMB_CORRELATION = 0.95
# Below this standard deviation of the thumbnail, in grey levels, there is nothing to compare: only identical files
# count as duplicates.
FLAT_CONTRAST = 3.0

_BANDS = 4
_BAND_BITS = 16
_CHUNK = 1 << 16


def duplicate_clusters(contents: Sequence[str], hashes: Sequence[str], thumbs: Sequence[bytes]) -> NDArray[np.int64]:
    """Number the clusters of images that are identical or nearly so.

    Two images are linked when their content is the same, or when their perceptual hashes differ in at most
    ``HASH_DISTANCE`` bits and their thumbnails correlate by ``THUMB_CORRELATION`` or more. Clusters are the connected
    components of the links. Mirrored and rotated copies are not found.

    Args:
        contents: ``n`` SHA-256.
        hashes: ``n`` perceptual hashes, 16 hexadecimal digits.
        thumbs: ``n`` luminance thumbnails, all of one size.

    Returns:
        ``(n,)`` int64: 0, 1, ... in order of appearance for images with at least one duplicate, -1 for the others.
    """
    n = len(contents)
    if n == 0:
        return np.empty(0, np.int64)
    first_of: dict[str, int] = {}
    same = np.array([first_of.setdefault(content, index) for index, content in enumerate(contents)], np.int64)
    distinct = np.unique(same)
    codes = np.array([int(hashes[i], 16) for i in distinct], np.uint64)
    left, right = _near_pairs(codes, [thumbs[i] for i in distinct])
    links_from = np.concatenate([np.arange(n), distinct[left]])
    links_to = np.concatenate([same, distinct[right]])
    return _number(_components(n, links_from, links_to))


def joined_groups(groups: Sequence[str], clusters: NDArray[np.int64]) -> tuple[str, ...]:
    """The user's groups, merged where a cluster of duplicates spans several of them.

    Returns:
        ``n`` names; a merged group has the name that sorts first among its parts.
    """
    names, codes = np.unique(np.asarray(groups, dtype=object), return_inverse=True)
    n = len(groups)
    inside = np.flatnonzero(clusters >= 0)
    # Nodes: images, then groups, then clusters.
    links_from = np.concatenate([np.arange(n), inside])
    links_to = np.concatenate([n + codes, n + len(names) + clusters[inside]])
    total = n + len(names) + (int(clusters.max()) + 1 if n else 0)
    component = _components(total, links_from, links_to)
    name_of: dict[int, str] = {}
    for index, name in enumerate(names):
        name_of.setdefault(int(component[n + index]), str(name))
    return tuple(name_of[int(c)] for c in component[:n])


def several_of(keys: Sequence[Hashable], values: Sequence[Hashable]) -> dict[Hashable, list[int]]:
    """Indices by key, for the keys whose items have more than one value."""
    found: dict[Hashable, list[int]] = {}
    for index, key in enumerate(keys):
        found.setdefault(key, []).append(index)
    return {key: items for key, items in found.items() if len({values[i] for i in items}) > 1}


def _near_pairs(codes: NDArray[np.uint64], thumbs: list[bytes]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    pixels = np.frombuffer(b"".join(thumbs), np.uint8).reshape(len(thumbs), -1)
    spread = np.empty(len(thumbs), np.float32)
    centred = np.empty(pixels.shape, np.float32)
    for start in range(0, len(thumbs), _CHUNK):
        part = pixels[start : start + _CHUNK].astype(np.float32)
        part -= part.mean(axis=1, keepdims=True)
        spread[start : start + _CHUNK] = part.std(axis=1)
        centred[start : start + _CHUNK] = part / (np.linalg.norm(part, axis=1, keepdims=True) + 1e-6)
    usable = np.flatnonzero(spread >= FLAT_CONTRAST)
    lefts, rights = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for left, right in _candidates(codes[usable]):
        a, b = usable[left], usable[right]
        close = np.einsum("ij,ij->i", centred[a], centred[b]) >= THUMB_CORRELATION
        lefts.append(a[close])
        rights.append(b[close])
    return np.concatenate(lefts), np.concatenate(rights)


def _candidates(codes: NDArray[np.uint64]) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Pairs within ``HASH_DISTANCE``, in chunks; a pair may come more than once.

    Of four bands of 16 bits, one differs in at most one bit when the whole differs in at most seven (pigeonhole), so
    looking up each band with none and with each one of its bits flipped finds every pair.
    """
    for band in range(_BANDS):
        values = ((codes >> np.uint64(band * _BAND_BITS)) & np.uint64(0xFFFF)).astype(np.int64)
        order = np.argsort(values, kind="stable")
        ordered = values[order]
        for flip in (0, *(1 << bit for bit in range(_BAND_BITS))):
            starts = np.searchsorted(ordered, values ^ flip, side="left")
            ends = np.searchsorted(ordered, values ^ flip, side="right")
            for left, right in _expand(starts, ends):
                partner = order[right]
                keep = left < partner
                left, partner = left[keep], partner[keep]
                near = _bit_count(codes[left] ^ codes[partner]) <= HASH_DISTANCE
                yield left[near], partner[near]


def _expand(
    starts: NDArray[np.int64], ends: NDArray[np.int64]
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """The pairs (i, j) with starts[i] <= j < ends[i], about ``_CHUNK`` at a time."""
    counts = ends - starts
    totals = np.cumsum(counts)
    begin = 0
    while begin < len(counts):
        done = totals[begin - 1] if begin else 0
        stop = max(begin + 1, int(np.searchsorted(totals, done + _CHUNK, side="right")))
        part = counts[begin:stop]
        left = np.repeat(np.arange(begin, stop), part)
        offset = np.arange(int(part.sum())) - np.repeat(np.cumsum(part) - part, part)
        yield left, starts[left] + offset
        begin = stop


def _bit_count(values: NDArray[np.uint64]) -> NDArray[np.uint8]:
    if hasattr(np, "bitwise_count"):
        return np.asarray(np.bitwise_count(values), np.uint8)
    as_bytes = np.ascontiguousarray(values).view(np.uint8).reshape(-1, 8)
    return np.asarray(np.unpackbits(as_bytes, axis=1).sum(axis=1), np.uint8)


def _components(n: int, links_from: NDArray[np.int64], links_to: NDArray[np.int64]) -> NDArray[np.int64]:
    ones = np.ones(len(links_from), np.int32)
    graph = coo_matrix((ones, (links_from, links_to)), shape=(n, n))
    return np.asarray(connected_components(graph, directed=False)[1], np.int64)


def _number(component: NDArray[np.int64]) -> NDArray[np.int64]:
    sizes = np.bincount(component)
    number: dict[int, int] = {}
    clusters = np.full(len(component), -1, np.int64)
    for index in np.flatnonzero(sizes[component] > 1):
        clusters[index] = number.setdefault(int(component[index]), len(number))
    return clusters

"""A registry of named things: an explicit list of built-ins, and entry points for other people's packages."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import Generic, TypeVar

from frostline.core.errors import FrostlineError, UnknownNameError

T = TypeVar("T")


class Registry(Generic[T]):
    """Named items of one kind. Raises on taken names and on unknown ones, and lists the known ones.

    Args:
        kind: what the items are, for messages, e.g. ``"backbone"``.
        entry_point_group: the group in which other packages announce theirs, e.g. ``"frostline.backbones"``.
    """

    def __init__(self, kind: str, *, entry_point_group: str) -> None:
        self._kind = kind
        self._group = entry_point_group
        self._items: dict[str, T] = {}
        self._loaded_entry_points = False

    def register(self, name: str, item: T) -> T:
        """Add ``item`` under ``name``.

        Raises:
            FrostlineError: the name is taken.
        """
        if name in self._items:
            raise FrostlineError(
                f"The {self._kind} name {name!r} is already taken by {self._items[name]!r}.",
                hint="choose another name.",
            )
        self._items[name] = item
        return item

    def get(self, name: str) -> T:
        """The item called ``name``.

        Raises:
            UnknownNameError: there is none; the message lists the known names and the closest one.
        """
        self._load_entry_points()
        if name in self._items:
            return self._items[name]
        close = difflib.get_close_matches(name, self._items, n=1)
        hint = f"did you mean {close[0]!r}?" if close else f"use one of: {', '.join(sorted(self._items))}."
        raise UnknownNameError(f"Unknown {self._kind}: {name!r}. Known: {', '.join(sorted(self._items))}.", hint=hint)

    def names(self) -> tuple[str, ...]:
        """The known names, built-ins first, in the order of registration."""
        self._load_entry_points()
        return tuple(self._items)

    def items(self) -> Mapping[str, T]:
        """A copy of the mapping from name to item."""
        self._load_entry_points()
        return dict(self._items)

    def __iter__(self) -> Iterator[str]:
        return iter(self.names())

    def _load_entry_points(self) -> None:
        if self._loaded_entry_points:
            return
        found: dict[str, T] = {}
        for point in entry_points(group=self._group):
            if point.name in self._items or point.name in found:
                raise FrostlineError(
                    f"The {self._kind} name {point.name!r}, announced by {_announcer(point)}, is already taken.",
                    hint=f"uninstall one of the packages that announce it in {self._group!r}.",
                )
            try:
                found[point.name] = point.load()
            except Exception as error:
                raise FrostlineError(
                    f"The {self._kind} {point.name!r}, announced by {_announcer(point)}, cannot be loaded: {error}",
                    hint="repair that package or uninstall it.",
                ) from error
        self._items.update(found)
        self._loaded_entry_points = True


def _announcer(point: EntryPoint) -> str:
    return f"the package {point.dist.name!r}" if point.dist is not None else f"{point.value!r}"

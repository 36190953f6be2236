"""Frozen dataclasses to and from JSON, by their type hints. Strict: unknown and missing keys are errors."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from frostline.core.errors import StoreError

R = TypeVar("R")


def to_json(record: Any) -> Any:
    """A record, or anything made of records, as plain JSON values (tuples and arrays become lists, paths strings)."""
    if dataclasses.is_dataclass(record) and not isinstance(record, type):
        return {field.name: to_json(getattr(record, field.name)) for field in dataclasses.fields(record)}
    if isinstance(record, Mapping):
        return {str(key): to_json(value) for key, value in record.items()}
    if isinstance(record, list | tuple):
        return [to_json(value) for value in record]
    if isinstance(record, PurePath):
        return record.as_posix()
    if hasattr(record, "tolist"):
        return record.tolist()
    return record


def from_json(kind: type[R], value: Any) -> R:
    """Build a record of type ``kind`` from what ``to_json`` gave.

    Raises:
        StoreError: a key is missing or unknown, or a value has the wrong type.
    """
    return typing.cast(R, _build(kind, value, kind.__name__))


def _build(kind: Any, value: Any, where: str) -> Any:
    origin = get_origin(kind)
    if kind is Any:
        return value
    if origin is types.UnionType or origin is typing.Union:
        return _build_option(get_args(kind), value, where)
    if origin is typing.Literal:
        if not any(type(value) is type(known) and value == known for known in get_args(kind)):
            raise StoreError(f"{where} must be one of {get_args(kind)}. Received: {value!r}.")
        return value
    if origin is tuple:
        arguments = get_args(kind)
        if not isinstance(value, list | tuple):
            raise StoreError(f"{where} must be a list. Received: {value!r}.")
        if len(arguments) == 2 and arguments[1] is Ellipsis:
            return tuple(_build(arguments[0], item, f"{where}[{i}]") for i, item in enumerate(value))
        if len(arguments) != len(value):
            raise StoreError(f"{where} must have {len(arguments)} items. Received: {value!r}.")
        return tuple(_build(inner, item, where) for inner, item in zip(arguments, value, strict=True))
    if origin is list:
        (inner,) = get_args(kind)
        if not isinstance(value, list | tuple):
            raise StoreError(f"{where} must be a list. Received: {value!r}.")
        return [_build(inner, item, f"{where}[{i}]") for i, item in enumerate(value)]
    if isinstance(origin, type) and issubclass(origin, Mapping):
        key_kind, value_kind = get_args(kind)
        if not isinstance(value, Mapping):
            raise StoreError(f"{where} must be an object. Received: {value!r}.")
        return {_build(key_kind, k, where): _build(value_kind, v, f"{where}.{k}") for k, v in value.items()}
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        return _build_record(kind, value, where)
    if isinstance(kind, type) and issubclass(kind, PurePath) and isinstance(value, str):
        return kind(value)
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if isinstance(kind, type) and (not isinstance(value, kind) or (kind is int and isinstance(value, bool))):
        raise StoreError(f"{where} must be of type {kind.__name__}. Received: {value!r}.")
    return value


def _build_option(options: tuple[Any, ...], value: Any, where: str) -> Any:
    """The first alternative of a union that takes ``value``; one of exactly its type goes before one that widens it."""
    if type(value) in options:
        return value
    complaints = []
    for option in options:
        if option is type(None):
            continue
        try:
            return _build(option, value, where)
        except StoreError as error:
            complaints.append(error)
    if len(complaints) == 1:
        raise complaints[0]
    names = " or ".join(getattr(option, "__name__", str(option)) for option in options)
    raise StoreError(f"{where} must be {names}. Received: {value!r}.")


def _build_record(kind: type[Any], value: Any, where: str) -> Any:
    if not isinstance(value, Mapping):
        raise StoreError(f"{where} must be an object. Received: {value!r}.")
    hints = get_type_hints(kind)
    fields = {field.name: field for field in dataclasses.fields(kind)}
    unknown = sorted(set(value) - set(fields))
    if unknown:
        raise StoreError(f"{where} has unknown keys {unknown}. Known: {sorted(fields)}.")
    arguments = {}
    for name, field in fields.items():
        if name in value:
            arguments[name] = _build(hints[name], value[name], f"{where}.{name}")
        elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            raise StoreError(f"{where} lacks the key {name!r}.")
    return kind(**arguments)

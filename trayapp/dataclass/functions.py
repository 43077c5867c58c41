"""What is used with dataclasses: fields and their declaration, copies with changes, dicts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from trayapp.dataclass.plan import MISSING, Field, Plan, values_of


def field(
    *,
    default: Any = MISSING,
    default_factory: Any = MISSING,
    repr: bool = True,  # noqa: A002 -- named as in the standard library
    compare: bool = True,
    metadata: Mapping[Any, Any] | None = None,
) -> Any:
    """Declare what is particular about a field."""
    return Field(
        default=default,
        default_factory=default_factory,
        repr=repr,
        compare=compare,
        metadata=metadata,
    )


def fields(record: Any) -> tuple[Field, ...]:
    """Return the fields of a dataclass or an instance, in the order of their declaration."""
    plan: Plan = record.__record__
    return tuple(plan.field(name) for name in plan.names)


def take_metadata(record: type) -> Iterator[tuple[str, Any, Mapping[Any, Any]]]:
    """Yield name, default (None if there is none) and metadata of each field.

    The class forgets the metadata, which then is the caller's only.
    """
    plan: Plan = record.__record__  # type: ignore[attr-defined]
    for each in fields(record):
        metadata, each.metadata = each.metadata, None
        yield each.name, None if each.default is MISSING else each.default, metadata or {}
    plan.particular = {name: each for name, each in plan.particular.items() if each.is_particular}


def replace(record: Any, /, **changes: Any) -> Any:
    """Return a copy of an instance with other values in the fields named."""
    names = record.__record__.names
    return record.__class__(**dict(zip(names, values_of(record, names), strict=True)) | changes)


def asdict(record: Any) -> dict[str, Any]:
    """Return the fields as a dict, and those of instances in them, however deep."""
    names = record.__record__.names
    return {name: _as_plain(getattr(record, name)) for name in names}


def _as_plain(value: Any) -> Any:
    """Return a value with a dict for every instance in it, and containers of its own."""
    kind = type(value)
    if hasattr(kind, "__record__"):
        return asdict(value)
    if isinstance(value, dict):
        return kind((_as_plain(key), _as_plain(each)) for key, each in value.items())
    if isinstance(value, tuple) and hasattr(kind, "_fields"):
        return kind(*map(_as_plain, value))
    if isinstance(value, list | tuple):
        return kind(map(_as_plain, value))
    return value

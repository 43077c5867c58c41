"""What is known of a dataclass: its fields, their defaults and what is particular about them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

_OFTEN = 64
"""Uses of a class after which compiling methods of its own pays."""

_NONE: dict[str, Any] = {}


class _Missing:
    """Stands for the default of a field that has none."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Any = _Missing()


class Field:
    """One field, with what is particular about it."""

    __slots__ = ("compare", "default", "default_factory", "metadata", "name", "repr")

    def __init__(
        self,
        name: str = "",
        *,
        default: Any = MISSING,
        default_factory: Any = MISSING,
        repr: bool = True,  # noqa: A002 -- named as in the standard library
        compare: bool = True,
        metadata: Mapping[Any, Any] | None = None,
    ) -> None:
        self.name = name
        self.default = default
        self.default_factory = default_factory
        self.repr = repr
        self.compare = compare
        self.metadata = metadata

    @property
    def is_particular(self) -> bool:
        """Whether there is more to it than a name and a default."""
        is_made = self.default_factory is not MISSING
        return is_made or self.metadata is not None or not (self.repr and self.compare)


class Plan:
    """What the methods of one dataclass have to know about it, its attribute `__record__`."""

    __slots__ = ("defaults", "frozen", "names", "owner", "particular", "positional", "uses")

    def __init__(self, names: tuple[str, ...], frozen: bool) -> None:
        self.owner: Any = None
        """The class."""
        self.names = names
        """Of all fields, in the order of their declaration."""
        self.positional = names
        """Of those that may be given without their names."""
        self.defaults: Mapping[str, Any] = _NONE
        """MISSING for those that a factory makes."""
        self.particular: Mapping[str, Field] = _NONE
        self.frozen = frozen
        self.uses = 0

    def is_used_often(self) -> bool:
        """Count one use, and return whether methods of its own pay by now."""
        self.uses += 1
        return self.uses > _OFTEN

    def factory(self, name: str) -> Callable[[], Any] | None:
        """Return what makes a field's default anew for each instance, if anything does."""
        one = self.particular.get(name)
        return None if one is None or one.default_factory is MISSING else one.default_factory

    def compared(self) -> tuple[str, ...]:
        """Return the names of the fields that count for equality, order and hash."""
        if not self.particular:
            return self.names
        return tuple(name for name in self.names if self.field(name).compare)

    def field(self, name: str) -> Field:
        """Return a field by its name."""
        one = self.particular.get(name)
        return Field(name, default=self.defaults.get(name, MISSING)) if one is None else one


def take_annotations(body: dict[str, Any]) -> dict[str, Any]:
    """Return what a class's body says of the types of its attributes, and have it forget that.

    Python 3.14 has a function to ask, unless the module imports annotations from `__future__`.
    """
    ask = body.pop("__annotate_func__", None)
    found: dict[str, Any] = body.pop("__annotations__", None) or (ask(1) if ask else {})
    return found


def values_of(record: Any, names: tuple[str, ...]) -> tuple[Any, ...]:
    """Return the values of fields."""
    return tuple([getattr(record, name) for name in names])
